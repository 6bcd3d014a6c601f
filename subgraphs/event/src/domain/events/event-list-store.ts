import {
  type Connection,
  type KeysetList,
  keysetList,
  newestFirst,
  type PageArgs,
  type SortColumn,
} from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import type { Viewer } from '@karcis/kit/service-token'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Event } from './event.ts'
import {
  APPROVED,
  conditions,
  type EventFilter,
  isIn,
  isPriced,
  needsListing,
  shownTo,
  TO_COME,
} from './event-filter.ts'
import { type EventOrder, type ListedEvent, type SortedList, sortedList } from './event-order.ts'
import { EVENT_COLUMNS } from './event-store.ts'
import type { Search } from './event-texts.ts'
import { MAX_CANDIDATES, type Narrowing, narrow, NOT_NARROWED } from './narrowing.ts'
import { isWithin, type Point, pointOf } from './near.ts'

export type EventPage = Connection<Event>

const byStart: SortColumn<Event> = {
  column: Prisma.sql`e.starts_at`,
  type: 'timestamptz',
  of: (event) => event.startsAt.toISOString(),
}
const byId: SortColumn<Event> = { column: Prisma.sql`e.id`, type: 'uuid', of: (event) => event.id }

/** The lists of events that have one order only; none takes the cursors of another. */
const LISTS = {
  eventsByVenue: keysetList('eventsByVenue', [byStart, byId], 'ascending'),
  myEvents: newestFirst<Event>('myEvents', byId.column),
  upcomingEvents: keysetList('upcomingEvents', [byStart, byId], 'ascending'),
  organizedEvents: keysetList('organizedEvents', [byStart, byId], 'ascending'),
  eventsOfSeries: keysetList('eventsOfSeries', [byStart, byId], 'ascending'),
} satisfies Record<string, KeysetList<Event>>

export type EventList = keyof typeof LISTS

/** Which of the events that a viewer may see are in a list. */
export interface EventQuery {
  /** One with an order of its own, or in which order. */
  list: EventList | readonly EventOrder[]
  viewer: Viewer | null
  filter: EventFilter
  /** What else must fit, and how well it does. */
  search?: Search
}

/** A page of the events that fit and that the viewer may see: approved ones, their own, all for an admin. @throws BadUserInput for the page or the order. */
export async function listEvents(
  { db, reads }: { db: Reads; reads: Reads },
  { list, viewer, filter, search }: EventQuery,
  page: PageArgs,
): Promise<EventPage> {
  const near = filter.near ? pointOf(filter.near) : null
  const sorted = sortedBy(list, near, search !== undefined)
  const bounds = sorted.list.parse(page)
  const withListing = sorted.needsListing || needsListing(filter)
  const cities = filter.city == null ? [] : await findCities(db, filter.city)
  const narrowings = narrowingsOf(filter, search, cities)
  const narrowed = narrowings.length > 0
  // A condition that fits many events or few, depending on its value, is worth a query plan of its own each time.
  const isNewest = Array.isArray(list) && list[0]?.startsWith('CREATED_AT')
  const varies =
    narrowed ||
    withListing ||
    filter.locationId ||
    filter.fromDate ||
    filter.toDate ||
    (isNewest && filter.categoryId)
  const source = varies ? db : reads
  const wanted = conditions(filter)
  const found = narrowed ? await narrow(db, narrowings) : NOT_NARROWED
  const shown = shownTo(viewer, filter)
  const from = Prisma.sql`events e ${withListing ? Prisma.sql`JOIN event_listings l ON l.event_id = e.id` : Prisma.empty}`
  // Only by relevance is each row ranked, and of very many only the most promising are.
  const ranking = search && list.includes('RELEVANCE') ? search.ranking : null
  const ranked = ranking
    ? Prisma.sql`JOIN event_texts t ON t.event_id = e.id CROSS JOIN LATERAL (SELECT ${ranking.relevance} AS relevance OFFSET 0) found`
    : Prisma.empty
  const promising = ranking && found.isCut ? Prisma.sql`e.id = ANY(ARRAY(${ranking.best})) AND` : Prisma.empty
  const keys = sorted.keys ? Prisma.sql`, ${sorted.keys} AS "sortKeys"` : Prisma.empty

  const rows = await source.$queryRaw<ListedEvent[]>`SELECT ${EVENT_COLUMNS}${keys} FROM ${from} ${ranked}
    WHERE ${promising} ${shown.all} AND ${wanted} AND ${found.rows} AND ${bounds.where} ${bounds.tail}`
  return sorted.list.connect(rows, bounds, async () => {
    if (found.isCut) return countMany()
    const [row] = await (withListing ? countSome() : countAll())
    return row?.count ?? 0
  })

  /** What an index alone answers, each part. */
  function countAll(): PromiseLike<{ count: number }[]> {
    const count = (some: Prisma.Sql) =>
      Prisma.sql`(SELECT count(*) FROM events e WHERE ${some} AND ${wanted} AND ${found.rows})`
    const less = shown.less ? Prisma.sql` - ${count(shown.less)}` : Prisma.empty
    return db.$queryRaw`SELECT (${Prisma.join(shown.parts.map(count), ' + ')}${less})::int AS count`
  }

  /** What has to be looked at row by row: so many and no more. */
  function countSome(): PromiseLike<{ count: number }[]> {
    return db.$queryRaw`SELECT count(*)::int AS count FROM (SELECT FROM ${from}
      WHERE ${shown.all} AND ${wanted} AND ${found.rows} LIMIT ${MAX_CANDIDATES}::int) listed`
  }

  /** What very many events fit, up to `MOST_COUNTED`: met soon among the first events that there are; where not, looked for among those that fit what is rarest. */
  async function countMany(): Promise<number> {
    const [met] = await db.$queryRaw<{ looked: number; count: number }[]>`
      WITH first AS (SELECT e.id FROM ${from} WHERE ${shown.all} AND ${wanted} LIMIT ${LOOKED_AT}::int)
      SELECT (SELECT count(*) FROM first)::int AS looked,
        (SELECT count(*) FROM (SELECT FROM first e WHERE ${found.rows} LIMIT ${MOST_COUNTED}::int) n)::int AS count`
    if (!met || met.count >= MOST_COUNTED || met.looked < LOOKED_AT) return met?.count ?? 0
    const [row] = await db.$queryRaw<
      { count: number }[]
    >`SELECT count(*)::int AS count FROM (SELECT FROM ${from}
      WHERE ${shown.all} AND ${wanted} AND ${found.found} LIMIT ${MOST_COUNTED}::int) n`
    return Math.max(met.count, row?.count ?? 0)
  }
}

function sortedBy(list: EventQuery['list'], near: Point | null, ranked: boolean): SortedList {
  if (typeof list !== 'string') return sortedList(list, { near, ranked })
  return { list: LISTS[list], keys: null, needsListing: false }
}

/** What narrows a list by the tables beside it. */
export function narrowingsOf(
  filter: EventFilter,
  search: Search | undefined,
  cities: readonly string[],
): Narrowing[] {
  const inListing = [
    filter.near ? isWithin(pointOf(filter.near)) : null,
    filter.city == null ? null : isIn(cities),
    isPriced(filter),
  ]
  return [
    ...(search ? [search.narrowing] : []),
    ...inListing.flatMap((fits) => (fits ? [ofListing(fits)] : [])),
  ]
}

/** @param fits of the listing `l`. */
const ofListing = (fits: Prisma.Sql): Narrowing => ({
  source: Prisma.sql`event_listings l WHERE ${fits}`,
  fits: Prisma.sql`(SELECT ${fits} FROM event_listings l WHERE l.event_id = e.id OFFSET 0)`,
})

/** Of what very many events fit, so many are counted. */
const MOST_COUNTED = 1_000
/** Among so many events, in which that many of what fits one of twenty are met. */
const LOOKED_AT = 20_000

/** So many cities one filter can mean. */
const MAX_CITIES = 1_000

/**
 * Cities that a text is a part of, in any case and without regard to accents, as listings have them: each is one step in the index on
 * them, however many events it has.
 */
export async function findCities(db: Reads, part: string): Promise<string[]> {
  const pattern = Prisma.sql`'%' || searchable(${part.replace(/[\\%_]/g, '\\$&')}) || '%'`
  const rows = await db.$queryRaw<{ city: string }[]>`
    WITH RECURSIVE cities AS (
      (SELECT city_key FROM event_listings ORDER BY city_key LIMIT 1)
      UNION ALL
      SELECT (SELECT l.city_key FROM event_listings l WHERE l.city_key > c.city_key ORDER BY l.city_key LIMIT 1)
      FROM cities c WHERE c.city_key IS NOT NULL
    )
    SELECT city_key AS city FROM cities WHERE city_key LIKE ${pattern} AND city_key <> '' LIMIT ${MAX_CITIES}::int`
  return rows.map(({ city }) => city)
}

/** A page of those of some events that are approved and not over. @throws BadUserInput for the page. */
export function listUpcomingAmong(
  { db, reads }: { db: Reads; reads: Reads },
  ids: readonly string[],
  args: PageArgs,
): Promise<EventPage> {
  const fits = Prisma.sql`e.id = ANY(${ids}::uuid[]) AND ${APPROVED} AND ${TO_COME}`
  return LISTS.upcomingEvents.read(args, {
    rows: ({ where, tail }) =>
      reads.$queryRaw<Event[]>`SELECT ${EVENT_COLUMNS} FROM events e WHERE ${fits} AND ${where} ${tail}`,
    async count() {
      const [row] = await db.$queryRaw<
        { count: number }[]
      >`SELECT count(*)::int AS count FROM events e WHERE ${fits}`
      return row?.count ?? 0
    },
  })
}

/** What a list of events can belong to. */
const PARENTS = {
  organizer: { list: 'organizedEvents', column: Prisma.sql`e.organizer_id` },
  series: { list: 'eventsOfSeries', column: Prisma.sql`e.series_id` },
} as const

export type EventParent = keyof typeof PARENTS

/** The same page of the events of several things at once: two queries, the second when any count is asked for. */
export async function listEventsOf(
  { reads }: { reads: Reads },
  viewer: Viewer | null,
  parent: EventParent,
  ids: readonly string[],
  args: PageArgs,
): Promise<Map<string, EventPage>> {
  const { list, column } = PARENTS[parent]
  const seen = shownTo(viewer, {}).all
  const page = LISTS[list].parse(args)
  const rows = await reads.$queryRaw<(Event & { parentId: string })[]>`
    SELECT k.id AS "parentId", e.* FROM unnest(${ids}::uuid[]) AS k(id) CROSS JOIN LATERAL (
      SELECT ${EVENT_COLUMNS} FROM events e WHERE ${column} = k.id AND ${seen} AND ${page.where} ${page.tail}) AS e`
  const found = Map.groupBy(rows, (row) => row.parentId)

  let counting: Promise<Map<string, number>> | undefined
  const countAll = async () => {
    const counts = await reads.$queryRaw<{ id: string; count: number }[]>`
      SELECT ${column} AS id, count(*)::int AS count FROM events e
      WHERE ${column} = ANY(${ids}::uuid[]) AND ${seen} GROUP BY 1`
    return new Map(counts.map(({ id, count }) => [id, count]))
  }
  const count = async (id: string) => {
    counting ??= countAll()
    return (await counting).get(id) ?? 0
  }
  return new Map(ids.map((id) => [id, LISTS[list].connect(found.get(id) ?? [], page, () => count(id))]))
}
