import type { Tx } from '../database.ts'

/** Locks the free seats of an event, in id order, as everybody who wants some does before they come to the counters. */
export async function lockFreeSeats(tx: Tx, eventId: string): Promise<void> {
  await tx.$queryRaw`SELECT count(*)::int AS seats FROM (
    SELECT FROM seats WHERE event_id = ${eventId}::uuid AND status = 'AVAILABLE' ORDER BY id FOR NO KEY UPDATE) free`
}

/**
 * Locks all ticket types of an event, in id order. @returns whether nothing of them was ever sold or given away, and nobody holds a place; what
 * contingents keep does not count.
 */
export async function lockUnsold(tx: Tx, eventId: string): Promise<boolean> {
  const types = await tx.$queryRaw<
    { taken: number }[]
  >`SELECT sold + held - held_back AS taken FROM ticket_types
    WHERE event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE`
  const issued = await tx.$queryRaw<unknown[]>`SELECT FROM tickets WHERE event_id = ${eventId}::uuid LIMIT 1`
  return issued.length === 0 && types.every(({ taken }) => taken === 0)
}

/** Leaves nothing of an event's ticket types for sale. */
export async function closeStock(tx: Tx, eventId: string): Promise<void> {
  await tx.$executeRaw`UPDATE ticket_types SET quota = quota - available, available = 0, version = version + 1
    WHERE event_id = ${eventId}::uuid AND available > 0`
}

/** The same for its seats. @returns the next revision of its map; null without one. */
export async function closeSeats(tx: Tx, eventId: string): Promise<number | null> {
  const [map] = await tx.$queryRaw<{ revision: number }[]>`
    UPDATE seat_maps SET revision = revision + 1, drawn_revision = revision + 1 WHERE event_id = ${eventId}::uuid RETURNING revision`
  if (!map) return null
  await tx.$executeRaw`UPDATE seats SET status = 'BLOCKED', version = version + 1, revision = ${map.revision}
    WHERE event_id = ${eventId}::uuid AND status = 'AVAILABLE'`
  return map.revision
}
