import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Booking } from '../src/domain/bookings/booking.ts'
import { insertBooking } from '../src/domain/bookings/booking-store.ts'
import { insertCheckout } from '../src/domain/checkout/checkout-store.ts'
import { priceBooking } from '../src/domain/checkout/price-booking.ts'
import type { Db, Tx } from '../src/domain/database.ts'
import { findFees } from '../src/domain/fees/fee-store.ts'
import type { FeeTerms } from '../src/domain/fees/fee.ts'

interface PendingOptions {
  currency?: string
  organizerId?: string
  eventId?: string
  payableUntil?: Date
  fees?: FeeTerms[]
}

/** A PENDING booking as createBooking writes it, of one item; for stories that are about money only. */
export const pendingBooking = (
  db: Db,
  userId: string,
  price: number,
  options: PendingOptions = {},
): Promise<Booking> => transaction(db, (tx) => insertPending(tx, userId, price, options, null))

async function insertPending(
  tx: Tx,
  userId: string,
  price: number,
  {
    currency = 'IDR',
    organizerId = newId(),
    eventId = newId(),
    payableUntil = new Date(Date.now() + 600_000),
    fees = [],
  }: PendingOptions,
  checkoutId: string | null,
): Promise<Booking> {
  const item = {
    ticketTypeId: newId(),
    name: 'Regular',
    kind: 'PAID',
    seatId: null,
    seatLabel: null,
  } as const
  const booking = await insertBooking(
    tx,
    {
      id: newId(),
      userId,
      eventId,
      organizerId,
      checkoutId,
      holdId: newId(),
      ...priceBooking(
        { items: [{ ...item, unitPrice: price, quantity: 1, discount: 0 }], subtotal: price, currency },
        [],
        fees,
        {},
      ),
      feesVersion: (await findFees(tx, eventId)).version,
      holdExpiresAt: new Date(Date.now() + 600_000),
      payableUntil,
    },
    30,
  )
  if (!booking) throw new Error('not inserted')
  return booking
}

/** PENDING bookings of one checkout, of one item each. */
export async function pendingCheckout(
  db: Db,
  userId: string,
  prices: readonly number[],
  options: PendingOptions = {},
): Promise<Booking[]> {
  const id = newId()
  const totalPrice = prices.reduce((sum, price) => sum + price, 0)
  return transaction(db, async (tx) => {
    await insertCheckout(tx, { id, userId, currency: options.currency ?? 'IDR', totalPrice })
    const bookings: Booking[] = []
    for (const price of prices) bookings.push(await insertPending(tx, userId, price, options, id))
    return bookings
  })
}

/** Invariant 3, as an auditor checks it: from the entries alone. Empty when the books are right. */
export async function audit(db: Db): Promise<string[]> {
  const findings: string[] = []
  const unbalanced = await db.$queryRaw<{ currency: string; sum: bigint }[]>`
    SELECT currency, sum(amount)::bigint AS sum FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0`
  for (const { currency, sum } of unbalanced) findings.push(`${currency} is off by ${sum}`)

  const [money] = await db.$queryRaw<{ captured: bigint; live: bigint; refunded: bigint }[]>`SELECT
    (SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
      JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind IN ('EVENT_SALES', 'EVENT_TAX', 'PLATFORM_FEES')
        AND t.kind = 'PAYMENT') AS captured,
    (SELECT coalesce(sum(total_price - refunded_amount), 0)::bigint FROM bookings
      WHERE status IN ('PAID', 'PARTIALLY_REFUNDED')) AS live,
    (SELECT coalesce(sum(refunded_amount), 0)::bigint FROM bookings) AS refunded`
  if (money && money.captured !== money.live + money.refunded) {
    findings.push(`captured ${money.captured}, live bookings ${money.live}, refunds ${money.refunded}`)
  }

  // What was paid together has a payment, and payments kept as much of it as the bookings say.
  const payments = await db.$queryRaw<{ id: string }[]>`SELECT b.id FROM (
      SELECT coalesce(checkout_id, id) AS id, min(currency) AS currency,
        coalesce(sum(total_price - refunded_amount) FILTER (WHERE status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')), 0) AS kept,
        bool_or(status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')) AS paid
      FROM bookings GROUP BY coalesce(checkout_id, id)) b
    LEFT JOIN (SELECT coalesce(checkout_id, booking_id) AS id, min(currency) AS currency, count(paid_at) AS paid,
        sum(captured_amount - refunded_amount) AS kept FROM payments GROUP BY 1) p ON p.id = b.id
    WHERE b.kept <> coalesce(p.kept, 0) OR b.paid AND coalesce(p.paid, 0) = 0 OR p.currency <> b.currency`
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

/** A PAID booking's tickets count as issued, for stories in which nobody issues any. */
export const markIssued = (db: Db, id: string) =>
  transaction(db, async (tx) => {
    await tx.$executeRaw`INSERT INTO booking_tickets (ticket_id, booking_id, position)
      SELECT gen_random_uuid(), ${id}::uuid, place - 1 FROM generate_series(1,
        (SELECT sum(quantity) FROM booking_items WHERE booking_id = ${id}::uuid)) place`
    await tx.$executeRaw`UPDATE bookings SET fulfilled = true WHERE id = ${id}::uuid`
  })
