import { transaction } from '@karcis/kit/database'
import { createGroupCommit, type GroupCommit, mayBeOneRequestsFault } from '@karcis/kit/group-commit'
import type { Booking } from '../bookings/booking.ts'
import { recordStatuses } from '../bookings/booking-changes.ts'
import { findBooking, moveAllToPaid } from '../bookings/booking-store.ts'
import type { Db, Tx } from '../database.ts'
import { BookingNotPayable } from '../errors.ts'
import { type Attempt, claimKey, withOwnKeys } from '../idempotency-store.ts'
import { advance, newPaymentState } from './payment-state.ts'
import { insertPayments } from './payment-store.ts'
import type { PaymentProvider } from './provider.ts'
import type { PaymentMethod } from './providers.ts'
import { billOf } from './subject.ts'

const MAX_BATCH = 50
/** One of a batch may have to wait for somebody else, such as the same payment sent to another process: so long the next batch waits for it. */
const PATIENCE_MS = 50

/** Bookings that are paid at once out of our own ledger, or for nothing. */
export interface LedgerPayment {
  /** One, or all of a checkout, in the order of their ids. */
  bookings: readonly Booking[]
  provider: PaymentProvider
  method: PaymentMethod
  attempt: Attempt | null
  /** When the attempt began, as `performance.now()` has it. */
  since: number
  /** By whose name its jobs run. */
  requestId: string | undefined
}

/** Pays; gives the bookings as they are then, or none where the attempt's key is taken. @throws whatever a payment is refused with. */
export type LedgerPayments = GroupCommit<LedgerPayment, Booking[]>

/**
 * Payments for one event that come at the same time are written together: each of them as a whole, or not at all. Where one is refused,
 * the others are tried without it.
 * @param deps asked for at each batch.
 */
export const createLedgerPayments = (deps: () => { db: Db }): LedgerPayments =>
  createGroupCommit({
    maxBatch: MAX_BATCH,
    patienceMs: PATIENCE_MS,
    distinct: ({ bookings }) => bookings[0]?.id,
    retryApart: mayBeOneRequestsFault,
    run: (_eventId, payments) => transaction(deps().db, (tx) => payTogether(tx, payments)),
  })

/** Keys, bookings, money, payments, events: in this order, as all who lock them do. */
async function payTogether(tx: Tx, payments: readonly LedgerPayment[]): Promise<Booking[][]> {
  // Claimed in the payments' own transaction: a key that is taken is a payment that was made.
  const open = await withOwnKeys(
    payments,
    async (attempt, { since }) => (await claimKey(tx, attempt, performance.now() - since)).first,
  )
  const ids = open.flatMap(({ bookings }) => bookings.map(({ id }) => id))
  const paid = new Map((await moveAllToPaid(tx, ids)).map((booking) => [booking.id, booking]))
  const left = ids.find((id) => !paid.has(id))
  if (left !== undefined) throw new BookingNotPayable((await findBooking(tx, left))?.status ?? 'EXPIRED')
  const paidBy = ({ bookings }: LedgerPayment): Booking[] => bookings.flatMap(({ id }) => paid.get(id) ?? [])

  for (const [provider, its] of Map.groupBy(open, (payment) => payment.provider)) {
    const charged = its.flatMap(paidBy).filter(({ totalPrice }) => totalPrice > 0)
    if (provider.kind === 'LEDGER' && charged.length > 0) await provider.pay(tx, charged)
  }
  await insertPayments(
    tx,
    open.map((payment) => {
      const bill = billOf(paidBy(payment))
      const state = advance(newPaymentState(bill.amount), { type: 'CAPTURED' })
      return { bill, provider: payment.method, state }
    }),
  )
  await recordStatuses(
    tx,
    open.flatMap((payment) =>
      paidBy(payment).map((booking) => ({
        booking,
        isDoneByCaller: true,
        requestId: payment.requestId,
      })),
    ),
  )
  return payments.map((payment) => (open.includes(payment) ? paidBy(payment) : []))
}
