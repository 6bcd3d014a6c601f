import { transaction } from '@karcis/kit/database'
import { KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import { enqueue } from '@karcis/kit/jobs'
import type { Booking } from '../bookings/booking.ts'
import { publishChange } from '../bookings/booking-changes.ts'
import { findBooking, lockBooking, touchBooking } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { BookingNotPayable } from '../errors.ts'
import { type Attempt, claimKey, refuseKey } from '../idempotency-store.ts'
import { SETTLE_PAYMENT } from '../payments/payment-jobs.ts'
import { advance } from '../payments/payment-state.ts'
import {
  findPaymentUnderWay,
  insertPaymentUnderWay,
  movePayment,
  type Payment,
  updateStarted,
} from '../payments/payment-store.ts'
import type { ExternalProvider } from '../payments/provider.ts'
import type { PaymentMethod } from '../payments/providers.ts'

/** So long after a payment's time its provider is asked once more: whatever was on its way then has come. */
const LAST_LOOK_MS = 120_000

/**
 * Starts a payment at an outside provider: first it is written down, then the provider is asked by its id, outside of any
 * transaction, then the answer is written down. Broken off anywhere, it goes on by being called again: while a payment is under way,
 * it is the one.
 * @throws BookingNotPayable, PaymentDeclined, IdempotencyKeyReused; ServiceUnavailable while the provider does not answer.
 */
export async function startPayment(
  deps: Deps,
  provider: ExternalProvider,
  method: PaymentMethod,
  booking: Booking,
  attempt: Attempt | null,
): Promise<Booking> {
  const payment = await beginPayment(deps, method, booking.id, attempt)
  if (payment && payment.reference === null) await askProvider(deps, provider, booking, payment, attempt)
  return (await findBooking(deps.db, booking.id)) ?? booking
}

/** @returns the payment under way; null where that of an earlier attempt with this key has come to its end. */
async function beginPayment(
  { db }: Deps,
  method: PaymentMethod,
  bookingId: string,
  attempt: Attempt | null,
): Promise<Payment | null> {
  return transaction(db, async (tx) => {
    const first = !attempt || (await claimKey(tx, attempt)).first
    const booking = await lockBooking(tx, bookingId)
    if (!booking) throw new Error(`booking ${bookingId} is gone`)
    if (first && booking.status !== 'PENDING') throw new BookingNotPayable(booking.status)
    const underWay = await findPaymentUnderWay(tx, bookingId)
    if (underWay && underWay.provider !== method) throw new ServiceUnavailable() // begun at this very moment
    if (underWay || !first) return underWay
    const payment = await insertPaymentUnderWay(tx, booking, method)
    if (!payment) throw new ServiceUnavailable()
    const runAt = new Date(booking.expiresAt.getTime() + LAST_LOOK_MS)
    const key = `${SETTLE_PAYMENT.name}:${payment.id}:last`
    await enqueue(tx, SETTLE_PAYMENT, { paymentId: payment.id }, { runAt, key })
    return payment
  })
}

async function askProvider(
  deps: Deps,
  provider: ExternalProvider,
  booking: Booking,
  payment: Payment,
  attempt: Attempt | null,
): Promise<void> {
  try {
    const started = await provider.start({
      paymentId: payment.id,
      amount: payment.amount,
      currency: payment.currency,
      expiresAt: payment.expiresAt ?? booking.expiresAt,
    })
    const changed = await transaction(deps.db, async (tx) => {
      await lockBooking(tx, booking.id)
      return (await updateStarted(tx, payment.id, started)) ? touchBooking(tx, booking.id) : null
    })
    if (changed) publishChange(deps, changed)
  } catch (error) {
    if (error instanceof KarcisError && error.code === 'PAYMENT_DECLINED')
      await decline(deps, payment, attempt, error)
    throw error
  }
}

/** Nothing comes of it, and the key may be used again. */
async function decline(
  deps: Deps,
  payment: Payment,
  attempt: Attempt | null,
  refusal: KarcisError,
): Promise<void> {
  const changed = await transaction(deps.db, async (tx) => {
    await lockBooking(tx, payment.bookingId)
    if (attempt) await refuseKey(tx, attempt, refusal, async () => false)
    const moved = await movePayment(tx, payment, advance(payment, { type: 'FAILED' }))
    return moved ? touchBooking(tx, payment.bookingId) : null
  })
  if (changed) publishChange(deps, changed)
}
