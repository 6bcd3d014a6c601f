import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import type { Db, Tx } from '../../database.ts'

/** What is known here of an event, as its owner told it last. */
export interface EventCopy {
  id: string
  organizerId: string
  title: string
  status: string
  startsAt: Date
  endsAt: Date
  /** Whether it has ended, by the database's clock. */
  over: boolean
  timezone: string
  roomId: string | null
  venueId: string | null
  locationId: string | null
  refundUntil: Date | null
  version: number
  place: string | null
  placeVersion: number | null
}

export async function findEventCopy(db: Db | Tx, id: string): Promise<EventCopy | null> {
  const [copy] = await db.$queryRaw<
    EventCopy[]
  >`SELECT id, organizer_id AS "organizerId", title, status, starts_at AS "startsAt",
      ends_at AS "endsAt", ends_at <= now() AS over, timezone, room_id AS "roomId", venue_id AS "venueId", location_id AS "locationId",
      refund_until AS "refundUntil", version, place, place_version AS "placeVersion"
    FROM event_copies WHERE id = ${id}::uuid`
  return copy ?? null
}

/** Takes over what is newer. The row's lock puts what is told of one event in order. @returns whether it was. */
export async function upsertEventCopy(tx: Tx, event: EventForSale): Promise<boolean> {
  const { id, organizerId, title, status, startsAt, endsAt, timezone, refundUntil, version } = event
  const [roomId, venueId, locationId] = [
    event.roomId ?? null,
    event.venueId ?? null,
    event.locationId ?? null,
  ]
  const taken = await tx.$executeRaw`INSERT INTO event_copies AS known
      (id, organizer_id, title, status, starts_at, ends_at, timezone, room_id, venue_id, location_id, refund_until, version)
    VALUES (${id}::uuid, ${organizerId}::uuid, ${title}, ${status}, ${startsAt}, ${endsAt}, ${timezone}, ${roomId}::uuid,
      ${venueId}::uuid, ${locationId}::uuid, ${refundUntil}, ${version}::int)
    ON CONFLICT (id) DO UPDATE SET organizer_id = excluded.organizer_id, title = excluded.title, status = excluded.status,
      starts_at = excluded.starts_at, ends_at = excluded.ends_at, timezone = excluded.timezone, room_id = excluded.room_id,
      venue_id = excluded.venue_id, location_id = excluded.location_id, refund_until = excluded.refund_until, version = excluded.version
    WHERE known.version < excluded.version`
  return taken === 1
}

/** Locks what is known of an event, so that what changes of it is seen once. */
export async function lockEventCopy(tx: Tx, id: string): Promise<EventCopy | null> {
  await tx.$queryRaw`SELECT id FROM event_copies WHERE id = ${id}::uuid FOR UPDATE`
  return findEventCopy(tx, id)
}

/** Notes where an event is, in words, as of one of its versions. */
export async function updatePlace(
  tx: Tx,
  { id, version }: Pick<EventCopy, 'id' | 'version'>,
  place: string | null,
): Promise<void> {
  await tx.$executeRaw`UPDATE event_copies SET place = ${place}, place_version = ${version}::int
    WHERE id = ${id}::uuid AND version = ${version}::int`
}
