import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { DEFAULT_POLICY, type RefundPolicy } from './refund-policy.ts'

const COLUMNS = Prisma.sql`tiers, approval, review_hours AS "reviewHours", when_undecided AS "whenUndecided", fees_kept AS "feesKept"`

/** The policies that count for new bookings, by event; the platform's own where the organizer has said nothing. */
export async function findEventPolicies(
  db: Db | Tx,
  eventIds: readonly string[],
): Promise<Map<string, RefundPolicy>> {
  const rows = await db.$queryRaw<(RefundPolicy & { eventId: string })[]>`
    SELECT DISTINCT ON (event_id) event_id AS "eventId", ${COLUMNS} FROM refund_policies
    WHERE event_id = ANY(${eventIds}::uuid[]) ORDER BY event_id, version DESC`
  const known = new Map(rows.map(({ eventId, ...policy }) => [eventId, policy]))
  return new Map(eventIds.map((id) => [id, known.get(id) ?? DEFAULT_POLICY]))
}

/** The policies that bookings were bought under, by booking. */
export async function findBookingPolicies(
  db: Db | Tx,
  bookingIds: readonly string[],
): Promise<Map<string, RefundPolicy>> {
  const rows = await db.$queryRaw<(RefundPolicy & { bookingId: string })[]>`
    SELECT bookings.id AS "bookingId", ${COLUMNS} FROM bookings JOIN refund_policies ON refund_policies.id = refund_policy_id
    WHERE bookings.id = ANY(${bookingIds}::uuid[])`
  const known = new Map(rows.map(({ bookingId, ...policy }) => [bookingId, policy]))
  return new Map(bookingIds.map((id) => [id, known.get(id) ?? DEFAULT_POLICY]))
}

/** The policies of which the better one counts for a booking: that it was bought under, and that of now. */
export async function findPoliciesOf(
  tx: Tx,
  { id, eventId }: { id: string; eventId: string },
): Promise<RefundPolicy[]> {
  const bought = (await findBookingPolicies(tx, [id])).get(id)
  const now = (await findEventPolicies(tx, [eventId])).get(eventId)
  return [bought, now].filter((policy) => policy !== undefined)
}

/** Writes the next version of an event's policy; of two at once, one is the later. */
export async function insertPolicy(
  tx: Tx,
  id: string,
  eventId: string,
  userId: string,
  policy: RefundPolicy,
): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`refund policy of ${eventId}`}, 0))::text`
  await tx.$executeRaw`INSERT INTO refund_policies
      (id, event_id, version, tiers, approval, review_hours, when_undecided, fees_kept, created_by)
    SELECT ${id}::uuid, ${eventId}::uuid, coalesce(max(version), 0) + 1, ${JSON.stringify(policy.tiers)}::jsonb, ${policy.approval},
      ${policy.reviewHours}::int, ${policy.whenUndecided}, ${policy.feesKept}, ${userId}::uuid
    FROM refund_policies WHERE event_id = ${eventId}::uuid`
}
