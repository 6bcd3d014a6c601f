import { EVENTS } from '@karcis/kit/contracts/events'
import type { StoredImage } from '@karcis/kit/contracts/files'
import { type ConstraintErrors, mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { wrongField } from '../errors.ts'
import { slugCandidates } from '@karcis/kit/slugs'
import type { Event, PendingChanges, Reviewed, SalesPauser, StoredStatus } from './event.ts'
import type { EventSchedule } from './event-schedule.ts'
import { findFormerSlugs, isSlugFree } from './slug-store.ts'

const scheduleErrors = (table: 'events' | 'event_pending_changes'): ConstraintErrors => ({
  [`${table}_venue_id_fkey`]: wrongField('input.venueId', 'there is no such venue'),
  [`${table}_room_id_venue_id_fkey`]: wrongField('input.roomId', 'is not a room of this venue'),
  [`${table}_location_id_fkey`]: wrongField('input.locationId', 'there is no such location'),
})

const CURRENCY_STAYS = 'The currency of an event stays once there is a ticket type: it is priced in it.'

const CONSTRAINT_ERRORS: ConstraintErrors = {
  ...scheduleErrors('events'),
  ...scheduleErrors('event_pending_changes'),
  events_category_id_fkey: wrongField('input.categoryId', 'there is no such category'),
  events_currency_fixed: () => new Conflict(CURRENCY_STAYS),
  events_series_id_organizer_id_fkey: wrongField('input.seriesId', 'is not a series of this organizer'),
}

const explain = (error: unknown): never => mapConstraintError(error, CONSTRAINT_ERRORS)

/** Who works for `events e`, as far as they have accepted. */
const STAFF = Prisma.sql`(SELECT coalesce(jsonb_agg(jsonb_build_object('userId', s.user_id, 'roles', s.roles) ORDER BY s.user_id), '[]')
  FROM event_staff s WHERE s.event_id = e.id AND s.user_id IS NOT NULL)`

/** Everything of `events e`, under the names of the domain. */
export const EVENT_COLUMNS = Prisma.sql`e.id, e.slug, e.title, e.description, e.image, e.status::text AS status, e.message,
  e.ends_at <= now() AS "over",
  EXISTS (SELECT FROM event_pending_changes p WHERE p.event_id = e.id) AS "hasPendingChanges",
  e.organizer_id AS "organizerId", ${STAFF} AS staff, e.category_id AS "categoryId", e.series_id AS "seriesId",
  e.venue_id AS "venueId", e.room_id AS "roomId", e.location_id AS "locationId",
  e.starts_at AS "startsAt", e.ends_at AS "endsAt", e.timezone, e.online, e.currency,
  e.currency_fixed AS "currencyFixed", e.max_open_places AS "maxOpenPlaces", e.sales_paused_by IS NOT NULL AS "salesPaused",
  e.sales_paused_by::text AS "salesPausedBy", e.sales_paused_reason AS "salesPausedReason",
  e.cancellation_reason AS "cancellationReason", e.rescheduled_at AS "rescheduledAt", e.refund_until AS "refundUntil",
  (SELECT r.capacity FROM rooms r WHERE r.id = e.room_id) AS capacity, e.version,
  e.approved_at AS "approvedAt", e.created_at AS "createdAt", e.updated_at AS "updatedAt"`

/** Events by id. */
export async function findEvents(db: Reads, ids: readonly string[]): Promise<Map<string, Event>> {
  const rows = await db.$queryRaw<
    Event[]
  >`SELECT ${EVENT_COLUMNS} FROM events e WHERE e.id = ANY(${ids}::uuid[])`
  return new Map(rows.map((event) => [event.id, event]))
}

/** Events by slug, also by one that they had under a former title. */
export async function findEventsBySlug(db: Reads, slugs: readonly string[]): Promise<Map<string, Event>> {
  const rows = await db.$queryRaw<
    Event[]
  >`SELECT ${EVENT_COLUMNS} FROM events e WHERE e.slug = ANY(${slugs}::text[])`
  const found = new Map(rows.map((event) => [event.slug, event]))
  const missing = slugs.filter((slug) => !found.has(slug))
  const former = missing.length === 0 ? null : await findFormerSlugs(db, missing)
  if (!former || former.size === 0) return found
  const moved = await findEvents(db, [...former.values()])
  for (const [slug, id] of former) {
    const event = moved.get(id)
    if (event) found.set(slug, event)
  }
  return found
}

/** Locks an event until the transaction ends, and gives it as it is then. Its lock comes before those of its rooms. */
export async function lockEvent(tx: Tx, id: string): Promise<Event | null> {
  await tx.$queryRaw`SELECT 1 FROM events WHERE id = ${id}::uuid FOR UPDATE`
  return (await findEvents(tx, [id])).get(id) ?? null
}

/** What a new event is made of; slug and version are given by the store. */
export type NewEvent = Reviewed & {
  id: string
  description: string
  image: StoredImage | null
  status: StoredStatus
  organizerId: string
  categoryId: string
  seriesId: string | null
  currency: string
  maxOpenPlaces: number | null
}

/** Adds an event under the first slug that is free. @throws BadUserInput for references to what does not exist. */
export async function insertEvent(tx: Tx, event: NewEvent): Promise<Event> {
  for (const slug of slugCandidates(event.title, event.id, 'event')) {
    if (!(await isSlugFree(tx, slug, event.id))) continue
    const [inserted] = await tx.$queryRaw<Event[]>`
      INSERT INTO events AS e (id, slug, title, description, image, status, organizer_id, category_id, series_id,
        venue_id, room_id, location_id, starts_at, ends_at, timezone, online, currency, max_open_places)
      VALUES (${event.id}::uuid, ${slug}, ${event.title}, ${event.description}, ${jsonOf(event.image)}::jsonb, ${event.status}::event_status,
        ${event.organizerId}::uuid, ${event.categoryId}::uuid, ${event.seriesId}::uuid,
        ${event.venueId}::uuid, ${event.roomId}::uuid, ${event.locationId}::uuid,
        ${event.startsAt}::timestamptz, ${event.endsAt}::timestamptz, ${event.timezone}, ${event.online}, ${event.currency},
        ${event.maxOpenPlaces})
      ON CONFLICT (slug) DO NOTHING
      RETURNING ${EVENT_COLUMNS}`.catch(explain)
    if (inserted) return recordChange(tx, inserted)
  }
  throw new Conflict('No address is free for this title.')
}

/** Changes to an event other than to its schedule; what is undefined stays, null clears. */
export interface EventDetails {
  title?: string | undefined
  /** As `nextSlug` gives it for the title. */
  slug?: string | undefined
  description?: string | null | undefined
  image?: StoredImage | null | undefined
  categoryId?: string | undefined
  seriesId?: string | null | undefined
  currency?: string | undefined
  maxOpenPlaces?: number | null | undefined
}

/**
 * Changes an event's details and, where one is given, its schedule.
 * @returns null when there is no such event.
 * @throws BadUserInput for references to what does not exist; Conflict for another currency than a fixed one.
 */
export function updateEvent(
  tx: Tx,
  id: string,
  { title, slug, description, image, categoryId, seriesId, currency, maxOpenPlaces }: EventDetails,
  schedule: EventSchedule | null,
): Promise<Event | null> {
  const details = Prisma.sql`title = COALESCE(${title ?? null}, e.title), slug = COALESCE(${slug ?? null}, e.slug),
    description = ${description === undefined ? Prisma.sql`e.description` : Prisma.sql`${description ?? ''}`},
    image = ${image === undefined ? Prisma.sql`e.image` : Prisma.sql`${jsonOf(image)}::jsonb`},
    category_id = COALESCE(${categoryId ?? null}::uuid, e.category_id),
    series_id = ${seriesId === undefined ? Prisma.sql`e.series_id` : Prisma.sql`${seriesId}::uuid`},
    currency = COALESCE(${currency ?? null}, e.currency),
    max_open_places = ${maxOpenPlaces === undefined ? Prisma.sql`e.max_open_places` : maxOpenPlaces}`
  return change(tx, id, schedule ? Prisma.sql`${details}, ${assignments(schedule)}` : details)
}

const jsonOf = (image: StoredImage | null): string | null => image && JSON.stringify(image)

/** Puts an event up for review. @returns null unless it is a draft or was rejected, and starts in the future. */
export const moveEventToReview = (tx: Tx, id: string): Promise<Event | null> =>
  change(
    tx,
    id,
    Prisma.sql`status = 'PENDING', message = NULL, submitted_at = now()`,
    Prisma.sql`e.status IN ('DRAFT', 'REJECTED') AND e.starts_at > now()`,
  )

/** What nobody reviewed in so many days although a room is kept for it: events, and changes to approved ones. */
export interface Unreviewed {
  events: string[]
  changes: string[]
}

/** What has waited for a review, with a room, for more than so many days: ids of events. */
export async function findUnreviewed(db: Reads, days: number): Promise<Unreviewed> {
  const ids = (rows: { id: string }[]) => rows.map(({ id }) => id)
  return {
    events: ids(
      await db.$queryRaw`SELECT e.id FROM events e WHERE e.room_id IS NOT NULL AND ${waitsTooLong(days)} ORDER BY e.id LIMIT 500`,
    ),
    changes: ids(
      await db.$queryRaw`SELECT event_id AS id FROM event_pending_changes
        WHERE room_id IS NOT NULL AND submitted_at < now() - make_interval(days => ${days}) ORDER BY event_id LIMIT 500`,
    ),
  }
}

const waitsTooLong = (days: number): Prisma.Sql =>
  Prisma.sql`e.status = 'PENDING' AND e.submitted_at < now() - make_interval(days => ${days})`

/** Makes a draft again of an event that has waited for its review for too long. @returns null when it does not (any more). */
export const moveEventBackToDraft = (
  tx: Tx,
  id: string,
  days: number,
  message: string,
): Promise<Event | null> =>
  change(tx, id, Prisma.sql`status = 'DRAFT', message = ${message}`, waitsTooLong(days))

/** Tells the organizer something. @returns null when there is no such event. */
export const updateEventMessage = (tx: Tx, id: string, message: string): Promise<Event | null> =>
  change(tx, id, Prisma.sql`message = ${message}`)

/** An admin's decision. `version` is the one that was looked at; without it, any is meant. */
export interface Review {
  decision: 'APPROVED' | 'REJECTED'
  message?: string | null | undefined
  version?: number | null | undefined
}

/** A review counts once, for what was looked at, and approves nothing that is over. */
const stillDue = ({ decision, version }: Review, endsAt: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`(${version ?? null}::int IS NULL OR e.version = ${version ?? null}::int)
    AND (${decision} = 'REJECTED' OR ${endsAt} > now())`

/** Decides on an event that waits for its review. @returns null when it does not (any more), or the review is out of date. */
export const moveEventByReview = (tx: Tx, id: string, review: Review): Promise<Event | null> =>
  change(
    tx,
    id,
    Prisma.sql`status = ${review.decision}::event_status, message = ${review.message ?? null},
      approved_at = CASE WHEN ${review.decision} = 'APPROVED' THEN COALESCE(e.approved_at, now()) ELSE e.approved_at END`,
    Prisma.sql`e.status = 'PENDING' AND ${stillDue(review, Prisma.sql`e.ends_at`)}`,
  )

/**
 * Decides on the pending changes of an approved event: approved, they come into force.
 * @returns null when the event is not approved (any more), or the review is out of date.
 */
export function updateEventByReview(
  tx: Tx,
  id: string,
  review: Review,
  changes: PendingChanges & { slug: string },
): Promise<Event | null> {
  const message = Prisma.sql`message = ${review.message ?? null}`
  return change(
    tx,
    id,
    review.decision === 'APPROVED'
      ? Prisma.sql`${message}, title = ${changes.title}, slug = ${changes.slug}, ${assignments(changes)}`
      : message,
    Prisma.sql`e.status = 'APPROVED' AND ${stillDue(review, Prisma.sql`${changes.endsAt}::timestamptz`)}`,
  )
}

/**
 * Removes an event, any or only one that was never approved; null when it was, or is gone. Those who keep a copy are told that it is DELETED.
 */
export async function deleteEvent(tx: Tx, id: string, which: 'UNAPPROVED' | 'ANY'): Promise<Event | null> {
  const [event] = await tx.$queryRaw<Event[]>`DELETE FROM events e
    WHERE e.id = ${id}::uuid AND (e.approved_at IS NULL OR ${which} = 'ANY') RETURNING ${EVENT_COLUMNS}`
  if (!event) return null
  await recordChange(tx, { ...event, status: 'DELETED', version: event.version + 1 })
  return event
}

/**
 * The one way in which an event changes: a conditional UPDATE that raises the version, and the event in the outbox.
 * @param set assignments to columns of `events e`.
 * @param condition on the row as it is under its lock; whichever change comes first decides.
 * @returns the event as it is now, or null when the condition does not hold.
 */
async function change(
  tx: Tx,
  id: string,
  set: Prisma.Sql,
  condition: Prisma.Sql = Prisma.sql`TRUE`,
): Promise<Event | null> {
  const [changed] = await tx.$queryRaw<Event[]>`
    UPDATE events e SET version = e.version + 1, updated_at = now(), ${set}
    WHERE e.id = ${id}::uuid AND ${condition} RETURNING ${EVENT_COLUMNS}`.catch(explain)
  return changed ? recordChange(tx, changed) : null
}

/** An event whose sale can still be stopped or gone on with. */
const SALE_TO_COME = Prisma.sql`e.status <> 'CANCELLED' AND e.ends_at > now()`

/** Pauses a sale, or changes the reason; null when the event is cancelled, over or gone, or an admin's pause is not the organizer's to change. */
export const pauseEventSales = (tx: Tx, id: string, by: SalesPauser, reason: string): Promise<Event | null> =>
  change(
    tx,
    id,
    Prisma.sql`sales_paused_by = ${by}::sales_pauser, sales_paused_reason = ${reason}`,
    Prisma.sql`${SALE_TO_COME} AND (e.sales_paused_by IS DISTINCT FROM 'ADMIN' OR ${by} = 'ADMIN')`,
  )

/** Goes on with a sale; null when it is not paused, the event is cancelled or over, or an admin's pause is not the organizer's to lift. */
export const resumeEventSales = (tx: Tx, id: string, by: SalesPauser): Promise<Event | null> =>
  change(
    tx,
    id,
    Prisma.sql`sales_paused_by = NULL, sales_paused_reason = NULL`,
    Prisma.sql`${SALE_TO_COME} AND e.sales_paused_by IS NOT NULL AND (e.sales_paused_by <> 'ADMIN' OR ${by} = 'ADMIN')`,
  )

/** Calls an approved event off; null when it is over, gone, or not approved (any more). */
export const moveEventToCancelled = (tx: Tx, id: string, reason: string): Promise<Event | null> =>
  change(
    tx,
    id,
    Prisma.sql`status = 'CANCELLED', cancellation_reason = ${reason}`,
    Prisma.sql`e.status = 'APPROVED' AND e.ends_at > now()`,
  )

/** Moves an approved event to another time. Until when money may be asked back is never taken back. @returns null when it is not approved (any more). */
export const updateEventTimes = (
  tx: Tx,
  id: string,
  schedule: EventSchedule,
  refundUntil: Date,
): Promise<Event | null> =>
  change(
    tx,
    id,
    Prisma.sql`${assignments(schedule)}, rescheduled_at = clock_timestamp(),
      refund_until = greatest(e.refund_until, ${refundUntil}::timestamptz)`,
    Prisma.sql`e.status = 'APPROVED'`,
  )

/** Locks some of an organizer's events whose sale no admin has paused yet, in the order of their ids. @returns their ids. */
export async function lockUnpausedEvents(tx: Tx, organizerId: string, limit: number): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`SELECT e.id FROM events e
    WHERE e.organizer_id = ${organizerId}::uuid AND ${SALE_TO_COME} AND e.sales_paused_by IS DISTINCT FROM 'ADMIN'
    ORDER BY e.id LIMIT ${limit} FOR UPDATE`
  return rows.map(({ id }) => id)
}

/** Tells those who keep a copy of an event that something which stands beside it has changed. @returns null when there is no such event. */
export const touchEvent = (tx: Tx, id: string): Promise<Event | null> =>
  change(tx, id, Prisma.sql`message = e.message`)

/** Gives an event to another organizer; its series stays with the one it was made by. @returns null when there is no such event. */
export const moveEventToOrganizer = (tx: Tx, id: string, organizerId: string): Promise<Event | null> =>
  change(tx, id, Prisma.sql`organizer_id = ${organizerId}::uuid, series_id = NULL`)

/** Fixes an event's currency and gives it; null when there is no such event. */
export async function fixEventCurrency(tx: Tx, id: string): Promise<string | null> {
  await tx.$executeRaw`UPDATE events SET currency_fixed = true WHERE id = ${id}::uuid AND NOT currency_fixed`
  const [event] = await tx.$queryRaw<
    { currency: string }[]
  >`SELECT currency FROM events WHERE id = ${id}::uuid`
  return event?.currency ?? null
}

/** How many of an organizer's events are approved or wait for review, and are not over. */
export async function countEventsToCome(db: Reads, organizerId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM events
    WHERE organizer_id = ${organizerId}::uuid AND status IN ('APPROVED', 'PENDING') AND ends_at > now()`
  return row?.count ?? 0
}

/** Assignments that put a schedule into force. */
const assignments = (schedule: EventSchedule): Prisma.Sql => Prisma.sql`
  venue_id = ${schedule.venueId}::uuid, room_id = ${schedule.roomId}::uuid, location_id = ${schedule.locationId}::uuid,
  starts_at = ${schedule.startsAt}::timestamptz, ends_at = ${schedule.endsAt}::timestamptz,
  timezone = ${schedule.timezone}, online = ${schedule.online}`

/** Without the lock, an event that is told of while its room's capacity changes could be told of with the old one, last. */
async function lockCapacity(tx: Tx, roomId: string): Promise<number | null> {
  const [room] = await tx.$queryRaw<{ capacity: number }[]>`
    SELECT capacity FROM rooms WHERE id = ${roomId}::uuid FOR NO KEY UPDATE`
  return room?.capacity ?? null
}

/** Tells of all events to come in a room, whose capacity has changed. @returns them. */
export async function recordCapacityChange(tx: Tx, roomId: string): Promise<Event[]> {
  const events = await tx.$queryRaw<Event[]>`
    UPDATE events e SET version = e.version + 1, updated_at = now()
    WHERE e.room_id = ${roomId}::uuid AND e.ends_at > now() RETURNING ${EVENT_COLUMNS}`
  for (const event of events) await recordChange(tx, event)
  return events
}

/** An event as others are told of it; DELETED when it is gone. */
type Told = Omit<Event, 'status'> & { status: StoredStatus | 'DELETED' }

/** Records `event.changed` for the subgraphs that keep a copy. The row's lock puts the changes of one event in order. */
async function recordChange<T extends Told>(tx: Tx, changed: T): Promise<T> {
  const capacity = changed.roomId === null ? null : await lockCapacity(tx, changed.roomId)
  const event = { ...changed, capacity }
  await recordEvent(tx, {
    type: 'event.changed',
    aggregateId: event.id,
    payload: EVENTS['event.changed'].parse({ ...event, imageUploadId: event.image?.uploadId ?? null }), // of all that an event has, what the contract names
    consumers: ['ticket', 'booking', 'user'],
  })
  return event
}

const PENDING_COLUMNS = Prisma.sql`event_id AS "eventId", title, venue_id AS "venueId", room_id AS "roomId",
  location_id AS "locationId", starts_at AS "startsAt", ends_at AS "endsAt", timezone, online, submitted_at AS "submittedAt"`

/** Changes that wait for review, by event. */
export async function findPendingChanges(
  db: Reads,
  eventIds: readonly string[],
): Promise<Map<string, PendingChanges>> {
  const rows = await db.$queryRaw<
    PendingChanges[]
  >`SELECT ${PENDING_COLUMNS} FROM event_pending_changes WHERE event_id = ANY(${eventIds}::uuid[])`
  return new Map(rows.map((changes) => [changes.eventId, changes]))
}

/** Puts changes up for review, in place of those that still wait. @throws BadUserInput for references to what does not exist. */
export async function upsertPendingChanges(tx: Tx, eventId: string, changes: Reviewed): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO event_pending_changes (event_id, title, venue_id, room_id, location_id, starts_at, ends_at, timezone, online)
    VALUES (${eventId}::uuid, ${changes.title}, ${changes.venueId}::uuid, ${changes.roomId}::uuid,
      ${changes.locationId}::uuid, ${changes.startsAt}::timestamptz, ${changes.endsAt}::timestamptz,
      ${changes.timezone}, ${changes.online})
    ON CONFLICT (event_id) DO UPDATE SET title = excluded.title, venue_id = excluded.venue_id, room_id = excluded.room_id,
      location_id = excluded.location_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
      timezone = excluded.timezone, online = excluded.online, submitted_at = now()`.catch(explain)
}

/**
 * Removes the waiting changes and gives them; null when there are none (any more): one caller gets them, once.
 * @param days only those that have waited for at least so long.
 */
export async function deletePendingChanges(
  tx: Tx,
  eventId: string,
  days = 0,
): Promise<PendingChanges | null> {
  const [deleted] = await tx.$queryRaw<PendingChanges[]>`DELETE FROM event_pending_changes
    WHERE event_id = ${eventId}::uuid AND submitted_at <= now() - make_interval(days => ${days})
    RETURNING ${PENDING_COLUMNS}`
  return deleted ?? null
}

/** What is kept of a user, as JSON: what they organize and own, what they have searched for, and when they have rooms for themselves. */
export async function findPersonalData(db: Db, userId: string): Promise<string> {
  const [row] = await db.$queryRaw<{ part: string }[]>`SELECT json_build_object(
    'events', (SELECT coalesce(json_agg(e ORDER BY e.created_at), '[]') FROM (SELECT id, slug, title, description, status, message,
      starts_at, ends_at, timezone, online, currency, sales_paused_reason, cancellation_reason, created_at
      FROM events WHERE organizer_id = ${userId}::uuid) e),
    'eventSeries', (SELECT coalesce(json_agg(s ORDER BY s.created_at), '[]') FROM (SELECT id, title, description, created_at
      FROM event_series WHERE organizer_id = ${userId}::uuid) s),
    'venues', (SELECT coalesce(json_agg(v ORDER BY v.created_at), '[]') FROM (SELECT id, name, address, city, latitude, longitude, created_at
      FROM venues WHERE owner_id = ${userId}::uuid) v),
    'staffOf', (SELECT coalesce(json_agg(s ORDER BY s.accepted_at), '[]') FROM (SELECT event_id, email, roles, invited_at, accepted_at
      FROM event_staff WHERE user_id = ${userId}::uuid) s),
    'locations', (SELECT coalesce(json_agg(l ORDER BY l.created_at), '[]') FROM (SELECT id, name, city, country, latitude, longitude, created_at
      FROM locations WHERE owner_id = ${userId}::uuid) l),
    'reviews', (SELECT coalesce(json_agg(r ORDER BY r.created_at), '[]') FROM (SELECT id, event_id, rating, comment, status, answer, answered_at,
      created_at, edited_at FROM reviews WHERE author_id = ${userId}::uuid) r),
    'reviewsReported', (SELECT coalesce(json_agg(p ORDER BY p.reported_at), '[]') FROM (SELECT review_id, reported_at
      FROM review_reports WHERE reporter_id = ${userId}::uuid) p),
    'boughtFor', (SELECT coalesce(json_agg(b ORDER BY b.bought_at), '[]') FROM (SELECT event_id, bought_at
      FROM event_buyers WHERE user_id = ${userId}::uuid) b),
    'categorySuggestions', (SELECT coalesce(json_agg(c ORDER BY c.created_at), '[]') FROM (SELECT name, reason, status, message, created_at,
      decided_at FROM category_suggestions WHERE organizer_id = ${userId}::uuid) c),
    'searches', (SELECT coalesce(json_agg(s ORDER BY s.searched_at), '[]') FROM (SELECT search, searched_at
      FROM search_history WHERE user_id = ${userId}::uuid) s),
    'searchesKept', NOT EXISTS (SELECT FROM search_history_off WHERE user_id = ${userId}::uuid),
    'roomBlocks', (SELECT coalesce(json_agg(b ORDER BY b.starts_at), '[]') FROM (SELECT room_id, starts_at, ends_at, reason, created_at
      FROM room_bookings WHERE holder_id = ${userId}::uuid) b)
  )::text AS part`
  return row?.part ?? '{}'
}
