import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import type { Booking } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import {
  listBookingsOf,
  lockBookings,
  moveToPaid,
  moveToPaidLate,
  touchBookings,
} from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertPosting } from '../ledger/ledger-store.ts'
import { clearingOf, paymentPosting, strayPosting, topUpPosting } from '../ledger/postings.ts'
import { insertRefund } from '../refunds/refund-store.ts'
import { advance, type PaymentChange } from './payment-state.ts'
import {
  findPayment,
  isCheckoutPaid,
  isOverdue,
  lockPayment,
  moveLocked,
  type Payment,
} from './payment-store.ts'
import type { PaymentReport } from './provider.ts'
import { externalProvider } from './providers.ts'

/**
 * Asks a payment's provider how it stands, and acts on that. What can pay for nothing any more is cancelled there first. Safe to run
 * again, and at the same time elsewhere: whatever was told in whichever order, one outcome.
 * @throws ServiceUnavailable while the provider does not answer; Error when it took another amount than was asked for.
 */
export async function settlePayment(deps: Deps, paymentId: string): Promise<void> {
  const payment = await findPayment(deps.db, paymentId)
  if (!payment || payment.capturedAmount > 0) return
  const provider = externalProvider(deps.providers, payment.provider)
  const report = await provider.status(payment)
  await faultPoint('settle-payment/asked')
  const open = report.status === 'REQUIRES_ACTION' || report.status === 'AUTHORIZED'
  const wanted = open && (await isWanted(deps, payment))
  if (open && !wanted) await cancelPayment(deps, payment)
  else await takeReport(deps, payment, report)
}

/** Sees to it that a payment cannot be made any more, and acts on what its provider says to that: it may be paid. */
export async function cancelPayment(deps: Deps, payment: Payment): Promise<void> {
  const report = await externalProvider(deps.providers, payment.provider).cancel(payment)
  await faultPoint('settle-payment/cancelled')
  await takeReport(deps, payment, report)
}

/** Whether what a payment is for can still be paid in time, as a whole. */
async function isWanted({ db }: Deps, payment: Payment): Promise<boolean> {
  const { id, bookingId, checkoutId } = payment
  if (bookingId === null && checkoutId === null) return !(await isOverdue(db, id))
  const bookings = await listBookingsOf(db, payment)
  return bookings.length > 0 && bookings.every(({ status }) => status === 'PENDING')
}

/** Moves money, payment and what it is for in one transaction, by a provider's own word. */
export async function takeReport(deps: Deps, known: Payment, report: PaymentReport): Promise<void> {
  const changed = await transaction(deps.db, async (tx) => {
    // The bookings first: whatever moves one of them, or a payment of theirs, waits for the same rows.
    const bookings = await lockBookings(tx, known)
    const payment = await lockPayment(tx, known.id)
    if (!payment || payment.capturedAmount > 0) return []
    switch (report.status) {
      case 'REQUIRES_ACTION':
        return []
      case 'AUTHORIZED':
        return payment.status === 'REQUIRES_ACTION'
          ? moveOn(tx, payment, bookings, { type: 'AUTHORIZED' })
          : []
      case 'PAID':
        requireAsked(payment, report)
        return capture(tx, payment, bookings)
      case 'FAILED':
      case 'REFUNDED': // given back there, without us: no money came of it
        return payment.status === 'FAILED' ? [] : moveOn(tx, payment, bookings, { type: 'FAILED' })
      case 'PARTIALLY_REFUNDED':
      case 'DISPUTED':
        throw new Error(`payment ${payment.id}, which never paid for anything, is ${report.status} there`)
    }
  })
  await faultPoint('settle-payment/written')
  for (const booking of changed) publishChange(deps, booking)
}

/** @throws Error for money that is not what was asked for: nothing moves until a person has looked at it. */
function requireAsked({ id, amount, currency }: Payment, report: PaymentReport): void {
  if (report.amount === amount && report.currency === currency) return
  throw new Error(
    `payment ${id} is of ${amount} ${currency}, its provider took ${report.amount} ${report.currency}`,
  )
}

/** @returns the bookings whose watchers are to look again. */
async function moveOn(
  tx: Tx,
  payment: Payment,
  bookings: readonly Booking[],
  change: PaymentChange,
): Promise<Booking[]> {
  await moveLocked(tx, payment, advance(payment, change))
  return touchBookings(tx, bookings)
}

/**
 * The money has come. It pays each booking that can take it, also one that ran out of time while it was on its way: whether its places are
 * still to be had, issuing finds out, and gives its money back if not. The price of what cannot take it goes back at once. So each booking
 * of a checkout is paid or given back its part by itself, never both and never neither.
 */
async function capture(tx: Tx, payment: Payment, bookings: readonly Booking[]): Promise<Booking[]> {
  if (payment.topUpUserId !== null) return captureTopUp(tx, payment)
  const takable = payment.checkoutId === null || !(await isCheckoutPaid(tx, payment.checkoutId))
  const paid: Booking[] = []
  const left: Booking[] = []
  for (const booking of bookings) {
    const moved = takable && ((await moveToPaid(tx, booking.id)) ?? (await moveToPaidLate(tx, booking.id)))
    if (moved) paid.push(moved)
    else left.push(booking)
  }
  for (const booking of paid) {
    if (booking.totalPrice === 0) continue
    if (
      !(await insertPosting(tx, paymentPosting(booking, clearingOf(payment.provider, booking.organizerId))))
    )
      throw new Error(`booking ${booking.id} has a payment already`)
  }
  await giveBack(tx, payment, left, paid.length > 0)
  for (const booking of paid) await recordStatus(tx, booking)
  return [...paid, ...(await touchBookings(tx, left))]
}

/** Writes down that a payment was taken, and what of it goes back at once. */
async function giveBack(
  tx: Tx,
  payment: Payment,
  left: readonly Booking[],
  isSomePaid: boolean,
): Promise<void> {
  const amount = left.reduce((sum, { totalPrice }) => sum + totalPrice, 0)
  for (const booking of left) {
    if (booking.totalPrice > 0) await insertPosting(tx, strayPosting(payment, booking))
  }
  if (!isSomePaid) await moveLocked(tx, payment, advance(payment, { type: 'RETURNED' }))
  else {
    const taken = { ...payment, ...advance(payment, { type: 'CAPTURED' }) }
    await moveLocked(tx, payment, taken)
    if (amount > 0) await moveLocked(tx, taken, advance(taken, { type: 'REFUNDED', amount }))
  }
  if (amount > 0) await insertRefund(tx, payment.id, amount)
}

async function captureTopUp(tx: Tx, payment: Payment): Promise<Booking[]> {
  await insertPosting(tx, topUpPosting(payment))
  await moveLocked(tx, payment, advance(payment, { type: 'CAPTURED' }))
  return []
}
