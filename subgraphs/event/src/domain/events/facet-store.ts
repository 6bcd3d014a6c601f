import type { Reads } from '@karcis/kit/reads'
import type { Viewer } from '@karcis/kit/service-token'
import { Prisma } from '../../generated/prisma/client.ts'
import { conditions, type EventFilter, isIn, isPriced, shownTo, USUAL_CURRENCY } from './event-filter.ts'
import { findCities, narrowingsOf } from './event-list-store.ts'
import type { Search } from './event-texts.ts'
import { MAX_CANDIDATES, narrow } from './narrowing.ts'

/** How many of the events that fit have one thing in common. */
export interface Facet<Value> {
  value: Value
  count: number
}

/** Prices from one amount to another, both inclusive, in the smallest unit. */
export interface PriceBand {
  from: number
  to: number
  currency: string
}

/** By id. */
export type CategoryFacet = Facet<string>
export type CityFacet = Facet<string>
export type PriceFacet = Facet<PriceBand>
/** As `2027-03`. */
export type MonthFacet = Facet<string>
export type OnlineFacet = Facet<boolean>

export interface Facets {
  total: number
  categories: CategoryFacet[]
  cities: CityFacet[]
  prices: PriceFacet[]
  months: MonthFacet[]
  online: OnlineFacet[]
}

/** So many of each kind are told, the most frequent. */
const MOST = 50

/** What an event has of each, as text. A band of prices begins at 1, 2 or 5 times a power of ten. */
const SUBJECTS = {
  categories: () => Prisma.sql`e.category_id::text`,
  cities: () => Prisma.sql`nullif(l.city_key, '')`,
  prices: (
    currency: string,
  ) => Prisma.sql`(SELECT (CASE WHEN p = 0 THEN 0 WHEN p < 2 * d THEN d WHEN p < 5 * d THEN 2 * d ELSE 5 * d END)::bigint::text
    FROM (SELECT l.price_from AS p, power(10::numeric, floor(log(greatest(l.price_from, 1)::numeric))) AS d) band
    WHERE l.currency = ${currency} AND l.price_from IS NOT NULL)`,
  months: () => Prisma.sql`to_char(e.starts_at AT TIME ZONE e.timezone, 'YYYY-MM')`,
  online: () => Prisma.sql`e.online::text`,
} as const

type Subject = keyof typeof SUBJECTS

/** What of a filter says something of a subject: it is left out where that is counted, so that what else there is can be chosen. */
const ABOUT: Record<Subject, readonly (keyof EventFilter)[]> = {
  categories: ['categoryId'],
  cities: ['city'],
  prices: ['minPrice', 'maxPrice'],
  months: ['startsFrom', 'startsTo', 'fromDate', 'toDate'],
  online: ['online'],
}

const isSubject = (name: string): name is Subject => Object.hasOwn(SUBJECTS, name)

/**
 * What the events that fit are about: of each subject under all filters but its own. Of more than `MAX_CANDIDATES` events the soonest are
 * looked at. To be asked in a transaction that bounds its time.
 * @param filter with a status.
 */
export async function countFacets(
  db: Reads,
  viewer: Viewer | null,
  filter: EventFilter,
  search: Search | undefined,
): Promise<Facets> {
  const found = await narrow(
    db,
    narrowingsOf({ ...filter, city: null, minPrice: null, maxPrice: null }, search, []),
  )
  const cities = filter.city == null ? [] : await findCities(db, filter.city)
  const shown = shownTo(viewer, filter).all
  const currency = filter.currency ?? USUAL_CURRENCY

  /** Counts of several subjects under one filter, by one look at the events. */
  const count = (subjects: readonly Subject[], under: EventFilter): PromiseLike<Row[]> => {
    const columns = subjects.map(
      (subject) => Prisma.sql`, ${SUBJECTS[subject](currency)} AS ${Prisma.raw(subject)}`,
    )
    const sets = ['()', ...subjects.map((subject) => `(${subject})`)].map((set) => Prisma.raw(set))
    const names = subjects.map((name) => Prisma.raw(`WHEN grouping(${name}) = 0 THEN '${name}'`))
    return db.$queryRaw<Row[]>`
      WITH fitting AS MATERIALIZED (
        SELECT e.id ${Prisma.join([Prisma.empty, ...columns], '')} FROM events e JOIN event_listings l ON l.event_id = e.id
        WHERE ${shown} AND ${conditions(under)} AND ${under.city == null ? Prisma.sql`TRUE` : isIn(cities)} AND ${isPriced(under) ?? Prisma.sql`TRUE`} AND ${found.rows} ORDER BY e.starts_at, e.id LIMIT ${MAX_CANDIDATES}::int
      )
      SELECT CASE WHEN FALSE THEN '' ${Prisma.join([Prisma.empty, ...names], ' ')} ELSE 'total' END AS subject,
        coalesce(NULL, ${Prisma.join([Prisma.raw('NULL::text'), ...subjects.map((name) => Prisma.raw(name))])}) AS value, count(*)::int AS count
      FROM fitting GROUP BY GROUPING SETS (${Prisma.join(sets)}) ORDER BY count DESC, value`
  }

  const subjects = Object.keys(SUBJECTS).filter(isSubject)
  const isFiltered = (subject: Subject) => ABOUT[subject].some((name) => filter[name] != null)
  const rows = await count(
    subjects.filter((subject) => !isFiltered(subject)),
    filter,
  )
  for (const subject of subjects.filter(isFiltered)) {
    const others = Object.entries(filter).filter(([name]) => !ABOUT[subject].some((own) => own === name))
    rows.push(
      ...(await count([subject], Object.fromEntries(others))).filter((row) => row.subject !== 'total'),
    )
  }
  const of = (wanted: Subject) =>
    rows
      .flatMap(({ subject, value, count }) =>
        subject === wanted && value !== null ? [{ value, count }] : [],
      )
      .slice(0, MOST)
  return {
    total: rows.find(({ subject }) => subject === 'total')?.count ?? 0,
    categories: of('categories'),
    cities: await withNames(db, of('cities')),
    prices: of('prices')
      .map(({ value, count }) => ({ value: bandFrom(Number(value), currency), count }))
      .toSorted((a, b) => a.value.from - b.value.from),
    months: of('months').toSorted((a, b) => a.value.localeCompare(b.value)),
    online: of('online').map(({ value, count }) => ({ value: value === 'true', count })),
  }
}

interface Row {
  subject: string
  value: string | null
  count: number
}

/** The band of prices that begins at an amount. */
function bandFrom(from: number, currency: string): PriceBand {
  const next = String(from).startsWith('2') ? 2.5 * from : 2 * from
  return { from, to: from === 0 ? 0 : next - 1, currency }
}

/** Cities as they are written, for those that listings know them by. */
async function withNames(db: Reads, cities: Facet<string>[]): Promise<Facet<string>[]> {
  const keys = cities.map(({ value }) => value)
  const rows = await db.$queryRaw<{ key: string; name: string }[]>`SELECT key, (SELECT min(city) FROM (
      (SELECT city FROM venues WHERE searchable(city) = key LIMIT 1) UNION ALL
      (SELECT city FROM locations WHERE searchable(city) = key LIMIT 1)) c) AS name FROM unnest(${keys}::text[]) key`
  const names = new Map(rows.map(({ key, name }) => [key, name]))
  return cities.map(({ value, count }) => ({ value: names.get(value) ?? value, count }))
}
