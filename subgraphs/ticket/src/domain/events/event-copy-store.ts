import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import type { Reads } from '@karcis/kit/reads'
import type { Tx } from '../database.ts'

/** What is known here of an event, as its owner told it last. */
export interface EventCopy {
  id: string
  organizerId: string
  status: string
  endsAt: Date
  /** Whether it has ended, by the database's clock. */
  over: boolean
  currency: string
  salesPaused: boolean
  /** What buyers are told of the pause. */
  salesPausedReason: string | null
}

/** The local copies of events by id, as far as something is known of them. */
export async function findEventCopies(db: Reads, ids: readonly string[]): Promise<Map<string, EventCopy>> {
  const rows = await db.$queryRaw<
    CopyRow[]
  >`SELECT id, organizer_id, status, ends_at, ends_at <= now() AS over, currency,
      sales_paused, sales_paused_reason
    FROM event_copies WHERE id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.id, toEventCopy(row)]))
}

/** The local copy of an event; null when nothing is known of it. */
export const findEventCopy = async (db: Reads, eventId: string): Promise<EventCopy | null> =>
  (await findEventCopies(db, [eventId])).get(eventId) ?? null

interface CopyRow {
  id: string
  organizer_id: string
  status: string
  ends_at: Date
  over: boolean
  currency: string
  sales_paused: boolean
  sales_paused_reason: string | null
}

const toEventCopy = (row: CopyRow): EventCopy => ({
  id: row.id,
  organizerId: row.organizer_id,
  status: row.status,
  endsAt: row.ends_at,
  over: row.over,
  currency: row.currency,
  salesPaused: row.sales_paused,
  salesPausedReason: row.sales_paused_reason,
})

/**
 * Writes what was told of an event when it is newer than what is known. It may open or close sales, so its stock counts as changed.
 */
export async function updateEventCopy(tx: Tx, event: EventForSale): Promise<void> {
  await tx.$executeRaw`INSERT INTO event_copies AS known
      (id, organizer_id, title, status, starts_at, ends_at, currency, timezone, room_id, capacity,
        sales_paused, sales_paused_reason, max_open_places, version)
    VALUES (${event.id}::uuid, ${event.organizerId}::uuid, ${event.title}, ${event.status}, ${event.startsAt}, ${event.endsAt},
      ${event.currency}, ${event.timezone}, ${event.roomId ?? null}::uuid, ${event.capacity}::int,
      ${event.salesPaused}, ${event.salesPausedReason}, ${event.maxOpenPlaces}::int, ${event.version})
    ON CONFLICT (id) DO UPDATE SET organizer_id = EXCLUDED.organizer_id, title = EXCLUDED.title, status = EXCLUDED.status,
      starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, currency = EXCLUDED.currency, timezone = EXCLUDED.timezone,
      room_id = EXCLUDED.room_id, capacity = EXCLUDED.capacity, sales_paused = EXCLUDED.sales_paused,
      sales_paused_reason = EXCLUDED.sales_paused_reason, max_open_places = EXCLUDED.max_open_places, version = EXCLUDED.version, stock_base = known.stock_base + 1
    WHERE EXCLUDED.version > known.version`
}
