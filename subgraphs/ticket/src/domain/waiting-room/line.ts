import { idBytes, idOfBytes, newId } from '@karcis/kit/ids'
import type { Redis } from 'ioredis'
import { drawnPlace, type Queue } from './queue.ts'

/** How long after its event the line is kept. */
const KEPT_SECONDS = 86_400

/**
 * Adds somebody who is not in the line, before the opening with their place in the draw, later with the time of their coming in
 * microseconds, by Redis' clock. A line that is not there gets a name of its own. Gives rank and length.
 */
const JOIN = `redis.call('SET', KEYS[2], ARGV[4], 'NX')
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local time = redis.call('TIME')
  local place = time[1] * 1000000 + time[2]
  if place < tonumber(ARGV[2]) then place = ARGV[3] end
  redis.call('ZADD', KEYS[1], string.format('%.0f', place), ARGV[1])
  redis.call('EXPIREAT', KEYS[1], ARGV[5])
  redis.call('EXPIREAT', KEYS[2], ARGV[5])
end
return { redis.call('ZRANK', KEYS[1], ARGV[1]), redis.call('ZCARD', KEYS[1]) }`

/** Gives the line's name and length, and of each that is asked for rank and place; -1 for who is not in it. */
const LOOK = `local found = { redis.call('GET', KEYS[2]) or '', redis.call('ZCARD', KEYS[1]) }
for _, member in ipairs(ARGV) do
  local rank = redis.call('ZRANK', KEYS[1], member)
  found[#found + 1] = rank or -1
  found[#found + 1] = rank and redis.call('ZSCORE', KEYS[1], member) or ''
end
return found`

/** Gives the line's name, and who is at its head, each followed by their place. */
const HEAD = `local head = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')
table.insert(head, 1, redis.call('GET', KEYS[2]) or '')
return head`

/** Takes out those who still have the place given with them. */
const REMOVE = `for at = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[at]) == ARGV[at + 1] then redis.call('ZREM', KEYS[1], ARGV[at]) end
end`

/** Puts people back where they were, unless they have come again meanwhile. Gives the line's name. */
const RESTORE = `redis.call('SET', KEYS[2], ARGV[1], 'NX')
for at = 3, #ARGV, 2 do redis.call('ZADD', KEYS[1], 'NX', ARGV[at + 1], ARGV[at]) end
redis.call('EXPIREAT', KEYS[1], ARGV[2])
redis.call('EXPIREAT', KEYS[2], ARGV[2])
return redis.call('GET', KEYS[2])`

/** Somebody in the line, by their place: the lower it is, the earlier is their turn. */
export interface Placed {
  userId: string
  place: number
}

/** Who stands where, as of one moment. */
export interface Looked {
  /** What the line is called; another than before when Redis has lost it in between, null when there is none. */
  epoch: string | null
  waiting: number
  /** For each that was asked for, from 0; null for who is not in the line. */
  found: ({ rank: number; place: number } | null)[]
}

/**
 * Who waits for one event, in the order of their turns: a sorted set, so each of these is O(log n) for each person. Redis has it and
 * may lose it; nothing here admits anybody.
 */
export interface Line {
  /** Has somebody wait; who waits already keeps their place. @returns their rank, from 0, and how many wait. */
  join(queue: Queue, userId: string): Promise<{ rank: number; waiting: number }>
  leave(queue: Queue, userId: string): Promise<void>
  look(queue: Queue, userIds: readonly string[]): Promise<Looked>
  /** The first `count` of the line. */
  head(queue: LineOf, count: number): Promise<{ epoch: string | null; first: Placed[] }>
  /** Takes people out who have not come again meanwhile. */
  remove(queue: LineOf, people: readonly Placed[]): Promise<void>
  /** Puts people back who were in a line that Redis has lost. @returns what the line is called now. */
  restore(queue: Queue, people: readonly Placed[]): Promise<string>
}

/** By which a line is found. */
export type LineOf = Pick<Queue, 'id' | 'eventId'>

export function createLine(redis: Redis): Line {
  const run = (script: string, queue: LineOf, ...args: (string | number)[]): Promise<unknown> =>
    redis.eval(script, 2, ...keysOf(queue), ...args)

  return {
    async join(queue, userId) {
      const opensAt = queue.opensAt.getTime() * 1_000
      const drawn = drawnPlace(queue.seed, userId)
      const answer = await run(JOIN, queue, memberOf(userId), opensAt, drawn, newId(), lastSecond(queue))
      const [rank = 0, waiting = 0] = answer as number[]
      return { rank, waiting }
    },

    async leave(queue, userId) {
      await redis.zrem(keysOf(queue)[0], memberOf(userId))
    },

    async look(queue, userIds) {
      const answer = (await run(LOOK, queue, ...userIds.map(memberOf))) as (string | number)[]
      const [epoch, waiting, ...pairs] = answer
      return {
        epoch: String(epoch) || null,
        waiting: Number(waiting),
        found: userIds.map((_, at) => {
          const rank = Number(pairs[2 * at])
          return rank < 0 ? null : { rank, place: Number(pairs[2 * at + 1]) }
        }),
      }
    },

    async head(queue, count) {
      const [epoch, ...pairs] = (await run(HEAD, queue, count)) as string[]
      const first: Placed[] = []
      for (let at = 0; at < pairs.length; at += 2)
        first.push({ userId: userOf(pairs[at] ?? ''), place: Number(pairs[at + 1]) })
      return { epoch: epoch || null, first }
    },

    async remove(queue, people) {
      await run(REMOVE, queue, ...people.flatMap(({ userId, place }) => [memberOf(userId), place]))
    },

    async restore(queue, people) {
      const pairs = people.flatMap(({ userId, place }) => [memberOf(userId), place])
      return String(await run(RESTORE, queue, newId(), lastSecond(queue), ...pairs))
    },
  }
}

/** The line and its name. The braces keep both on one node of a Redis Cluster, where one script must find them. */
const keysOf = ({ eventId, id }: LineOf): [string, string] => [
  `queue:{${eventId}}:${id}`,
  `queue:{${eventId}}:${id}:epoch`,
]

/** A million of them are in memory: 22 characters instead of 36. */
const memberOf = (userId: string): string => idBytes(userId).toString('base64url')

const userOf = (member: string): string => idOfBytes(Buffer.from(member, 'base64url'))

const lastSecond = ({ endsAt }: Queue): number => Math.ceil(endsAt.getTime() / 1_000) + KEPT_SECONDS
