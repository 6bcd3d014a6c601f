import { parseId } from '@karcis/kit/ids'
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
import type { Event, EventStatus } from './event.ts'
import { EVENT_COLUMNS } from './event-store.ts'

export type EventPage = Connection<Event>
export type EventOrder = 'STARTS_AT_ASC' | 'STARTS_AT_DESC' | 'CREATED_AT_DESC'

/** Which events to list: everything given must fit. */
export interface EventFilter {
  categoryId?: string | null
  city?: string | null
  locationId?: string | null
  venueId?: string | null
  organizerId?: string | null
  seriesId?: string | null
  startsFrom?: Date | null
  startsTo?: Date | null
  online?: boolean | null
  status?: EventStatus | null
}

const byStart: SortColumn<Event> = {
  column: Prisma.sql`e.starts_at`,
  type: 'timestamptz',
  of: (event) => event.startsAt.toISOString(),
}
const byId: SortColumn<Event> = { column: Prisma.sql`e.id`, type: 'uuid', of: (event) => event.id }

/** The lists of events, each in its order; none takes the cursors of another. */
const LISTS = {
  'events:STARTS_AT_ASC': keysetList('events:STARTS_AT_ASC', [byStart, byId], 'ascending'),
  'events:STARTS_AT_DESC': keysetList('events:STARTS_AT_DESC', [byStart, byId], 'descending'),
  'events:CREATED_AT_DESC': newestFirst<Event>('events:CREATED_AT_DESC', byId.column),
  eventsByVenue: keysetList('eventsByVenue', [byStart, byId], 'ascending'),
  myEvents: newestFirst<Event>('myEvents', byId.column),
  organizedEvents: keysetList('organizedEvents', [byStart, byId], 'ascending'),
  eventsOfSeries: keysetList('eventsOfSeries', [byStart, byId], 'ascending'),
} satisfies Record<string, KeysetList<Event>>

export type EventList = keyof typeof LISTS

/** Which of the events that a viewer may see are in a list. */
export interface EventQuery {
  list: EventList
  viewer: Viewer | null
  filter: EventFilter
  words: SearchWords
}

/** Words that all occur in an event's text, venue or location. */
export interface SearchWords {
  /** Anywhere; of three letters or digits in a row at least, so that trigrams find them. */
  within: readonly string[]
  /** At the beginning of a word; of two letters or digits. */
  beginning: readonly string[]
  /** As a word; one letter or digit. */
  whole: readonly string[]
}

export const NO_WORDS: SearchWords = { within: [], beginning: [], whole: [] }

/** A page of the events that fit and that the viewer may see: approved ones, their own, all for an admin. */
export async function listEvents(
  { db, reads }: { db: Reads; reads: Reads },
  { list, viewer, filter, words }: EventQuery,
  page: PageArgs,
): Promise<EventPage> {
  // A condition that fits many events or few, depending on its value, is worth a query plan of its own each time.
  const source = words !== NO_WORDS || filter.city || filter.locationId ? db : reads
  const where = Prisma.join([...conditions(viewer, filter), ...mentions(words)], ' AND ')
  return LISTS[list].read(page, {
    rows: (bounds) =>
      source.$queryRaw<
        Event[]
      >`SELECT ${EVENT_COLUMNS} FROM events e WHERE ${where} AND ${bounds.where} ${bounds.tail}`,
    count: async () => {
      const [row] = await db.$queryRaw<
        { count: number }[]
      >`SELECT count(*)::int AS count FROM events e WHERE ${where}`
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
  const seen = Prisma.join(conditions(viewer, {}), ' AND ')
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

function conditions(viewer: Viewer | null, filter: EventFilter): Prisma.Sql[] {
  const owned =
    viewer?.role === 'ADMIN' ? Prisma.sql`TRUE` : Prisma.sql`e.organizer_id = ${viewer?.id ?? null}::uuid`
  // What is no id equals NULL, and so fits nothing.
  const all = [Prisma.sql`(e.status = 'APPROVED' OR ${owned})`]
  const only = (condition: Prisma.Sql) => all.push(condition)

  if (filter.categoryId) only(Prisma.sql`e.category_id = ${parseId(filter.categoryId)}::uuid`)
  if (filter.venueId) only(Prisma.sql`e.venue_id = ${parseId(filter.venueId)}::uuid`)
  if (filter.organizerId) only(Prisma.sql`e.organizer_id = ${parseId(filter.organizerId)}::uuid`)
  if (filter.seriesId) only(Prisma.sql`e.series_id = ${parseId(filter.seriesId)}::uuid`)
  if (filter.locationId) {
    const id = parseId(filter.locationId)
    only(Prisma.sql`(e.location_id = ${id}::uuid OR (e.location_id IS NULL AND e.venue_id IN
      (SELECT id FROM venues WHERE location_id = ${id}::uuid)))`)
  }
  if (filter.startsFrom) only(Prisma.sql`e.starts_at >= ${filter.startsFrom}::timestamptz`)
  if (filter.startsTo) only(Prisma.sql`e.starts_at < ${filter.startsTo}::timestamptz`)
  if (filter.online != null) only(Prisma.sql`e.online = ${filter.online}`)
  if (filter.status) only(Prisma.sql`${shownStatusSql(owned)} = ${filter.status}`)
  if (filter.city) {
    only(Prisma.sql`(e.venue_id IN (SELECT id FROM venues WHERE searchable(city) = searchable(${filter.city}))
      OR e.location_id IN (SELECT id FROM locations WHERE searchable(city) = searchable(${filter.city})))`)
  }
  return all
}

/** `shownStatus` of event.ts in SQL. */
const shownStatusSql = (owned: Prisma.Sql): Prisma.Sql => Prisma.sql`CASE
  WHEN e.status <> 'APPROVED' THEN e.status::text
  WHEN e.ends_at <= now() THEN 'COMPLETED'
  WHEN ${owned} AND EXISTS (SELECT FROM event_pending_changes p WHERE p.event_id = e.id) THEN 'PENDING'
  ELSE 'APPROVED' END`

/** Patterns are found by trigram, words by the index on words; neither reads a table through. */
export const mentions = ({ within, beginning, whole }: SearchWords): Prisma.Sql[] => [
  ...within.map((word) => {
    const pattern = Prisma.sql`'%' || searchable(${word.replace(/[\\%_]/g, '\\$&')}) || '%'`
    return occursWhere((text) => Prisma.sql`${text} LIKE ${pattern}`)
  }),
  ...beginning.map((word) => {
    const query = Prisma.sql`to_tsquery('simple', quote_literal(searchable(${word})) || ':*')`
    return occursWhere((text) => Prisma.sql`to_tsvector('simple', ${text}) @@ ${query}`)
  }),
  ...whole.map((word) => {
    const query = Prisma.sql`plainto_tsquery('simple', searchable(${word}))`
    return occursWhere((text) => Prisma.sql`to_tsvector('simple', ${text}) @@ ${query}`)
  }),
]

/**
 * Each branch is answered by an index; an OR over the three tables would read them all. As an array it is found once, before the
 * rest is planned: of 50,000 events, 7 ms for a rare word where a plain IN walked the list in order for 150 ms.
 */
const occursWhere = (matches: (text: Prisma.Sql) => Prisma.Sql): Prisma.Sql => Prisma.sql`e.id = ANY(ARRAY(
    SELECT id FROM events WHERE ${matches(Prisma.sql`searchable(title || ' ' || description)`)}
    UNION
    SELECT h.id FROM events h JOIN venues v ON v.id = h.venue_id
      WHERE ${matches(Prisma.sql`searchable(v.name || ' ' || v.city)`)}
    UNION
    SELECT h.id FROM events h JOIN locations l ON l.id = h.location_id
      WHERE ${matches(Prisma.sql`searchable(l.name || ' ' || l.city)`)}))`
