import type { Viewer } from '@karcis/kit/service-token'
import { Prisma } from '../../generated/prisma/client.ts'
import type { EventStatus } from './event.ts'
import { MAX_EVENT_DAYS } from './event-schedule.ts'
import type { Near } from './near.ts'

/** Which events to list: everything given must fit. Ids are in lower case. */
export interface EventFilter {
  categoryId?: string | null | undefined
  /** A part of its name. */
  city?: string | null | undefined
  locationId?: string | null | undefined
  venueId?: string | null | undefined
  organizerId?: string | null | undefined
  seriesId?: string | null | undefined
  startsFrom?: Date | null | undefined
  startsTo?: Date | null | undefined
  /** Days as `2026-12-31`, in the time zone of each event, both inclusive. */
  fromDate?: string | null | undefined
  toDate?: string | null | undefined
  /** In the smallest unit of `currency`, both inclusive. */
  minPrice?: number | null | undefined
  maxPrice?: number | null | undefined
  /** ISO 4217. */
  currency?: string | null | undefined
  near?: Near | null | undefined
  online?: boolean | null | undefined
  status?: EventStatus | null | undefined
}

/** Which events a viewer is shown. Whatever shows the same may be said in the way that an index answers. */
export interface Shown {
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
export function shownTo(viewer: Viewer | null, { organizerId, status = null }: EventFilter): Shown {
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

/** Whether a filter asks for what only the listing `l` of an event knows. */
export const needsListing = ({ currency }: EventFilter): boolean => currency != null

/** In which currency prices are meant where none is named. */
export const USUAL_CURRENCY = 'IDR'

/** The earliest and the latest that a day begins and ends anywhere. */
const EAST = Prisma.sql`interval '14 hours'`
const WEST = Prisma.sql`interval '12 hours'`

/** What of a filter is asked of `events e` and, where `needsListing`, of `event_listings l`; city, price and radius narrow a list besides. */
export function conditions(filter: EventFilter): Prisma.Sql {
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
  // By the index on the beginning first, then exactly, by the day where it takes place.
  const day = Prisma.sql`(e.starts_at AT TIME ZONE e.timezone)::date`
  if (filter.fromDate) {
    only(Prisma.sql`e.starts_at >= (${filter.fromDate}::date - ${EAST}) AT TIME ZONE 'UTC'`)
    only(Prisma.sql`${day} >= ${filter.fromDate}::date`)
  }
  if (filter.toDate) {
    only(Prisma.sql`e.starts_at < (${filter.toDate}::date + interval '1 day' + ${WEST}) AT TIME ZONE 'UTC'`)
    only(Prisma.sql`${day} <= ${filter.toDate}::date`)
  }
  if (filter.currency != null) only(Prisma.sql`l.currency = ${filter.currency}`)
  return Prisma.join(all, ' AND ')
}

/** Of listings `l`: whether the event is in one of the cities. */
export const isIn = (cities: readonly string[]): Prisma.Sql => Prisma.sql`l.city_key = ANY(${cities}::text[])`

/**
 * Of listings `l`: whether the range of prices of an event and the range asked for have something in common; what has no price has
 * nothing. Null when no price is asked for.
 */
export function isPriced({ minPrice, maxPrice, currency }: EventFilter): Prisma.Sql | null {
  if (minPrice == null && maxPrice == null) return null
  const all = [Prisma.sql`l.currency = ${currency ?? USUAL_CURRENCY}`]
  if (minPrice != null) all.push(Prisma.sql`coalesce(l.price_to, -1) >= ${minPrice}::bigint`)
  if (maxPrice != null)
    all.push(Prisma.sql`coalesce(l.price_from, 999999999999999999) <= ${maxPrice}::bigint`)
  return Prisma.join(all, ' AND ')
}
