import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import type { Db, Tx } from '../database.ts'

/** What is known here of an event, as its owner told it last. */
export interface EventCopy {
  id: string
  organizerId: string
  status: string
  endsAt: Date
  currency: string
}

/** The local copy of an event; null when nothing is known of it. */
export const findEventCopy = (db: Db | Tx, eventId: string): Promise<EventCopy | null> =>
  db.eventCopy.findUnique({
    where: { id: eventId },
    select: { id: true, organizerId: true, status: true, endsAt: true, currency: true },
  })

/**
 * Writes what was told of an event when it is newer than what is known. It may open or close sales, so its stock counts as changed.
 */
export async function updateEventCopy(tx: Tx, event: EventForSale): Promise<void> {
  await tx.$executeRaw`INSERT INTO event_copies AS known
      (id, organizer_id, title, status, starts_at, ends_at, currency, timezone, room_id, version)
    VALUES (${event.id}::uuid, ${event.organizerId}::uuid, ${event.title}, ${event.status}, ${event.startsAt}, ${event.endsAt},
      ${event.currency}, ${event.timezone}, ${event.roomId ?? null}::uuid, ${event.version})
    ON CONFLICT (id) DO UPDATE SET organizer_id = EXCLUDED.organizer_id, title = EXCLUDED.title, status = EXCLUDED.status,
      starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, currency = EXCLUDED.currency, timezone = EXCLUDED.timezone,
      room_id = EXCLUDED.room_id, version = EXCLUDED.version, stock_base = known.stock_base + 1
    WHERE EXCLUDED.version > known.version`
}
