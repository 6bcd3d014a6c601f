import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'

/** Places of an event that a user's holds keep from others without being paid for: by how many they rise or fall. */
export interface OpenPlacesChange {
  userId: string
  quantity: number
}

/** The changes for items of holds, one per user. */
export function openPlacesChanges(items: readonly OpenPlacesChange[]): OpenPlacesChange[] {
  const changes = new Map<string, number>()
  for (const { userId, quantity } of items) changes.set(userId, quantity + (changes.get(userId) ?? 0))
  return [...changes].map(([userId, quantity]) => ({ userId, quantity }))
}

/**
 * Raises how many places of an event users have open, each only within the event's limit; a user comes at most once.
 * @param limit for an event that has none of its own. @returns those that were within it.
 */
export async function raiseOpenPlaces<T extends OpenPlacesChange>(
  tx: Tx,
  eventId: string,
  changes: readonly T[],
  limit: number,
): Promise<T[]> {
  const rows = await tx.$queryRaw<{ user_id: string }[]>(openPlacesRaised(eventId, changes, limit))
  const within = new Set(rows.map((row) => row.user_id))
  return changes.filter((change) => within.has(change.userId))
}

/** The statement of `raiseOpenPlaces`. @param when what must be true besides. */
export const openPlacesRaised = (
  eventId: string,
  changes: readonly OpenPlacesChange[],
  limit: number,
  when: Prisma.Sql = Prisma.sql`true`,
): Prisma.Sql => Prisma.sql`
    WITH wanted AS (
      SELECT w.user_id, w.quantity, coalesce(e.max_open_places, ${limit}::int) AS most
      FROM unnest(${changes.map((change) => change.userId)}::uuid[], ${changes.map((change) => change.quantity)}::int[])
        AS w(user_id, quantity)
      JOIN event_copies e ON e.id = ${eventId}::uuid
    )
    INSERT INTO open_places (user_id, event_id, taken)
    SELECT w.user_id, ${eventId}::uuid, w.quantity FROM wanted w WHERE w.quantity <= w.most AND ${when} ORDER BY w.user_id
    ON CONFLICT (user_id, event_id) DO UPDATE SET taken = open_places.taken + EXCLUDED.taken, emptied_at = NULL
    WHERE open_places.taken + EXCLUDED.taken <= (SELECT w.most FROM wanted w WHERE w.user_id = EXCLUDED.user_id)
    RETURNING user_id`

/** Lowers how many places of an event users have open, as when a hold ends or becomes tickets; a user comes at most once. */
export async function lowerOpenPlaces(
  tx: Tx,
  eventId: string,
  changes: readonly OpenPlacesChange[],
): Promise<void> {
  if (changes.length === 0) return
  await tx.$executeRaw`
    WITH back AS (
      SELECT * FROM unnest(${changes.map((change) => change.userId)}::uuid[], ${changes.map((change) => change.quantity)}::int[])
        AS b(user_id, quantity)
    ), locked AS (
      SELECT o.user_id FROM open_places o JOIN back b ON b.user_id = o.user_id WHERE o.event_id = ${eventId}::uuid
      ORDER BY o.user_id FOR NO KEY UPDATE OF o
    )
    UPDATE open_places o SET taken = o.taken - b.quantity, emptied_at = CASE WHEN o.taken = b.quantity THEN now() END
    FROM back b JOIN locked l ON l.user_id = b.user_id
    WHERE o.user_id = b.user_id AND o.event_id = ${eventId}::uuid`
}
