import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import type { Booking } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import {
  findBooking,
  lockBooking,
  moveToPaid,
  moveToPaidLate,
  touchBooking,
} from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertPosting } from '../ledger/ledger-store.ts'
import { clearingOf, paymentPosting, strayPosting } from '../ledger/postings.ts'
import { insertRefund } from '../refunds/refund-store.ts'
import { advance, type PaymentChange } from './payment-state.ts'
import { findPayment, movePayment, type Payment } from './payment-store.ts'
import type { PaymentReport } from './provider.ts'
import { externalProvider } from './providers.ts'

/**
 * Asks a payment's provider how it stands, and acts on that. What can pay its booking no more is cancelled there first. Safe to run
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
  const wanted = open && (await findBooking(deps.db, payment.bookingId))?.status === 'PENDING'
  if (open && !wanted) await cancelPayment(deps, payment)
  else await takeReport(deps, payment, report)
}

/** Sees to it that a payment cannot be made any more, and acts on what its provider says to that: it may be paid. */
export async function cancelPayment(deps: Deps, payment: Payment): Promise<void> {
  const report = await externalProvider(deps.providers, payment.provider).cancel(payment)
  await faultPoint('settle-payment/cancelled')
  await takeReport(deps, payment, report)
}

/** Moves money, payment and booking in one transaction, by a provider's own word. */
async function takeReport(deps: Deps, { id, bookingId }: Payment, report: PaymentReport): Promise<void> {
  const changed = await transaction(deps.db, async (tx) => {
    // The booking first: whatever moves it, or one of its payments, waits for the same row.
    await lockBooking(tx, bookingId)
    const payment = await findPayment(tx, id)
    if (!payment || payment.capturedAmount > 0) return null
    switch (report.status) {
      case 'REQUIRES_ACTION':
        return null
      case 'AUTHORIZED':
        return payment.status === 'REQUIRES_ACTION' ? moveOn(tx, payment, { type: 'AUTHORIZED' }) : null
      case 'PAID':
        requireAsked(payment, report)
        return capture(tx, payment)
      case 'FAILED':
      case 'REFUNDED': // given back there, without us: no money came of it
        return payment.status === 'FAILED' ? null : moveOn(tx, payment, { type: 'FAILED' })
      case 'PARTIALLY_REFUNDED':
        throw new Error(
          `of payment ${id}, which never paid for anything, a part was given back at its provider`,
        )
    }
  })
  await faultPoint('settle-payment/written')
  if (changed) publishChange(deps, changed)
}

/** @throws Error for money that is not what was asked for: nothing moves until a person has looked at it. */
function requireAsked({ id, amount, currency }: Payment, report: PaymentReport): void {
  if (report.amount === amount && report.currency === currency) return
  throw new Error(
    `payment ${id} is of ${amount} ${currency}, its provider took ${report.amount} ${report.currency}`,
  )
}

async function moveOn(tx: Tx, payment: Payment, change: PaymentChange): Promise<Booking | null> {
  const moved = await movePayment(tx, payment, advance(payment, change))
  if (!moved) throw new Error(`payment ${payment.id} was moved by another`) // the booking's row lock forbids it
  return touchBooking(tx, payment.bookingId)
}

/**
 * The money has come. It pays the booking, also one that ran out of time while it was on its way: whether its places are still to
 * be had, issuing finds out, and gives the money back if not. What no booking can take goes back at once.
 */
async function capture(tx: Tx, payment: Payment): Promise<Booking | null> {
  const { bookingId, provider } = payment
  const paid = (await moveToPaid(tx, bookingId)) ?? (await moveToPaidLate(tx, bookingId))
  if (!paid) {
    await insertPosting(tx, strayPosting(payment))
    await insertRefund(tx, payment.id, payment.amount)
    return moveOn(tx, payment, { type: 'RETURNED' })
  }
  if (!(await insertPosting(tx, paymentPosting(paid, clearingOf(provider)))))
    throw new Error(`booking ${bookingId} has a payment already`)
  await movePayment(tx, payment, advance(payment, { type: 'CAPTURED' }))
  await recordStatus(tx, paid)
  return paid
}
