import { createGroupCommit } from '@karcis/kit/group-commit'
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

/**
 * Claims for several holds in turn, for each all of its keys or none: ARGV has how long claims last, then each hold's name and how many of the
 * keys are its. Gives for each [] when claimed, else the index of every key that has an owner, each followed by the owner.
 */
const CLAIM = `local all, at = {}, 0
for n = 2, #ARGV, 2 do
  local taken, count = {}, tonumber(ARGV[n + 1])
  for i = 1, count do
    local owner = redis.call('GET', KEYS[at + i])
    if owner then taken[#taken + 1] = i; taken[#taken + 1] = owner end
  end
  if #taken == 0 then
    for i = 1, count do redis.call('SET', KEYS[at + i], ARGV[n], 'NX', 'PX', ARGV[1]) end
  end
  all[#all + 1] = taken
  at = at + count
end
return all`

/**
 * What becomes of claims of several holds: ARGV has for each its two names, how long its keys last, and how many they are. Keys that are still
 * owned under one of the names are confirmed until then, or deleted where that is 0.
 */
const SETTLE = `local at = 0
for n = 1, #ARGV, 4 do
  local count = tonumber(ARGV[n + 3])
  for i = 1, count do
    local key = KEYS[at + i]
    local owner = redis.call('GET', key)
    if owner == ARGV[n] or owner == ARGV[n + 1] then
      if ARGV[n + 2] == '0' then redis.call('DEL', key) else redis.call('SET', key, ARGV[n + 1], 'PX', ARGV[n + 2]) end
    end
  end
  at = at + count
end`

/** Holds whose claims go to Redis together, in a rush: each command costs more than what it does. */
const MAX_BATCH = 100

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

  const claims = createGroupCommit<Claim, Map<string, string>>({
    maxBatch: MAX_BATCH,
    gather: true,
    async run(eventId, requests) {
      settleNow()
      const keys = requests.flatMap(({ seatIds }) => keysOf(eventId, seatIds))
      const named = requests.flatMap(({ holdId, seatIds }) => [`claim:${holdId}`, seatIds.length])
      const replies = ((await run(CLAIM, keys, CLAIM_MS, ...named)) ?? []) as (number | string)[][]
      return requests.map(({ seatIds }, n) => ownersOf(seatIds, replies[n] ?? []))
    },
  })

  /** By event, in the order in which it came to be. */
  let unsettled = new Map<string, Settlement[]>()

  /** Has it sent with all else of this turn of the event loop, and before any claim that comes after it. */
  function settle(eventId: string, settlement: Settlement): void {
    if (unsettled.size === 0) setImmediate(settleNow)
    const waiting = unsettled.get(eventId)
    if (waiting) waiting.push(settlement)
    else unsettled.set(eventId, [settlement])
  }

  function settleNow(): void {
    const all = unsettled
    unsettled = new Map()
    for (const [eventId, settlements] of all) {
      const keys = settlements.flatMap(({ seatIds }) => keysOf(eventId, seatIds))
      const said = settlements.flatMap(({ names, ms, seatIds }) => [...names, ms, seatIds.length])
      void run(SETTLE, keys, ...said)
    }
  }

  return {
    async claim(eventId, seatIds, holdId) {
      const owners = await claims.submit(eventId, { seatIds, holdId })
      if (owners.size === 0) return []
      const stale = new Set<string>()
      for (const owner of new Set(owners.values())) if (await isStale(owner)) stale.add(owner)
      if (stale.size === 0) return [...owners.keys()]
      for (const [seatId, owner] of owners) {
        if (stale.has(owner)) settle(eventId, { names: [owner, owner], ms: 0, seatIds: [seatId] })
      }
      return [...(await claims.submit(eventId, { seatIds, holdId })).keys()]
    },
    confirm(eventId, seatIds, holdId, ms) {
      if (ms >= 1) settle(eventId, { names: namesOf(holdId), ms: Math.floor(ms), seatIds })
    },
    release(eventId, seatIds, holdId) {
      believed.delete(holdId)
      settle(eventId, { names: namesOf(holdId), ms: 0, seatIds })
    },
  }
}

interface Claim {
  seatIds: readonly string[]
  holdId: string
}

/** What becomes of the claims of a hold on some seats. */
interface Settlement {
  /** Under which the hold owns them: not confirmed, and confirmed. */
  names: [string, string]
  /** How long they last; 0 when they go. */
  ms: number
  seatIds: readonly string[]
}

const namesOf = (holdId: string): [string, string] => [`claim:${holdId}`, `hold:${holdId}`]

/** By seat, from the reply of CLAIM for one hold. */
function ownersOf(seatIds: readonly string[], taken: readonly (number | string)[]): Map<string, string> {
  const owners = new Map<string, string>()
  for (let at = 0; at < taken.length; at += 2) {
    const seatId = seatIds[Number(taken[at]) - 1]
    if (seatId) owners.set(seatId, String(taken[at + 1]))
  }
  return owners
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
