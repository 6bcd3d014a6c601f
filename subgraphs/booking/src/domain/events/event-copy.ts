import { EVENT_FOR_SALE, type EventForSale, eventForSale } from '@karcis/kit/contracts/event-for-sale'
import { type Duty, hasDuty, type StaffMember } from '@karcis/kit/contracts/event-staff'
import { transaction } from '@karcis/kit/database'
import { asBookkeeping } from '@karcis/kit/deeds'
import { NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import type { KeysetPage } from '@karcis/kit/pagination'
import type { ServiceClient } from '@karcis/kit/service-client'
import type { Viewer } from '@karcis/kit/service-token'
import { Prisma } from '../../generated/prisma/client.ts'
import { EXPIRE_BOOKING } from '../bookings/booking-changes.ts'
import type { Db, Tx } from '../database.ts'

/** An event, of which what others say stands with them. */
export interface EventRef {
  id: string
}

/** What booking knows of an event, as it was told last. */
export interface EventCopy {
  eventId: string
  organizerId: string
  /** Who works for it, and as what. */
  staff: readonly StaffMember[]
  /** As `EventStatus` of schema/event.graphql, but COMPLETED; DELETED when it is gone. */
  status: string
  /** Null where it has not changed since this is kept. */
  startsAt: Date | null
  /** When it was moved to another time; null when it was not. */
  rescheduledAt: Date | null
  /** Until when who had booked before that may have all their money back. */
  refundUntil: Date | null
  /** IANA name; null until it was told of since this is kept. */
  timezone: string | null
}

/** What is known of events, by id. */
export async function findEventCopies(db: Db, ids: readonly string[]): Promise<Map<string, EventCopy>> {
  const rows = await db.$queryRaw<
    EventCopy[]
  >`SELECT event_id AS "eventId", organizer_id AS "organizerId", staff, status, timezone, starts_at AS "startsAt",
      rescheduled_at AS "rescheduledAt", refund_until AS "refundUntil"
    FROM event_copies WHERE event_id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.eventId, row]))
}

/** Of events that everybody may see and that are not over. */
export const PUBLIC = Prisma.sql`event_copies.status = 'APPROVED' AND event_copies.payable_until > now()`

/** Those of the events that everybody may see and that are not over. */
export async function findPublicEvents(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT event_id AS id FROM event_copies WHERE event_id = ANY(${ids}::uuid[]) AND ${PUBLIC}`
  return new Set(rows.map(({ id }) => id))
}

/** A page of somebody's events, by id; those that are gone are left out. */
export function listOrganized(
  db: Db,
  organizerId: string,
  { where, tail }: KeysetPage,
): Promise<{ id: string }[]> {
  return db.$queryRaw`SELECT event_id AS id FROM event_copies
    WHERE organizer_id = ${organizerId}::uuid AND status <> 'DELETED' AND ${where} ${tail}`
}

/** How many events somebody has. */
export async function countOrganized(db: Db, organizerId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM event_copies
    WHERE organizer_id = ${organizerId}::uuid AND status <> 'DELETED'`
  return row?.n ?? 0
}

/** Whose event it is; null when neither it nor a booking of it is known. */
export async function findOrganizer(db: Db, eventId: string): Promise<string | null> {
  const [row] = await db.$queryRaw<{ id: string | null }[]>`SELECT coalesce(
    (SELECT organizer_id FROM event_copies WHERE event_id = ${eventId}::uuid),
    (SELECT organizer_id FROM bookings WHERE event_id = ${eventId}::uuid LIMIT 1)) AS id`
  return row?.id ?? null
}

/**
 * Asks the event subgraph how an event is now and takes that in, as for one that has not changed since this subgraph is told of events.
 * Nothing happens when there is no such event, or no answer: what is known counts.
 */
export async function refreshEventCopy(
  { db, clients }: { db: Db; clients: Record<string, ServiceClient> },
  eventId: string,
): Promise<void> {
  try {
    const answer = await clients.event?.query<{ eventForSale: unknown }>(EVENT_FOR_SALE, { id: eventId })
    if (!answer?.eventForSale) return
    const event = eventForSale.parse(answer.eventForSale)
    await asBookkeeping(() => transaction(db, (tx) => updateEventCopy(tx, event)))
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error
  }
}

/** An event as it is known, start and all; what is not known is asked of its owner. @throws NotFound; ServiceUnavailable while nobody says when it starts. */
export async function knownEvent(
  deps: { db: Db; clients: Record<string, ServiceClient> },
  eventId: string,
): Promise<EventCopy & { startsAt: Date }> {
  const find = async () => (await findEventCopies(deps.db, [eventId])).get(eventId)
  let copy = await find()
  if (!copy?.startsAt) {
    await refreshEventCopy(deps, eventId)
    copy = await find()
  }
  if (copy?.startsAt) return { ...copy, startsAt: copy.startsAt }
  if (!copy && (await findOrganizer(deps.db, eventId)) === null) throw new NotFound('event', eventId)
  throw new ServiceUnavailable()
}

/**
 * Whether the viewer may do something for an event: they organize it, are on its staff with a role for it, or are an admin. What would be
 * refused to an organizer by what is known of the event is first asked of its owner.
 */
export async function mayDo(
  deps: { db: Db; clients: Record<string, ServiceClient> },
  viewer: Viewer,
  eventId: string,
  duty: Duty,
): Promise<boolean> {
  if (viewer.role === 'ADMIN' || (await findOrganizer(deps.db, eventId)) === viewer.id) return true
  const copy = (await findEventCopies(deps.db, [eventId])).get(eventId)
  if (copy && isOnDuty(viewer, copy, duty)) return true
  if (viewer.role !== 'ORGANIZER') return false
  await refreshEventCopy(deps, eventId)
  return (await findOrganizer(deps.db, eventId)) === viewer.id
}

/** Whether somebody is on the staff of an event that is not gone, with a role for a duty. */
export const isOnDuty = (viewer: Viewer | null, { status, staff }: EventCopy, duty: Duty): boolean =>
  status !== 'DELETED' && hasDuty(viewer, staff, duty)

/** Whether somebody may see an event: everybody once it is approved, also when it is called off; before that who organizes it, and its staff. */
export const mayViewEvent = (viewer: Viewer | null, copy: EventCopy): boolean =>
  copy.status === 'APPROVED' ||
  copy.status === 'CANCELLED' ||
  isOnDuty(viewer, copy, 'SEE') ||
  (copy.status !== 'DELETED' &&
    viewer !== null &&
    (viewer.role === 'ADMIN' || viewer.id === copy.organizerId))

/**
 * Takes in how an event is now, unless something newer is known. Bookings look at its end themselves; those whose time it cuts
 * are expired when that has come, which is now if the event is off.
 */
export async function updateEventCopy(tx: Tx, event: EventForSale): Promise<void> {
  const off = event.status === 'CANCELLED' || event.status === 'DELETED'
  const newer = await tx.$executeRaw`INSERT INTO event_copies AS known
      (event_id, organizer_id, staff, status, timezone, starts_at, rescheduled_at, refund_until, payable_until, version)
    VALUES (${event.id}::uuid, ${event.organizerId}::uuid, ${JSON.stringify(event.staff)}::jsonb, ${event.status}, ${event.timezone}, ${event.startsAt}::timestamptz,
      ${event.rescheduledAt}::timestamptz, ${event.refundUntil}::timestamptz,
      CASE WHEN ${off} THEN least(now(), ${event.endsAt}::timestamptz) ELSE ${event.endsAt}::timestamptz END, ${event.version})
    ON CONFLICT (event_id) DO UPDATE SET organizer_id = excluded.organizer_id, staff = excluded.staff, status = excluded.status, timezone = excluded.timezone,
      starts_at = excluded.starts_at, rescheduled_at = excluded.rescheduled_at, refund_until = excluded.refund_until,
      payable_until = excluded.payable_until, version = excluded.version
    WHERE known.version < excluded.version
      OR known.version = excluded.version AND (known.timezone IS NULL OR known.starts_at IS NULL)`
  if (newer === 0) return
  await tx.$executeRaw`SELECT graphile_worker.add_job(${EXPIRE_BOOKING.name}::text,
      payload => json_build_object('bookingId', booking.id), run_at => event.payable_until,
      job_key => ${`${EXPIRE_BOOKING.name}:`}::text || booking.id, max_attempts => 25)
    FROM bookings booking JOIN event_copies event USING (event_id)
    WHERE event_id = ${event.id}::uuid AND booking.status = 'PENDING' AND booking.expires_at > event.payable_until`
}
