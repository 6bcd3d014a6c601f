import { transaction } from '@karcis/kit/database'
import { BadUserInput } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { type EventPage, type EventQuery, listEvents } from '../events/event-list-store.ts'
import type { SearchWords } from '../events/event-texts.ts'

const MAX_WORDS = 10

/** The most that Postgres may work on one search. */
const TIMEOUT_MS = 1_500

/**
 * What a search asks for. Words of one or two letters have no trigrams: they are looked up as words, or their beginnings.
 * @param search one line.
 * @throws BadUserInput when it has too many words, or none that can be searched for.
 */
export function parseSearch(search: string): SearchWords {
  const words = search.split(/\s+/u).filter((word) => word !== '')
  const long = words.filter((word) => /[\p{L}\p{N}]{3}/u.test(word))
  const short = words
    .filter((word) => !long.includes(word))
    .flatMap((word) => word.match(/[\p{L}\p{N}]+/gu) ?? [])
  const parsed: SearchWords = {
    within: [...new Set(long)],
    beginning: [...new Set(short.filter((word) => !isOne(word)))],
    whole: [...new Set(short.filter(isOne))],
  }
  const count = long.length + short.length
  const problem =
    count > MAX_WORDS
      ? `must have at most ${MAX_WORDS} words`
      : count === 0
        ? 'must have a letter or a digit'
        : null
  if (problem) throw new BadUserInput([{ path: 'filter.search', message: problem }])
  return parsed
}

const isOne = (word: string): boolean => /^.$/u.test(word)

/** A page of what a search, by words or by a place, finds. @throws ServiceUnavailable when it takes too long, or too many search at once. */
export async function searchEvents(deps: Deps, query: EventQuery, page: PageArgs): Promise<EventPage> {
  const bounded = <T>(run: (tx: Tx) => Promise<T>): Promise<T> =>
    deps.searching(() =>
      transaction(deps.db, async (tx) => {
        await tx.$queryRaw`SELECT set_config('statement_timeout', ${String(TIMEOUT_MS)}, true)`
        return run(tx)
      }),
    )
  const found = await bounded((tx) => listEvents({ db: tx, reads: tx }, query, page))
  const totalCount = () =>
    bounded(async (tx) => (await listEvents({ db: tx, reads: tx }, query, { first: 1 })).totalCount())
  return { ...found, totalCount }
}
