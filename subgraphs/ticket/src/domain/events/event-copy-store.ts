import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import type { StaffMember } from '@karcis/kit/contracts/event-staff'
import type { Reads } from '@karcis/kit/reads'
import type { Db, Tx } from '../database.ts'

/** What is known here of an event, as its owner told it last. */
export interface EventCopy {
  id: string
  organizerId: string
  /** Who works for it, and as what. */
  staff: readonly StaffMember[]
  eventStatus: string
  endsAt: Date
  /** Whether it has ended, by the database's clock. */
  over: boolean
  currency: string
  /** IANA name. */
  timezone: string
  roomId: string | null
  salesPaused: boolean
  /** What buyers are told of the pause. */
  salesPausedReason: string | null
}

/** The local copies of events by id, as far as something is known of them. */
export async function findEventCopies(db: Reads, ids: readonly string[]): Promise<Map<string, EventCopy>> {
  const rows = await db.$queryRaw<
    CopyRow[]
  >`SELECT id, organizer_id, staff, status, ends_at, ends_at <= now() AS over, currency,
      timezone, room_id, sales_paused, sales_paused_reason
    FROM event_copies WHERE id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.id, toEventCopy(row)]))
}

/** The local copy of an event; null when nothing is known of it. */
export const findEventCopy = async (db: Reads, eventId: string): Promise<EventCopy | null> =>
  (await findEventCopies(db, [eventId])).get(eventId) ?? null

interface CopyRow {
  id: string
  organizer_id: string
  staff: StaffMember[]
  status: string
  ends_at: Date
  over: boolean
  currency: string
  timezone: string
  room_id: string | null
  sales_paused: boolean
  sales_paused_reason: string | null
}

const toEventCopy = (row: CopyRow): EventCopy => ({
  id: row.id,
  organizerId: row.organizer_id,
  staff: row.staff,
  eventStatus: row.status,
  endsAt: row.ends_at,
  over: row.over,
  currency: row.currency,
  timezone: row.timezone,
  roomId: row.room_id,
  salesPaused: row.sales_paused,
  salesPausedReason: row.sales_paused_reason,
})

/** Locks what is known of an event: at this row everything meets that must agree with the event. Null when nothing is known. */
export async function lockEventCopy(
  tx: Tx,
  eventId: string,
): Promise<{ startsAt: Date; endsAt: Date; over: boolean; capacity: number | null } | null> {
  const [row] = await tx.$queryRaw<
    { starts_at: Date; ends_at: Date; over: boolean; capacity: number | null }[]
  >`SELECT starts_at, ends_at, ends_at <= now() AS over, capacity FROM event_copies WHERE id = ${eventId}::uuid FOR NO KEY UPDATE`
  return row ? { startsAt: row.starts_at, endsAt: row.ends_at, over: row.over, capacity: row.capacity } : null
}

/** Until how many hours before it starts its tickets may be offered; null: not at all. */
export async function updateResaleHours(tx: Tx, eventId: string, hours: number | null): Promise<void> {
  await tx.$executeRaw`UPDATE event_copies SET resale_hours = ${hours}::int WHERE id = ${eventId}::uuid`
}

/** Until when tickets of events may be offered, by event, as far as they may at all. */
export async function findResaleEnds(db: Db | Tx, eventIds: readonly string[]): Promise<Map<string, Date>> {
  const rows = await db.$queryRaw<
    { id: string; until: Date }[]
  >`SELECT id, starts_at - make_interval(hours => resale_hours) AS until
    FROM event_copies WHERE id = ANY(${eventIds}::uuid[]) AND resale_hours IS NOT NULL`
  return new Map(rows.map(({ id, until }) => [id, until]))
}

/** Counts that the seats of an event, whose copy is locked, are drawn anew. */
export async function raiseMapVersion(tx: Tx, eventId: string): Promise<void> {
  await tx.$executeRaw`UPDATE event_copies SET map_version = map_version + 1 WHERE id = ${eventId}::uuid`
}

/** Raises the part of the revision of an event's stock that no ticket type carries. */
export async function raiseStockBase(tx: Tx, eventId: string, by: number): Promise<void> {
  await tx.$executeRaw`UPDATE event_copies SET stock_base = stock_base + ${by} WHERE id = ${eventId}::uuid`
}

/**
 * Writes what was told of an event when it is newer than what is known. It may open or close sales, so its stock counts as changed.
 * @returns whether it was newer.
 */
export async function updateEventCopy(tx: Tx, event: EventForSale): Promise<boolean> {
  const written = await tx.$executeRaw`INSERT INTO event_copies AS known
      (id, organizer_id, title, status, starts_at, ends_at, currency, timezone, room_id, capacity,
        sales_paused, sales_paused_reason, max_open_places, staff, version)
    VALUES (${event.id}::uuid, ${event.organizerId}::uuid, ${event.title}, ${event.status}, ${event.startsAt}, ${event.endsAt},
      ${event.currency}, ${event.timezone}, ${event.roomId ?? null}::uuid, ${event.capacity}::int,
      ${event.salesPaused}, ${event.salesPausedReason}, ${event.maxOpenPlaces}::int,
      ${JSON.stringify(event.staff)}::jsonb, ${event.version})
    ON CONFLICT (id) DO UPDATE SET organizer_id = EXCLUDED.organizer_id, title = EXCLUDED.title, status = EXCLUDED.status,
      starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, currency = EXCLUDED.currency, timezone = EXCLUDED.timezone,
      room_id = EXCLUDED.room_id, capacity = EXCLUDED.capacity, sales_paused = EXCLUDED.sales_paused,
      sales_paused_reason = EXCLUDED.sales_paused_reason, max_open_places = EXCLUDED.max_open_places, staff = EXCLUDED.staff, version = EXCLUDED.version, stock_base = known.stock_base + 1
    WHERE EXCLUDED.version > known.version`
  return written === 1
}
