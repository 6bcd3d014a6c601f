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
import { MAX_EVENT_DAYS } from './event-schedule.ts'
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
  const isNewest = list === 'events:CREATED_AT_DESC'
  const varies = words !== NO_WORDS || filter.city || filter.locationId || (isNewest && filter.categoryId)
  const source = varies ? db : reads
  const wanted = conditions(filter)
  const found = words === NO_WORDS ? NOT_SEARCHED : await search(db, words)
  const shown = shownTo(viewer, filter)
  return LISTS[list].read(page, {
    rows: (bounds) =>
      source.$queryRaw<Event[]>`SELECT ${EVENT_COLUMNS} FROM events e
        WHERE ${shown.all} AND ${wanted} AND ${found.rows} AND ${bounds.where} ${bounds.tail}`,
    count: async () => {
      const count = (some: Prisma.Sql) =>
        Prisma.sql`(SELECT count(*) FROM events e WHERE ${some} AND ${wanted} AND ${found.counted})`
      const less = shown.less ? Prisma.sql` - ${count(shown.less)}` : Prisma.empty
      const [row] = await db.$queryRaw<
        { count: number }[]
      >`SELECT (${Prisma.join(shown.parts.map(count), ' + ')}${less})::int AS count`
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

/** Which events a viewer is shown. Whatever shows the same may be said in the way that an index answers. */
interface Shown {
  all: Prisma.Sql
  /** The same in parts that have nothing in common, to be counted one by one: each by an index alone. */
  parts: Prisma.Sql[]
  /** What the parts have too many. */
  less?: Prisma.Sql
}

/** Of `events e`. */
export const APPROVED = Prisma.sql`e.status = 'APPROVED'`
const CHANGING = Prisma.sql`e.id = ANY(ARRAY(SELECT event_id FROM event_pending_changes))`
/** Of `events e`: not over. No event lasts longer, so the index on the beginning need not be read from the first event that there ever was. */
export const TO_COME = Prisma.sql`e.ends_at > now() AND e.starts_at > now() - make_interval(days => ${MAX_EVENT_DAYS}::int)`
const OVER = Prisma.sql`e.ends_at <= now() AND e.starts_at < now()`

/** In so many words: by a parameter Postgres would not see that the index on what is not approved is enough. */
const STORED = {
  DRAFT: Prisma.sql`e.status = 'DRAFT'`,
  REJECTED: Prisma.sql`e.status = 'REJECTED'`,
  CANCELLED: Prisma.sql`e.status = 'CANCELLED'`,
}

/** @param filter with a status as `shownStatus` of event.ts has it for this viewer. */
function shownTo(viewer: Viewer | null, { organizerId, status = null }: EventFilter): Shown {
  const ownsAll = viewer?.role === 'ADMIN' || (viewer !== null && viewer.id === organizerId)
  const allOrNone = ownsAll ? Prisma.sql`TRUE` : Prisma.sql`FALSE`
  const own = viewer && !ownsAll ? Prisma.sql`e.organizer_id = ${viewer.id}::uuid` : allOrNone
  const only = (all: Prisma.Sql): Shown => ({ all, parts: [all] })
  switch (status) {
    case null:
      if (ownsAll) return only(own)
      if (!viewer) return only(APPROVED)
      return {
        all: Prisma.sql`(${APPROVED} OR ${own})`,
        parts: [APPROVED, Prisma.sql`e.status <> 'APPROVED' AND ${own}`],
      }
    case 'COMPLETED':
      return only(Prisma.sql`${APPROVED} AND ${OVER}`)
    case 'APPROVED': {
      const toCome = Prisma.sql`${APPROVED} AND ${TO_COME}`
      if (!viewer) return only(toCome)
      const changing = Prisma.sql`${own} AND ${CHANGING}`
      return {
        all: Prisma.sql`${toCome} AND NOT (${changing})`,
        parts: [toCome],
        less: Prisma.sql`${toCome} AND ${changing}`,
      }
    }
    case 'PENDING':
      return only(
        Prisma.sql`${own} AND (e.status = 'PENDING' OR (${CHANGING} AND ${APPROVED} AND e.ends_at > now()))`,
      )
    case 'DRAFT':
    case 'REJECTED':
    case 'CANCELLED':
      return only(Prisma.sql`${own} AND ${STORED[status]}`)
  }
}

function conditions(filter: EventFilter): Prisma.Sql {
  const all = [Prisma.sql`TRUE`]
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
  if (filter.online != null) only(filter.online ? Prisma.sql`e.online` : Prisma.sql`NOT e.online`) // as the partial index has it
  if (filter.city) {
    only(Prisma.sql`(e.venue_id IN (SELECT id FROM venues WHERE searchable(city) = searchable(${filter.city}))
      OR e.location_id IN (SELECT id FROM locations WHERE searchable(city) = searchable(${filter.city})))`)
  }
  return Prisma.join(all, ' AND ')
}

/** What a search adds to the conditions of a list. */
interface Found {
  rows: Prisma.Sql
  counted: Prisma.Sql
}

const NOT_SEARCHED: Found = { rows: Prisma.sql`TRUE`, counted: Prisma.sql`TRUE` }

/** So many events are looked at one by one for a search. What is in more of them is met soon on the way through the list. */
export const MAX_CANDIDATES = 10_000

/**
 * Looks first how many events have the words: how few they are decides how the list is read, and no statistics know it. What fits
 * more than `MAX_CANDIDATES` is found on the way through the list, and of it only so many are counted. Of 300,000 events, words that
 * are in all took 1.3 s when they were all found first, and take 20 ms.
 */
async function search(db: Reads, words: SearchWords): Promise<Found> {
  const [row] = await db.$queryRaw<{ many: boolean }[]>`SELECT count(*) > ${MAX_CANDIDATES}::int AS many
    FROM (SELECT FROM event_texts t WHERE ${mention(words)} LIMIT ${MAX_CANDIDATES + 1}::int) t`
  if (!row?.many) return { rows: mentions(words), counted: mentions(words) }
  return {
    rows: Prisma.sql`(SELECT ${mention(words)} FROM event_texts t WHERE t.event_id = e.id OFFSET 0)`,
    counted: mentions(words, Prisma.sql`LIMIT ${MAX_CANDIDATES}::int`),
  }
}

/**
 * Found before the rest is planned, as an array, and all words by one lookup: trigrams find what is within words, the index on words
 * what is too short for that. Of 50,000 events, 7 ms for a rare word where a plain IN walked the list in order for 150 ms.
 */
export const mentions = (words: SearchWords, limit: Prisma.Sql = Prisma.empty): Prisma.Sql =>
  Prisma.sql`e.id = ANY(ARRAY(SELECT t.event_id FROM event_texts t WHERE ${mention(words)} ${limit}))`

function mention({ within, beginning, whole }: SearchWords): Prisma.Sql {
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
  return Prisma.join(conditions, ' AND ')
}
