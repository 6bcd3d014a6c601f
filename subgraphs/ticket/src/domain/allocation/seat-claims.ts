import type { Logger } from '@karcis/kit/log'
import type { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'

/** A claim covers the time between the script and the commit; a process that dies in between blocks its seats no longer than this. */
const CLAIM_MS = 4_000
/** How long a hold that was found alive is believed to be. */
const BELIEVED_MS = 2_000
/** How long Redis is left alone after it failed, so that a stalled one does not slow every hold. */
const PAUSE_MS = 1_000

/** Takes all keys or none. Gives [] when taken, else the index of every key that another has, each followed by its value. */
const CLAIM = `local taken = {}
for i, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner then taken[#taken + 1] = i; taken[#taken + 1] = owner end
end
if #taken == 0 then
  for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) end
end
return taken`

/** Turns own claims into the marks of a hold, and gives own marks a new end. */
const CONFIRM = `for _, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner == ARGV[1] or owner == ARGV[2] then redis.call('SET', key, ARGV[2], 'PX', ARGV[3]) end
end`

/** Deletes what is still owned by one of the two names of a hold. */
const RELEASE = `for _, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner == ARGV[1] or owner == ARGV[2] then redis.call('DEL', key) end
end`

/**
 * Marks in Redis of seats that are being taken or held, so that most losers of a rush leave without touching Postgres. Only
 * hints: who wins is decided by Postgres, and everything here may fail or be lost.
 */
export interface SeatHints {
  /** Claims seats for a hold about to be made, all or none. @returns seats that somebody else has; [] when claimed. */
  claim(eventId: string, seatIds: readonly string[], holdId: string): Promise<string[]>
  /** After the commit of a hold or its renewal: its marks last as long as it does. @param ms what is left of it. */
  confirm(eventId: string, seatIds: readonly string[], holdId: string, ms: number): void
  /** The hold is over, or never came to be: its marks go, and only its own. */
  release(eventId: string, seatIds: readonly string[], holdId: string): void
}

/**
 * @param isLive asks Postgres whether a hold still keeps its seats: a mark whose hold is gone (its release was lost with Redis
 *   away) is removed by the first one who meets it. A claim has no hold yet and is believed; it ends in seconds.
 */
export function createSeatHints(
  redis: Redis,
  log: Logger,
  isLive: (holdId: string) => Promise<boolean>,
): SeatHints {
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
    const answer = await run(CLAIM, keysOf(eventId, seatIds), `claim:${holdId}`, CLAIM_MS)
    const taken = (answer ?? []) as (number | string)[]
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
