import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'

/** Places of a ticket type by which a user's usage of their limit (maxPerUser) rises or falls. */
export interface UsageChange {
  userId: string
  ticketTypeId: string
  quantity: number
}

/** The changes for items of holds or bookings, one per user and ticket type. */
export function usageChanges(items: readonly UsageChange[]): UsageChange[] {
  const changes = new Map<string, UsageChange>()
  for (const { userId, ticketTypeId, quantity } of items) {
    const key = `${userId} ${ticketTypeId}`
    changes.set(key, { userId, ticketTypeId, quantity: quantity + (changes.get(key)?.quantity ?? 0) })
  }
  return [...changes.values()]
}

/**
 * Raises what users have of ticket types, each only within the type's maxPerUser; a user and type come at most once.
 * @returns those that were within it.
 */
export async function raiseUsage<T extends UsageChange>(tx: Tx, changes: readonly T[]): Promise<T[]> {
  const rows = await tx.$queryRaw<{ user_id: string; ticket_type_id: string }[]>(usageRaised(changes))
  const within = new Set(rows.map((row) => `${row.user_id} ${row.ticket_type_id}`))
  return changes.filter((change) => within.has(`${change.userId} ${change.ticketTypeId}`))
}

/** The statement of `raiseUsage`. @param when what must be true besides. */
export const usageRaised = (
  changes: readonly UsageChange[],
  when: Prisma.Sql = Prisma.sql`true`,
): Prisma.Sql => Prisma.sql`
    INSERT INTO allowances (user_id, ticket_type_id, taken)
    SELECT w.user_id, w.type_id, w.quantity
    FROM unnest(${changes.map((change) => change.userId)}::uuid[], ${changes.map((change) => change.ticketTypeId)}::uuid[],
      ${changes.map((change) => change.quantity)}::int[]) AS w(user_id, type_id, quantity)
    JOIN ticket_types t ON t.id = w.type_id
    WHERE w.quantity <= coalesce(t.max_per_user, w.quantity) AND ${when}
    ORDER BY w.user_id, w.type_id
    ON CONFLICT (user_id, ticket_type_id) DO UPDATE SET taken = allowances.taken + EXCLUDED.taken, emptied_at = NULL
    WHERE allowances.taken + EXCLUDED.taken <= coalesce(
      (SELECT t.max_per_user FROM ticket_types t WHERE t.id = EXCLUDED.ticket_type_id), allowances.taken + EXCLUDED.taken)
    RETURNING user_id, ticket_type_id`

/** Lowers what users have of ticket types, as when a hold ends. */
export async function lowerUsage(tx: Tx, changes: readonly UsageChange[]): Promise<void> {
  await tx.$executeRaw`
    WITH back AS (
      SELECT * FROM unnest(${changes.map((change) => change.userId)}::uuid[], ${changes.map((change) => change.ticketTypeId)}::uuid[],
        ${changes.map((change) => change.quantity)}::int[]) AS b(user_id, type_id, quantity)
    ), locked AS (
      SELECT a.user_id, a.ticket_type_id FROM allowances a JOIN back b ON b.user_id = a.user_id AND b.type_id = a.ticket_type_id
      ORDER BY a.user_id, a.ticket_type_id FOR NO KEY UPDATE OF a
    )
    UPDATE allowances a SET taken = a.taken - b.quantity, emptied_at = CASE WHEN a.taken = b.quantity THEN now() END
    FROM back b JOIN locked l ON l.user_id = b.user_id AND l.ticket_type_id = b.type_id
    WHERE a.user_id = b.user_id AND a.ticket_type_id = b.type_id`
}
