import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Booking } from '../src/domain/bookings/booking.ts'
import { insertBooking } from '../src/domain/bookings/booking-store.ts'
import type { Db } from '../src/domain/database.ts'

/** A PENDING booking as createBooking writes it, of one item; for stories that are about money only. */
export async function pendingBooking(
  db: Db,
  userId: string,
  price: number,
  {
    currency = 'IDR',
    organizerId = newId(),
    eventId = newId(),
    payableUntil = new Date(Date.now() + 600_000),
  } = {},
): Promise<Booking> {
  const item = {
    ticketTypeId: newId(),
    name: 'Regular',
    kind: 'PAID',
    seatId: null,
    seatLabel: null,
  } as const
  const id = newId()
  const booking = await transaction(db, (tx) =>
    insertBooking(
      tx,
      {
        id,
        userId,
        eventId,
        organizerId,
        holdId: newId(),
        currency,
        items: [{ ...item, unitPrice: price, quantity: 1, discount: 0 }],
        subtotal: price,
        holdExpiresAt: new Date(Date.now() + 600_000),
        payableUntil,
      },
      30,
    ),
  )
  if (!booking) throw new Error('not inserted')
  return booking
}

/** Invariant 3, as an auditor checks it: from the entries alone. Empty when the books are right. */
export async function audit(db: Db): Promise<string[]> {
  const findings: string[] = []
  const unbalanced = await db.$queryRaw<{ currency: string; sum: bigint }[]>`
    SELECT currency, sum(amount)::bigint AS sum FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0`
  for (const { currency, sum } of unbalanced) findings.push(`${currency} is off by ${sum}`)

  const [money] = await db.$queryRaw<{ captured: bigint; live: bigint; refunded: bigint }[]>`SELECT
    (SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
      JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind = 'EVENT_SALES' AND t.kind = 'PAYMENT') AS captured,
    (SELECT coalesce(sum(total_price - refunded_amount), 0)::bigint FROM bookings
      WHERE status IN ('PAID', 'PARTIALLY_REFUNDED')) AS live,
    (SELECT coalesce(sum(refunded_amount), 0)::bigint FROM bookings) AS refunded`
  if (money && money.captured !== money.live + money.refunded) {
    findings.push(`captured ${money.captured}, live bookings ${money.live}, refunds ${money.refunded}`)
  }

  // Every booking that was paid has a payment, and as much of it went back as the booking says.
  const payments = await db.$queryRaw<{ id: string }[]>`SELECT b.id FROM bookings b
    LEFT JOIN payments p ON p.booking_id = b.id AND p.paid_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM ledger_transactions WHERE reference = 'stray:' || p.id)
    WHERE (b.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')) <> (p.id IS NOT NULL)
      OR p.captured_amount <> b.total_price OR p.refunded_amount <> b.refunded_amount OR p.currency <> b.currency`
  for (const { id } of payments) findings.push(`booking ${id} and its payment disagree`)

  // What went back of a booking is the sum of its refunds.
  const refunds = await db.$queryRaw<{ id: string }[]>`SELECT b.id FROM bookings b
    LEFT JOIN (SELECT booking_id, sum(amount) AS amount FROM booking_refunds WHERE status = 'MADE' GROUP BY booking_id) r
      ON r.booking_id = b.id WHERE b.refunded_amount <> coalesce(r.amount, 0)`
  for (const { id } of refunds) findings.push(`booking ${id} and its refunds disagree`)

  // What is due to go back through providers is what they have not given back yet.
  const [due] = await db.$queryRaw<{ pending: bigint; due: bigint }[]>`SELECT
    (SELECT coalesce(sum(amount), 0)::bigint FROM refunds WHERE status = 'PENDING') AS pending,
    (SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
      WHERE a.kind = 'REFUNDS_DUE') AS due`
  if (due && due.pending !== due.due) findings.push(`refunds of ${due.pending} wait, ${due.due} are due`)

  const wallets = await db.$queryRaw<{ ownerId: string; balance: bigint; sum: bigint }[]>`
    SELECT a.owner_id AS "ownerId", a.balance, coalesce(sum(e.amount), 0)::bigint AS sum
    FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id WHERE a.kind = 'WALLET'
    GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0) OR a.balance < 0`
  for (const { balance, sum } of wallets) findings.push(`a wallet says ${balance}, its entries ${sum}`)
  return findings
}
