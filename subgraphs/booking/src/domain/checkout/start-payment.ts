import { transaction } from '@karcis/kit/database'
import { KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { enqueue } from '@karcis/kit/jobs'
import { publishChange } from '../bookings/booking-changes.ts'
import { lockBookings, touchBookings } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
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
import { type Bill, billOf } from '../payments/subject.ts'

/** So long after a payment's time its provider is asked once more: whatever was on its way then has come. */
const LAST_LOOK_MS = 120_000

/**
 * Starts a payment of bookings at an outside provider: first it is written down, then the provider is asked by its id, outside of any
 * transaction, then the answer is written down. Broken off anywhere, it goes on by being called again: while a payment is under way,
 * it is the one.
 * @param of which bookings: one, or all of one checkout.
 * @throws BookingNotPayable, PaymentDeclined, IdempotencyKeyReused; ServiceUnavailable while the provider does not answer.
 */
export async function startPayment(
  deps: Deps,
  provider: ExternalProvider,
  method: PaymentMethod,
  of: Pick<Bill, 'bookingId' | 'checkoutId'>,
  attempt: Attempt | null,
): Promise<void> {
  const payment = await beginPayment(deps, method, of, attempt)
  await faultPoint('start-payment/written')
  if (payment && payment.reference === null) await askProvider(deps, provider, payment, attempt)
}

/** @returns the payment under way; null where that of an earlier attempt with this key has come to its end. */
async function beginPayment(
  { db }: Deps,
  method: PaymentMethod,
  of: Pick<Bill, 'bookingId' | 'checkoutId'>,
  attempt: Attempt | null,
): Promise<Payment | null> {
  return transaction(db, async (tx) => {
    const first = !attempt || (await claimKey(tx, attempt)).first
    const bookings = await lockBookings(tx, of)
    const unpayable = first && bookings.find(({ status }) => status !== 'PENDING')
    if (unpayable) throw new BookingNotPayable(unpayable.status)
    const underWay = await findPaymentUnderWay(tx, of)
    if (underWay && underWay.provider !== method) throw new ServiceUnavailable() // begun at this very moment
    if (underWay || !first) return underWay
    return insertBegun(tx, billOf(bookings), method)
  })
}

/**
 * Writes a payment that its provider is to be asked for next, and has it looked at once more when its time is over.
 * @param id of the payment; a new one, unless given. @throws ServiceUnavailable where another has begun it at this very moment.
 */
export async function insertBegun(tx: Tx, bill: Bill, method: PaymentMethod, id?: string): Promise<Payment> {
  const payment = await insertPaymentUnderWay(tx, bill, method, id)
  if (!payment) throw new ServiceUnavailable()
  const runAt = new Date(bill.expiresAt.getTime() + LAST_LOOK_MS)
  const key = `${SETTLE_PAYMENT.name}:${payment.id}:last`
  await enqueue(tx, SETTLE_PAYMENT, { paymentId: payment.id }, { runAt, key })
  return payment
}

/**
 * Asks a provider for a payment that was written down, and writes down what it says. Safe to run again.
 * @param attempt whose key is free again where the provider refuses. @throws PaymentDeclined; ServiceUnavailable.
 */
export async function askProvider(
  deps: Deps,
  provider: ExternalProvider,
  payment: Payment,
  attempt: Attempt | null,
): Promise<void> {
  const { id: paymentId, amount, currency, expiresAt } = payment
  if (!expiresAt) throw new Error(`payment ${paymentId} is of no outside provider`)
  try {
    const returnUrl = returnUrlOf(deps.settings.PUBLIC_URL, payment)
    const started = await provider.start({ paymentId, amount, currency, expiresAt, returnUrl })
    await faultPoint('start-payment/started')
    const changed = await transaction(deps.db, async (tx) => {
      const bookings = await lockBookings(tx, payment)
      return (await updateStarted(tx, paymentId, started)) ? touchBookings(tx, bookings) : []
    })
    await faultPoint('start-payment/noted')
    for (const booking of changed) publishChange(deps, booking)
  } catch (error) {
    if (error instanceof KarcisError && error.code === 'PAYMENT_DECLINED')
      await decline(deps, payment, attempt, error)
    throw error
  }
}

/** The page that says what became of a purchase, or of a payment that is for none or for several. */
const returnUrlOf = (publicUrl: string, { id, bookingId }: Payment): string =>
  bookingId === null ? `${publicUrl}/payments/${id}` : `${publicUrl}/checkout/${bookingId}/result`

/** Nothing comes of it, and the key may be used again. */
async function decline(
  deps: Deps,
  payment: Payment,
  attempt: Attempt | null,
  refusal: KarcisError,
): Promise<void> {
  const changed = await transaction(deps.db, async (tx) => {
    const bookings = await lockBookings(tx, payment)
    if (attempt) await refuseKey(tx, attempt, refusal, async () => false)
    const moved = await movePayment(tx, payment, advance(payment, { type: 'FAILED' }))
    return moved ? touchBookings(tx, bookings) : []
  })
  for (const booking of changed) publishChange(deps, booking)
}
