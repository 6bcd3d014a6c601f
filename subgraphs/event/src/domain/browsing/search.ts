import { transaction } from '@karcis/kit/database'
import { BadUserInput } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { type EventPage, type EventQuery, listEvents } from '../events/event-list-store.ts'
import { type Search, type SearchWord, understandSearch } from '../events/event-texts.ts'

const MAX_WORDS = 10

/** The most that Postgres may work on one search. */
const TIMEOUT_MS = 1_500

/**
 * The words that a search asks for, each once.
 * @param search one line.
 * @throws BadUserInput when it has too many words, or none that can be searched for.
 */
export function parseSearch(search: string): SearchWord[] {
  const words = search.split(/\s+/u).flatMap(wordsOf)
  const problem =
    words.length > MAX_WORDS
      ? `must have at most ${MAX_WORDS} words`
      : words.length === 0
        ? 'must have a letter or a digit'
        : null
  if (problem) throw new BadUserInput([{ path: 'filter.search', message: problem }])
  return [...new Set(words)].map((text) => ({ text, isWhole: /^.$/u.test(text) }))
}

/** What has three letters in a row is one word, whatever else is in it; of anything else each of its parts is. */
const wordsOf = (text: string): string[] =>
  /[\p{L}\p{N}]{3}/u.test(text) ? [text] : (text.match(/[\p{L}\p{N}]+/gu) ?? [])

/** A page of what a search, by words, a place or a price, finds. @throws ServiceUnavailable when it takes too long, or too many search at once. */
export async function searchEvents(
  deps: Deps,
  query: EventQuery,
  words: readonly SearchWord[],
  page: PageArgs,
): Promise<EventPage> {
  const read = (wanted: PageArgs) =>
    searching(deps, words, async (tx, search) => {
      const found = await listEvents({ db: tx, reads: tx }, { ...query, ...(search && { search }) }, wanted)
      return wanted === ONE ? { ...found, counted: await found.totalCount() } : { ...found, counted: 0 }
    })
  const { edges, pageInfo } = await read(page)
  return { edges, pageInfo, totalCount: async () => (await read(ONE)).counted }
}

/** Does something with what words come to, when its turn has come and for so long at most. @throws ServiceUnavailable */
export const searching = <T>(
  deps: Deps,
  words: readonly SearchWord[],
  run: (tx: Tx, search: Search | undefined) => Promise<T>,
): Promise<T> =>
  deps.searching(() =>
    transaction(deps.db, async (tx) => {
      // What fits many events would be read off their table from its beginning, which is not where what is to come is.
      await tx.$queryRaw`SELECT set_config('statement_timeout', ${String(TIMEOUT_MS)}, true), set_config('enable_seqscan', 'off', true)`
      return run(tx, words.length === 0 ? undefined : await understandSearch(tx, words))
    }),
  )

/** Of a list that is only counted. */
const ONE: PageArgs = { first: 1 }
