import { isAway } from '@karcis/kit/outages'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { Db } from '../database.ts'
import { findPublicEvents } from '../events/event-copy.ts'
import { listMostSold, type Standing } from './sale-store.ts'

/** An event in its place, from 1 on. */
export interface LeaderboardEntry extends Standing {
  rank: number
}

/** The events of which most tickets are sold, of those that everybody may see and that are not over. */
export interface Leaderboard {
  /** @param first how many, 1 to 100. @throws BadUserInput */
  read(first: number): Promise<LeaderboardEntry[]>
}

const KEY = 'booking:leaderboard'
/** So long it is taken from Redis as it is: nobody sees a board that is older. */
const LIFE_SECONDS = 10
/** So many events are on it. */
const SIZE = 1_000
/** Among so many more than were asked for there may be some that are off or over meanwhile. */
const SPARE = 100
/** Stands on every board, below all events, so that one without any is there as well. */
const NOBODY = ''

const wanted = z.int().refine((first) => first >= 1 && first <= 100, 'must be from 1 to 100')

/**
 * A sorted set in Redis, which all processes share. Where it is lost, or too old, it is made again from the database by whoever notices,
 * also by several at once: each writes a whole board. While Redis is away the database answers.
 */
export function createLeaderboard({
  db,
  redis,
  log,
}: Pick<BaseDeps<Db>, 'db' | 'redis' | 'log'>): Leaderboard {
  let making: Promise<Standing[]> | null = null

  /** All who need a new board at the same moment share one. */
  function make(): Promise<Standing[]> {
    making ??= listMostSold(db, SIZE)
      .then(async (board) => {
        await inRedis(() => keep(redis, board))
        return board
      })
      .finally(() => {
        making = null
      })
    return making
  }

  /** Null while Redis is away. */
  async function inRedis<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      if (!isAway(error, log)) throw error
      return null
    }
  }

  return {
    async read(rawFirst) {
      const first = parseInput(wanted, rawFirst, 'first')
      const board = (await inRedis(() => findKept(redis, first + SPARE))) ?? (await make())
      const top = board.slice(0, first + SPARE)
      const shown = await findPublicEvents(
        db,
        top.map(({ eventId }) => eventId),
      )
      return top
        .filter(({ eventId }) => shown.has(eventId))
        .slice(0, first)
        .map((standing, at) => ({ rank: at + 1, ...standing }))
    },
  }
}

/** The first of the board; null where there is none. */
async function findKept(redis: BaseDeps<Db>['redis'], most: number): Promise<Standing[] | null> {
  const flat = await redis.zrange(KEY, '0', String(most), 'REV', 'WITHSCORES')
  if (flat.length === 0) return null
  const standings = flat.flatMap((eventId, at) =>
    at % 2 === 0 ? [{ eventId, tickets: Number(flat[at + 1]) }] : [],
  )
  return standings.filter(({ eventId }) => eventId !== NOBODY)
}

/** In one step: whoever reads meanwhile finds the board before, or this one. */
async function keep(redis: BaseDeps<Db>['redis'], board: readonly Standing[]): Promise<void> {
  const members = board.flatMap(({ eventId, tickets }) => [String(tickets), eventId])
  await redis
    .multi()
    .del(KEY)
    .zadd(KEY, '-1', NOBODY, ...members)
    .expire(KEY, LIFE_SECONDS)
    .exec()
}
