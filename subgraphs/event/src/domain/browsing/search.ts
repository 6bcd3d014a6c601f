import { transaction } from '@karcis/kit/database'
import { BadUserInput } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { type EventPage, type EventQuery, listEvents, type SearchWords } from '../events/event-list-store.ts'

const MAX_LENGTH = 200
const MAX_WORDS = 10

/** The most that Postgres may work on one search. */
const TIMEOUT_MS = 1_500

/**
 * What a search asks for. Words of one or two letters have no trigrams: they are looked up as words, or their beginnings.
 * @throws BadUserInput when it is too long, or nothing in it can be searched for.
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
  const problem = searchProblem(search, long.length + short.length)
  if (problem) throw new BadUserInput([{ path: 'filter.search', message: problem }])
  return parsed
}

const isOne = (word: string): boolean => /^.$/u.test(word)

function searchProblem(search: string, words: number): string | null {
  if (search.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`
  if (search.includes('\0')) return 'must be plain text'
  if (words > MAX_WORDS) return `must have at most ${MAX_WORDS} words`
  return words === 0 ? 'must have a letter or a digit' : null
}

/** A page of what a search finds. @throws ServiceUnavailable when it takes too long, or too many search at once. */
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
