import type { Logger } from '@karcis/kit/log'
import type { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { SeatsUnavailable } from '../errors.ts'
import type { Hold } from './hold.ts'

/** A claim covers the time between the script and the commit; a process that dies in between blocks its seats no longer than this. */
const CLAIM_MS = 4_000
/** How long a hold that was found alive is believed to be. */
const BELIEVED_MS = 2_000
/** How long Redis is left alone after it failed, so that a stalled one does not slow every hold. */
const PAUSE_MS = 1_000

/** Claims all keys or none. Gives [] when claimed, else the index of every key that has an owner, each followed by the owner. */
const CLAIM = `local taken = {}
for i, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner then taken[#taken + 1] = i; taken[#taken + 1] = owner end
end
if #taken == 0 then
  for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) end
end
return taken`

/** Turns the hold's own claims into confirmed ones, and gives its confirmed ones a new end. */
const CONFIRM = `for _, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner == ARGV[1] or owner == ARGV[2] then redis.call('SET', key, ARGV[2], 'PX', ARGV[3]) end
end`

/** Deletes what is still owned under one of the two names of a hold. */
const RELEASE = `for _, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner == ARGV[1] or owner == ARGV[2] then redis.call('DEL', key) end
end`

/**
 * Claims in Redis of seats that are being taken or held, so that most losers of a rush leave without touching Postgres. They are
 * only hints: who wins is decided by Postgres, and everything here may fail or be lost.
 */
export interface SeatClaims {
  /** Claims seats for a hold about to be made, all or none. @returns seats that somebody else has; [] when claimed. */
  claim(eventId: string, seatIds: readonly string[], holdId: string): Promise<string[]>
  /** After the commit of a hold or its renewal: its claims last as long as it does. @param ms what is left of it. */
  confirm(eventId: string, seatIds: readonly string[], holdId: string, ms: number): void
  /** The hold is over, or never came to be: its claims go, and only its own. */
  release(eventId: string, seatIds: readonly string[], holdId: string): void
}

/**
 * @param isLive asks Postgres whether a hold still keeps its seats: a confirmed claim whose hold is gone (Redis was away when it
 *   was released) is removed by the first one who meets it. An unconfirmed claim has no hold yet and is believed; it ends in seconds.
 */
export function createSeatClaims(
  redis: Redis,
  log: Logger,
  isLive: (holdId: string) => Promise<boolean>,
): SeatClaims {
  const believed = new LRUCache<string, true>({ max: 10_000, ttl: BELIEVED_MS })
  let pausedUntil = 0

  async function run(script: string, keys: string[], ...args: (string | number)[]): Promise<unknown> {
    if (performance.now() < pausedUntil) return null
    try {
      return await redis.eval(script, keys.length, ...keys, ...args)
    } catch (error) {
      pausedUntil = performance.now() + PAUSE_MS
      log.debug({ reason: (error as Error).message }, 'holding without redis')
      return null
    }
  }

  async function isStale(owner: string): Promise<boolean> {
    const holdId = owner.startsWith('hold:') ? owner.slice('hold:'.length) : null
    if (!holdId || believed.has(holdId)) return false
    if (!(await isLive(holdId))) return true
    believed.set(holdId, true)
    return false
  }

  async function tryClaim(
    eventId: string,
    seatIds: readonly string[],
    holdId: string,
  ): Promise<Map<string, string>> {
    const reply = await run(CLAIM, keysOf(eventId, seatIds), `claim:${holdId}`, CLAIM_MS)
    const taken = (reply ?? []) as (number | string)[]
    const owners = new Map<string, string>()
    for (let at = 0; at < taken.length; at += 2) {
      const seatId = seatIds[Number(taken[at]) - 1]
      if (seatId) owners.set(seatId, String(taken[at + 1]))
    }
    return owners
  }

  return {
    async claim(eventId, seatIds, holdId) {
      const owners = await tryClaim(eventId, seatIds, holdId)
      if (owners.size === 0) return []
      const stale = new Set<string>()
      for (const owner of new Set(owners.values())) if (await isStale(owner)) stale.add(owner)
      if (stale.size === 0) return [...owners.keys()]
      for (const [seatId, owner] of owners) {
        if (stale.has(owner)) await run(RELEASE, keysOf(eventId, [seatId]), owner, owner)
      }
      return [...(await tryClaim(eventId, seatIds, holdId)).keys()]
    },
    confirm(eventId, seatIds, holdId, ms) {
      if (ms >= 1)
        void run(CONFIRM, keysOf(eventId, seatIds), `claim:${holdId}`, `hold:${holdId}`, Math.floor(ms))
    },
    release(eventId, seatIds, holdId) {
      believed.delete(holdId)
      void run(RELEASE, keysOf(eventId, seatIds), `claim:${holdId}`, `hold:${holdId}`)
    },
  }
}

/** The braces keep all keys of an event on one node of a Redis Cluster, where one script must find them. */
const keysOf = (eventId: string, seatIds: readonly string[]): string[] =>
  seatIds.map((id) => `seat:{${eventId}}:${id}`)

/**
 * Runs `allocate` while the seats are claimed; losers of a rush leave here. An allocation that fails gives the claim back.
 * @param holdId of the hold that `allocate` makes. @throws SeatsUnavailable with the seats that somebody else has.
 */
export async function withSeatClaim(
  { seatClaims, settings }: { seatClaims: SeatClaims; settings: { HOLD_SECONDS: number } },
  eventId: string,
  seatIds: readonly string[],
  allocate: () => Promise<Hold>,
  holdId: string,
): Promise<Hold> {
  const started = performance.now()
  const taken = await seatClaims.claim(eventId, seatIds, holdId)
  if (taken.length > 0) throw new SeatsUnavailable(taken)
  try {
    const hold = await allocate()
    // Never longer than the hold itself: its time runs from a moment after `started`.
    seatClaims.confirm(eventId, seatIds, holdId, settings.HOLD_SECONDS * 1000 - (performance.now() - started))
    return hold
  } catch (error) {
    seatClaims.release(eventId, seatIds, holdId)
    throw error
  }
}
