import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'

/**
 * A condition on events that is looked up in a table beside them, such as a search or a radius. How many events it fits decides how a
 * list is read, and no statistics know it.
 */
export interface Narrowing {
  /** What fits, as `FROM` takes it, with a column `event_id`. */
  source: Prisma.Sql
  /** Whether an event `e` fits, for those that are met one by one. */
  fits: Prisma.Sql
}

/** What narrowings add to the conditions of a list. */
export interface Narrowed {
  rows: Prisma.Sql
  counted: Prisma.Sql
  /** Whether so many fit that only the first of them are counted. */
  isCut: boolean
}

export const NOT_NARROWED: Narrowed = { rows: Prisma.sql`TRUE`, counted: Prisma.sql`TRUE`, isCut: false }

/** So many events are looked at one by one. What fits more of them is met soon on the way through the list. */
export const MAX_CANDIDATES = 10_000

/**
 * Looks first how many events fit: few are found before the rest is planned, and the list is read from them; many are met on the way
 * through the list, and of them only so many are counted. Of 300,000 events, words that are in all took 1.3 s when they were all found
 * first, and take 20 ms.
 */
export async function narrow(db: Reads, narrowings: readonly Narrowing[]): Promise<Narrowed> {
  for (const narrowing of narrowings) {
    const others = allOf(narrowings.filter((other) => other !== narrowing).map(({ fits }) => fits))
    const [row] = await db.$queryRaw<{ many: boolean }[]>`SELECT count(*) > ${MAX_CANDIDATES}::int AS many
      FROM (SELECT FROM ${narrowing.source} LIMIT ${MAX_CANDIDATES + 1}::int) n`
    if (row?.many) continue
    const both = Prisma.sql`${isAmong(narrowing)} AND ${others}`
    return { rows: both, counted: both, isCut: false }
  }
  const [first, ...others] = narrowings
  if (!first) return NOT_NARROWED
  return {
    rows: allOf(narrowings.map(({ fits }) => fits)),
    counted: Prisma.sql`${isAmong(first, Prisma.sql`LIMIT ${MAX_CANDIDATES}::int`)} AND ${allOf(others.map(({ fits }) => fits))}`,
    isCut: true,
  }
}

/**
 * Found before the rest is planned, as an array. Of 50,000 events, 7 ms for a rare word where a plain IN walked the list in order for
 * 150 ms.
 */
export const isAmong = (
  { source }: Pick<Narrowing, 'source'>,
  limit: Prisma.Sql = Prisma.empty,
): Prisma.Sql => Prisma.sql`e.id = ANY(ARRAY(SELECT event_id FROM ${source} ${limit}))`

const allOf = (conditions: Prisma.Sql[]): Prisma.Sql =>
  conditions.length === 0 ? Prisma.sql`TRUE` : Prisma.join(conditions, ' AND ')
