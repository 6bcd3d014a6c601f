import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { EventBalance } from './payout.ts'

/** Events that are an organizer's now; of one that was never heard of, by its bookings. */
const ownEvents = (organizerId: string) => Prisma.sql`
  SELECT event_id, status, payable_until FROM event_copies WHERE organizer_id = ${organizerId}::uuid
  UNION ALL SELECT DISTINCT account.owner_id, NULL, NULL::timestamptz FROM ledger_accounts account
    WHERE account.kind = 'EVENT_SALES'
      AND NOT EXISTS (SELECT FROM event_copies WHERE event_copies.event_id = account.owner_id)
      AND (SELECT organizer_id FROM bookings WHERE bookings.event_id = account.owner_id LIMIT 1) = ${organizerId}::uuid`

/**
 * What an organizer has taken in themself, by event, less what payouts have set off: it stays theirs to account for, whosever the
 * event is now.
 */
const collectedByEvent = (organizerId: string) => Prisma.sql`
  SELECT event_id, currency, sum(amount) AS collected FROM (
    SELECT booking.event_id, account.currency, entry.amount FROM ledger_accounts account
      JOIN ledger_entries entry ON entry.account_id = account.id
      JOIN ledger_transactions change ON change.id = entry.transaction_id
      JOIN bookings booking ON booking.id = change.booking_id
      WHERE account.kind = 'CLEARING:MANUAL' AND account.owner_id = ${organizerId}::uuid
    UNION ALL SELECT line.event_id, payout.currency, line.set_off FROM payouts payout
      JOIN payout_lines line ON line.payout_id = payout.id
      WHERE payout.organizer_id = ${organizerId}::uuid AND payout.status IN ('REQUESTED', 'APPROVED', 'PAID') AND line.set_off > 0
  ) taken GROUP BY event_id, currency`

const AMOUNTS = ['sales', 'tax', 'collected', 'disputed'] as const
type BalanceRow = Omit<EventBalance, (typeof AMOUNTS)[number]> & Record<(typeof AMOUNTS)[number], bigint>

/**
 * What each event owes an organizer, or has to be settled with them, by event and currency; those that ended first come first.
 * @param holdDays for how many days after its end an event's money is held back. @param currency of one; all without it.
 */
export async function listEventBalances(
  db: Db | Tx,
  organizerId: string,
  holdDays: number,
  currency: string | null = null,
): Promise<EventBalance[]> {
  const rows = await db.$queryRaw<BalanceRow[]>`
    WITH own AS (${ownEvents(organizerId)}),
    earned AS (
      SELECT own.event_id, account.currency,
        sum(balance.amount) FILTER (WHERE account.kind = 'EVENT_SALES') AS sales,
        sum(balance.amount) FILTER (WHERE account.kind = 'EVENT_TAX') AS tax,
        sum(balance.amount) FILTER (WHERE account.kind = 'DISPUTED') AS disputed
      FROM own JOIN ledger_accounts account
        ON account.owner_id = own.event_id AND account.kind IN ('EVENT_SALES', 'EVENT_TAX', 'DISPUTED'),
      LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM ledger_entries WHERE account_id = account.id) balance
      GROUP BY own.event_id, account.currency),
    collected AS (${collectedByEvent(organizerId)})
    SELECT event_id AS "eventId", currency, coalesce(sales, 0)::bigint AS sales, coalesce(tax, 0)::bigint AS tax,
      coalesce(collected, 0)::bigint AS collected, coalesce(disputed, 0)::bigint AS disputed,
      coalesce(CASE own.status WHEN 'CANCELLED' THEN EXISTS (SELECT FROM released_balances WHERE event_id = own.event_id)
        WHEN 'DELETED' THEN false
        ELSE own.payable_until + make_interval(secs => ${holdDays * 86_400}::float8) <= now() END, false) AS released
    FROM earned FULL JOIN collected USING (event_id, currency) LEFT JOIN own USING (event_id)
    WHERE ${currency}::text IS NULL OR currency = ${currency}::text
    ORDER BY own.payable_until, event_id`
  return rows.map((row) => ({
    ...row,
    sales: Number(row.sales),
    tax: Number(row.tax),
    collected: Number(row.collected),
    disputed: Number(row.disputed),
  }))
}

/** Keeps events an organizer's until the transaction ends: nobody can be paid for them by another name meanwhile. */
export async function lockOwnEvents(tx: Tx, organizerId: string): Promise<void> {
  await tx.$queryRaw`SELECT true FROM event_copies WHERE organizer_id = ${organizerId}::uuid ORDER BY event_id FOR SHARE`
}

/** What is on its way to an organizer, and what they were paid so far, by currency. */
export async function findPaidOut(
  db: Db,
  organizerId: string,
): Promise<Map<string, { onItsWay: number; paidOut: number }>> {
  const rows = await db.$queryRaw<{ currency: string; onItsWay: bigint; paidOut: bigint }[]>`
    SELECT account.currency, sum(entry.amount)::bigint AS "onItsWay",
      coalesce(sum(payout.amount) FILTER (WHERE change.kind = 'PAYOUT_SENT' AND payout.status = 'PAID'), 0)::bigint AS "paidOut"
    FROM ledger_accounts account JOIN ledger_entries entry ON entry.account_id = account.id
    JOIN ledger_transactions change ON change.id = entry.transaction_id
    JOIN payouts payout ON payout.id = split_part(change.reference, ':', 2)::uuid
    WHERE account.kind = 'PAYOUTS_DUE' AND account.owner_id = ${organizerId}::uuid GROUP BY account.currency`
  return new Map(
    rows.map((row) => [row.currency, { onItsWay: Number(row.onItsWay), paidOut: Number(row.paidOut) }]),
  )
}

/** Up to `limit` events with money that are an organizer's by their bookings, and of which nothing was ever heard. */
export async function listUnheardEvents(db: Db, organizerId: string, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT event_id AS id FROM (${ownEvents(organizerId)}) own WHERE status IS NULL ORDER BY event_id LIMIT ${limit}`
  return rows.map(({ id }) => id)
}

/** How an event's money has come about since its first sale; what left it is below zero. All of it sums to what there is. */
export interface EventHistory {
  /** What its buyers were charged, less tax. */
  sales: number
  refunds: number
  /** What the platform takes. */
  fees: number
  tax: number
  disputes: number
  /** What its organizer took in themself. */
  collected: number
  /** By payouts before. */
  paidBefore: number
}

type HistoryRow = { eventId: string } & Record<keyof EventHistory, bigint>

/**
 * How the money of events has come about for an organizer, by event. Reads all their entries. Of an event that is theirs no more it is
 * what they took in themself.
 */
export async function findHistories(
  tx: Tx,
  organizerId: string,
  currency: string,
  eventIds: readonly string[],
): Promise<Map<string, EventHistory>> {
  const rows = await tx.$queryRaw<HistoryRow[]>`
    WITH own AS (SELECT event_id FROM (${ownEvents(organizerId)}) own WHERE event_id = ANY(${eventIds}::uuid[])),
    entries AS (
      SELECT account.owner_id AS event_id, account.kind AS account, change.kind, entry.amount FROM ledger_accounts account
      JOIN ledger_entries entry ON entry.account_id = account.id JOIN ledger_transactions change ON change.id = entry.transaction_id
      WHERE account.kind IN ('EVENT_SALES', 'EVENT_TAX') AND account.owner_id IN (SELECT event_id FROM own)
        AND account.currency = ${currency}),
    of_platform AS (
      SELECT sales.owner_id AS event_id, change.kind, fee.amount FROM ledger_accounts sales
      JOIN ledger_entries entry ON entry.account_id = sales.id
      JOIN ledger_transactions change ON change.id = entry.transaction_id AND change.kind IN ('PAYMENT', 'REFUND')
      JOIN ledger_entries fee ON fee.transaction_id = change.id
      WHERE sales.kind = 'EVENT_SALES' AND sales.owner_id IN (SELECT event_id FROM own) AND sales.currency = ${currency}
        AND fee.account_id = (SELECT id FROM ledger_accounts WHERE kind = 'PLATFORM_FEES' AND currency = ${currency})),
    fees AS (
      SELECT event_id, sum(amount) FILTER (WHERE kind = 'PAYMENT') AS of_payments,
        sum(amount) FILTER (WHERE kind = 'REFUND') AS of_refunds FROM of_platform GROUP BY event_id),
    set_off AS (
      SELECT line.event_id, sum(line.set_off) AS amount FROM payouts payout JOIN payout_lines line ON line.payout_id = payout.id
      WHERE payout.organizer_id = ${organizerId}::uuid AND payout.currency = ${currency}
        AND payout.status IN ('REQUESTED', 'APPROVED', 'PAID') GROUP BY line.event_id),
    sums AS (
      SELECT event_id, sum(amount) FILTER (WHERE account = 'EVENT_SALES' AND kind = 'PAYMENT') AS payments,
        sum(amount) FILTER (WHERE account = 'EVENT_SALES' AND kind = 'REFUND') AS refunds,
        sum(amount) FILTER (WHERE account = 'EVENT_TAX' AND kind IN ('PAYMENT', 'REFUND')) AS tax,
        sum(amount) FILTER (WHERE kind LIKE 'PAYOUT%') AS payouts, sum(amount) AS total
      FROM entries GROUP BY event_id),
    collected AS (SELECT * FROM (${collectedByEvent(organizerId)}) taken WHERE currency = ${currency})
    SELECT event.id AS "eventId",
      (coalesce(payments, 0) + coalesce(of_payments, 0))::bigint AS sales,
      (coalesce(refunds, 0) + coalesce(of_refunds, 0))::bigint AS refunds,
      (-coalesce(of_payments, 0) - coalesce(of_refunds, 0))::bigint AS fees,
      coalesce(tax, 0)::bigint AS tax,
      (coalesce(total, 0) - coalesce(payments, 0) - coalesce(refunds, 0) - coalesce(tax, 0) - coalesce(payouts, 0))::bigint AS disputes,
      (coalesce(collected.collected, 0) - coalesce(set_off.amount, 0))::bigint AS collected,
      (coalesce(payouts, 0) + coalesce(set_off.amount, 0))::bigint AS "paidBefore"
    FROM unnest(${eventIds}::uuid[]) AS event (id) LEFT JOIN sums ON sums.event_id = event.id
    LEFT JOIN fees ON fees.event_id = event.id LEFT JOIN set_off ON set_off.event_id = event.id
    LEFT JOIN collected ON collected.event_id = event.id`
  return new Map(
    rows.map(({ eventId, ...amounts }) => [
      eventId,
      Object.fromEntries(
        Object.entries(amounts).map(([name, amount]) => [name, Number(amount)]),
      ) as unknown as EventHistory,
    ]),
  )
}
