import { recordEvent } from '@karcis/kit/events'
import { Conflict } from '@karcis/kit/errors'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../generated/prisma/client.ts'
import type { Tx } from './database.ts'
import { explainRefusal, wrongField } from './errors.ts'
import type { Event, PendingChanges, Plan, StoredStatus } from './event.ts'
import { planMeanings } from './plan.ts'
import { slugCandidates } from './slug.ts'

/** Everything of `events e`, under the names of the domain. */
export const EVENT_COLUMNS = Prisma.sql`e.id, e.slug, e.title, e.description, e.status::text AS status, e.message,
  e.ends_at <= now() AS "over",
  EXISTS (SELECT FROM event_pending_changes p WHERE p.event_id = e.id) AS "hasPendingChanges",
  e.organizer_id AS "organizerId", e.category_id AS "categoryId", e.series_id AS "seriesId",
  e.venue_id AS "venueId", e.room_id AS "roomId", e.location_id AS "locationId",
  e.starts_at AS "startsAt", e.ends_at AS "endsAt", e.timezone, e.online, e.currency, e.version,
  e.approved_at AS "approvedAt", e.created_at AS "createdAt", e.updated_at AS "updatedAt"`

const meanings = {
  ...planMeanings('events'),
  events_category_id_fkey: wrongField('input.categoryId', 'there is no such category'),
  events_series_id_organizer_id_fkey: wrongField('input.seriesId', 'is not a series of this organizer'),
}

/** The events of these ids that exist, in any order. */
export const findEvents = (db: Reads, ids: readonly string[]): PromiseLike<Event[]> =>
  db.$queryRaw<Event[]>`SELECT ${EVENT_COLUMNS} FROM events e WHERE e.id = ANY(${ids}::uuid[])`

/** Locks an event until the transaction ends, and gives it as it is then. Its lock comes before those of its rooms. */
export async function lockEvent(tx: Tx, id: string): Promise<Event | null> {
  await tx.$queryRaw`SELECT 1 FROM events WHERE id = ${id}::uuid FOR UPDATE`
  const [event] = await findEvents(tx, [id])
  return event ?? null
}

/** What a new event is made of; slug and version are given by the store. */
export type NewEvent = Plan & {
  id: string
  title: string
  description: string
  status: StoredStatus
  organizerId: string
  categoryId: string
  seriesId: string | null
  currency: string
}

/** Adds an event under the first slug that is free, and tells of it. @throws BadUserInput for references to nothing. */
export async function insertEvent(tx: Tx, event: NewEvent): Promise<Event> {
  for (const slug of slugCandidates(event.title, event.id, 'event')) {
    const [inserted] = await explainRefusal(
      tx.$queryRaw<Event[]>`
        INSERT INTO events AS e (id, slug, title, description, status, organizer_id, category_id, series_id,
          venue_id, room_id, location_id, starts_at, ends_at, timezone, online, currency)
        VALUES (${event.id}::uuid, ${slug}, ${event.title}, ${event.description}, ${event.status}::event_status,
          ${event.organizerId}::uuid, ${event.categoryId}::uuid, ${event.seriesId}::uuid,
          ${event.venueId}::uuid, ${event.roomId}::uuid, ${event.locationId}::uuid,
          ${event.startsAt}::timestamptz, ${event.endsAt}::timestamptz, ${event.timezone}, ${event.online}, ${event.currency})
        ON CONFLICT (slug) DO NOTHING
        RETURNING ${EVENT_COLUMNS}`,
      meanings,
    )
    if (inserted) return tell(tx, inserted)
  }
  throw new Conflict('No address is free for this title.')
}

/**
 * The one way in which an event changes: one conditional UPDATE that raises the version, and the news of it.
 * @param set assignments to columns of `events e`.
 * @param condition on the row as it is under its lock; a change that came first decides.
 * @returns the event as it is now, or null when the condition does not hold.
 */
export async function changeEvent(
  tx: Tx,
  id: string,
  set: Prisma.Sql,
  condition: Prisma.Sql = Prisma.sql`TRUE`,
): Promise<Event | null> {
  const [changed] = await explainRefusal(
    tx.$queryRaw<Event[]>`UPDATE events e SET version = e.version + 1, updated_at = now(), ${set}
      WHERE e.id = ${id}::uuid AND ${condition} RETURNING ${EVENT_COLUMNS}`,
    meanings,
  )
  return changed ? tell(tx, changed) : null
}

/** Assignments that put a plan into force. */
export const planColumns = (plan: Plan): Prisma.Sql => Prisma.sql`
  venue_id = ${plan.venueId}::uuid, room_id = ${plan.roomId}::uuid, location_id = ${plan.locationId}::uuid,
  starts_at = ${plan.startsAt}::timestamptz, ends_at = ${plan.endsAt}::timestamptz,
  timezone = ${plan.timezone}, online = ${plan.online}`

/** Removes an event that was never approved; null when it was, or is gone. Selling subgraphs hear of it as called off. */
export async function deleteEventRow(tx: Tx, id: string): Promise<Event | null> {
  const [event] = await tx.$queryRaw<Event[]>`
    DELETE FROM events e WHERE e.id = ${id}::uuid AND e.approved_at IS NULL RETURNING ${EVENT_COLUMNS}`
  if (!event) return null
  await tell(tx, { ...event, status: 'CANCELLED', version: event.version + 1 })
  return event
}

/** Writes `event.changed` for the subgraphs that keep a copy. The row's lock orders the news of one event. */
async function tell(tx: Tx, event: Event): Promise<Event> {
  const { id, organizerId, title, status, startsAt, endsAt, currency, timezone, roomId, version } = event
  await recordEvent(tx, {
    type: 'event.changed',
    aggregateId: id,
    payload: { id, organizerId, title, status, startsAt, endsAt, currency, timezone, roomId, version },
    consumers: ['ticket', 'booking'],
  })
  return event
}

const PENDING_COLUMNS = Prisma.sql`event_id AS "eventId", venue_id AS "venueId", room_id AS "roomId",
  location_id AS "locationId", starts_at AS "startsAt", ends_at AS "endsAt", timezone, online, submitted_at AS "submittedAt"`

/** Changes that wait for review, of these events. */
export const findPendingChanges = (db: Reads, eventIds: readonly string[]): PromiseLike<PendingChanges[]> =>
  db.$queryRaw<
    PendingChanges[]
  >`SELECT ${PENDING_COLUMNS} FROM event_pending_changes WHERE event_id = ANY(${eventIds}::uuid[])`

/** Puts a plan up for review, in place of one that still waits. */
export async function putPendingChanges(tx: Tx, eventId: string, plan: Plan): Promise<void> {
  await explainRefusal(
    tx.$executeRaw`
      INSERT INTO event_pending_changes (event_id, venue_id, room_id, location_id, starts_at, ends_at, timezone, online)
      VALUES (${eventId}::uuid, ${plan.venueId}::uuid, ${plan.roomId}::uuid, ${plan.locationId}::uuid,
        ${plan.startsAt}::timestamptz, ${plan.endsAt}::timestamptz, ${plan.timezone}, ${plan.online})
      ON CONFLICT (event_id) DO UPDATE SET venue_id = excluded.venue_id, room_id = excluded.room_id,
        location_id = excluded.location_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        timezone = excluded.timezone, online = excluded.online, submitted_at = now()`,
    planMeanings('event_pending_changes'),
  )
}

/** Takes the waiting changes away and gives them; null when there are none (any more): one caller gets them, once. */
export async function takePendingChanges(tx: Tx, eventId: string): Promise<PendingChanges | null> {
  const [taken] = await tx.$queryRaw<PendingChanges[]>`
    DELETE FROM event_pending_changes WHERE event_id = ${eventId}::uuid RETURNING ${PENDING_COLUMNS}`
  return taken ?? null
}
