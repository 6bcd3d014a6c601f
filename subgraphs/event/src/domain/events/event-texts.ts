import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'
import { APPROVED, TO_COME } from './event-filter.ts'
import { expectedRows, type Narrowing } from './narrowing.ts'

/** A word that somebody searches for. */
export interface SearchWord {
  text: string
  /** Meant as it is, neither the beginning of another nor mistyped: one letter or digit. */
  isWhole: boolean
}

/** What a search comes to. */
export interface Search {
  /** Events in which all of its words occur, in one way or another. */
  narrowing: Narrowing
  /** How well they do. */
  ranking: Ranking
}

/** How events are ranked that a search fits. */
export interface Ranking {
  /** Of `event_texts t` of an event `e`: a whole number, the higher the better. */
  relevance: Prisma.Sql
  /** Where it fits more than can be ranked: those that are, by id. */
  best: Prisma.Sql
}

/** With fewer finds than fill a page, what is spelled otherwise is looked for too. */
const FEW = 20

/** What a word counts for in a description, …, the place, and the title. */
const WEIGHTS = Prisma.sql`'{0.1, 0.2, 0.5, 1}'::float4[]`

/** A word that is expected in more events is looked for in what the others find: all of its entries in the index would have to be read first, though few are wanted. */
const COMMON = 20_000

/**
 * Words as they are, their beginnings and their stems; where few events have them all, also words that contain them, or are a slip
 * of the pen away. To be asked in one transaction with what is done with it, which bounds its time.
 */
export async function understandSearch(db: Reads, words: readonly SearchWord[]): Promise<Search> {
  const [row] = await db.$queryRaw<{ written: string[] }[]>`
    SELECT ARRAY[${Prisma.join(words.map((word) => Prisma.sql`(${asWritten(word)})::text`))}] AS written`
  const written = (row?.written ?? []).map((query) => Prisma.sql`${query}::tsquery`)
  const rare: number[] = []
  for (const [at, query] of written.entries()) {
    const found = Prisma.sql`event_texts t WHERE t.document @@ ${query}`
    if ((await expectedRows(db, found)) <= COMMON) rare.push(at)
  }
  const exact = searchFor(written, rare, allOf(written))
  const isOneCommon = words.length === 1 && rare.length === 0
  if (isOneCommon || (await hasSome(db, exact.narrowing, FEW))) return exact
  const similar = await findSimilar(db, words)
  const broad = written.map((query, at) => Prisma.sql`(${query} || ${oneOf(similar[at] ?? [])})`)
  return searchFor(broad, rare, allOf(written))
}

async function hasSome(db: Reads, { source }: Narrowing, count: number): Promise<boolean> {
  const [row] = await db.$queryRaw<{ has: boolean }[]>`
    SELECT count(*) >= ${count}::int AS has FROM (SELECT FROM ${source} LIMIT ${count}::int) n`
  return row?.has === true
}

/** @param queries of each word. @param rare which of them the index is asked for. @param exact of all words as they were typed. */
function searchFor(queries: readonly Prisma.Sql[], rare: readonly number[], exact: Prisma.Sql): Search {
  const broad = allOf(queries)
  const fits = Prisma.sql`t.document @@ (${broad})`
  const isFound = (id: Prisma.Sql) =>
    Prisma.sql`(SELECT ${fits} FROM event_texts t WHERE t.event_id = ${id} OFFSET 0)`
  const rank = (query: Prisma.Sql) => Prisma.sql`ts_rank(${WEIGHTS}, t.document, ${query}, 1)`
  const indexed = queries.filter((_, at) => rare.includes(at))
  const isSplit = indexed.length > 0 && indexed.length < queries.length
  // As a function, it is not asked of the index.
  const found = isSplit
    ? Prisma.sql`t.document @@ (${allOf(indexed)}) AND ts_match_vq(t.document, (${broad}))`
    : fits
  return {
    narrowing: {
      source: Prisma.sql`event_texts t WHERE ${found}`,
      fits: isFound(Prisma.sql`e.id`),
    },
    ranking: {
      // What is typed rightly goes before what is only like it, and what is over comes late. Rounded, for popularity to have a say.
      relevance: Prisma.sql`round(100 * (${rank(exact)} + 0.3 * ${rank(broad)}) * CASE WHEN e.ends_at > now() THEN 1 ELSE 0.5 END)::bigint`,
      best: Prisma.sql`
        (SELECT popular.event_id FROM (SELECT event_id FROM event_listings WHERE popularity > 0
            ORDER BY popularity DESC, starts_at DESC, event_id DESC LIMIT ${LOOKED_AT}::int) popular
          WHERE ${isFound(Prisma.sql`popular.event_id`)} LIMIT ${RANKED}::int)
        UNION (SELECT soonest.id FROM (SELECT e.id FROM events e WHERE ${APPROVED} AND ${TO_COME}
            ORDER BY e.starts_at, e.id LIMIT ${LOOKED_AT}::int) soonest
          WHERE ${isFound(Prisma.sql`soonest.id`)} LIMIT ${RANKED}::int)`,
    },
  }
}

/** Of a search that fits very many, so many of the most popular and of the soonest are looked at, and so many of each ranked. */
const LOOKED_AT = 3_000
const RANKED = 500

/** A word as it was typed: it, what begins with it, and what has the same stem in either language. */
function asWritten({ text, isWhole }: SearchWord): Prisma.Sql {
  const word = Prisma.sql`searchable(${text})`
  if (isWhole) return Prisma.sql`plainto_tsquery('simple', ${word})`
  return Prisma.sql`(to_tsquery('simple', quote_literal(${word}) || ':*') || plainto_tsquery('indonesian', ${word})
    || plainto_tsquery('english', ${word}))`
}

const allOf = (queries: readonly Prisma.Sql[]): Prisma.Sql => Prisma.join([...queries], ' && ')

/** @param words as `search_words` has them: letters and digits. */
const oneOf = (words: readonly string[]): Prisma.Sql =>
  Prisma.sql`${words.map((word) => `'${word}'`).join(' | ')}::tsquery`

/** For a word of so many letters, how many may be wrong. */
const SLIPS = Prisma.sql`CASE WHEN length(w.word) < 5 THEN 1 WHEN length(w.word) < 9 THEN 2 ELSE 3 END`

/** Words of events that contain a word, or are like it, for each of them: 25 at most. */
async function findSimilar(db: Reads, words: readonly SearchWord[]): Promise<string[][]> {
  await db.$queryRaw`SELECT set_config('pg_trgm.similarity_threshold', '0.25', true)`
  const rows = await db.$queryRaw<{ similar: string[] }[]>`
    SELECT CASE WHEN w.word ~ '[[:alnum:]]{3}' THEN ARRAY(
      (SELECT s.word FROM search_words s WHERE s.word LIKE '%' || replace(replace(replace(w.word, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'
        LIMIT 20)
      UNION
      (SELECT s.word FROM search_words s WHERE s.word % w.word AND levenshtein_less_equal(s.word, w.word, ${SLIPS}) <= ${SLIPS}
        ORDER BY levenshtein_less_equal(s.word, w.word, ${SLIPS}), s.word LIMIT 5)
    ) ELSE '{}' END AS similar
    FROM (SELECT searchable(typed) AS word, at FROM unnest(${words.map(({ text }) => text)}::text[]) WITH ORDINALITY AS typed(typed, at)) w
    ORDER BY w.at`
  return rows.map(({ similar }) => similar)
}

/**
 * Adds the words of events to those that a search knows, so many events at most. Numbers tell nothing, and what is no word is not to be
 * kept.
 * @returns how many events.
 */
export async function learnWords(tx: Tx, limit: number): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    WITH due AS (
      DELETE FROM words_to_learn WHERE event_id = ANY(ARRAY(
        SELECT event_id FROM words_to_learn ORDER BY event_id LIMIT ${limit}::int FOR UPDATE SKIP LOCKED)) RETURNING event_id
    ), learned AS (
      INSERT INTO search_words (word)
      SELECT DISTINCT found.lexeme FROM due JOIN event_texts t USING (event_id) CROSS JOIN LATERAL unnest(t.words) found
      WHERE found.lexeme ~ '^[[:alnum:]]{3,40}$' AND found.lexeme ~ '[[:alpha:]]' ORDER BY 1 ON CONFLICT DO NOTHING
    )
    SELECT count(*)::int AS count FROM due`
  return row?.count ?? 0
}
