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

/** Which events to list: everything given must fit. Ids are in lower case. */
export interface EventFilter {
  categoryId?: string | null | undefined
  city?: string | null | undefined
  locationId?: string | null | undefined
  venueId?: string | null | undefined
  organizerId?: string | null | undefined
  seriesId?: string | null | undefined
  startsFrom?: Date | null | undefined
  startsTo?: Date | null | undefined
  online?: boolean | null | undefined
  status?: EventStatus | null | undefined
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
  const searched = words === NO_WORDS ? [] : [mentions(words)]
  const where = Prisma.join([...conditions(viewer, filter), ...searched], ' AND ')
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
  const all = [Prisma.sql`(e.status = 'APPROVED' OR ${owned})`]
  const only = (condition: Prisma.Sql) => all.push(condition)

  if (filter.categoryId) only(Prisma.sql`e.category_id = ${filter.categoryId}::uuid`)
  if (filter.venueId) only(Prisma.sql`e.venue_id = ${filter.venueId}::uuid`)
  if (filter.organizerId) only(Prisma.sql`e.organizer_id = ${filter.organizerId}::uuid`)
  if (filter.seriesId) only(Prisma.sql`e.series_id = ${filter.seriesId}::uuid`)
  if (filter.locationId) {
    const id = filter.locationId
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

/**
 * Found before the rest is planned, as an array, and all words by one lookup: trigrams find what is within words, the index on words
 * what is too short for that. Of 50,000 events, 7 ms for a rare word where a plain IN walked the list in order for 150 ms.
 */
export function mentions({ within, beginning, whole }: SearchWords): Prisma.Sql {
  const conditions = [
    ...within.map((word) => {
      const literal = word.replace(/[\\%_]/g, '\\$&')
      return Prisma.sql`t.text LIKE '%' || searchable(${literal}) || '%'`
    }),
    ...beginning.map(
      (word) => Prisma.sql`t.words @@ to_tsquery('simple', quote_literal(searchable(${word})) || ':*')`,
    ),
    ...whole.map((word) => Prisma.sql`t.words @@ plainto_tsquery('simple', searchable(${word}))`),
  ]
  return Prisma.sql`e.id = ANY(ARRAY(SELECT t.event_id FROM event_texts t WHERE ${Prisma.join(conditions, ' AND ')}))`
}
