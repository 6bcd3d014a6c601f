import { transaction } from '@karcis/kit/database'
import { Forbidden, KarcisError, NotFound } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { keySchema, parseInput } from '@karcis/kit/validate'
import { whoWaits } from '@karcis/kit/waiting'
import { z } from 'zod'
import { type Booking, mayView } from '../bookings/booking.ts'
import { publishChange } from '../bookings/booking-changes.ts'
import { findBooking, listPaidWith } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { MethodNotOffered } from '../errors.ts'
import { issuePaid } from '../fulfilment/issue-tickets.ts'
import { type Attempt, refuseUnclaimed } from '../idempotency-store.ts'
import { startManualPayment } from '../manual/start-manual-payment.ts'
import { findPaymentUnderWay } from '../payments/payment-store.ts'
import type { PaymentProvider } from '../payments/provider.ts'
import { PAYMENT_METHODS, type PaymentMethod } from '../payments/providers.ts'
import { cancelPayment } from '../payments/settle-payment.ts'
import { type Bill, billOf } from '../payments/subject.ts'
import { startPayment } from './start-payment.ts'

const confirmPaymentInput = z.object({
  method: z.enum(PAYMENT_METHODS),
  idempotencyKey: keySchema.nullish(),
})

/**
 * Pays a booking, with all others of its checkout, out of our own ledger: money, payment, status, event and the job that issues the
 * tickets are one transaction. The tickets are then issued at once; if that fails, or this process dies, the job does it. What is sent twice at once with one key is
 * answered alike, also by several processes: either both are paid, or both are refused. Or starts its payment at an outside provider.
 * @throws NotFound, Forbidden, BookingNotPayable, InsufficientBalance, WrongCurrency, MethodNotOffered, PaymentDeclined,
 *   IdempotencyKeyReused; ServiceUnavailable while an outside provider does not answer.
 */
export async function confirmPayment(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  rawInput: unknown,
): Promise<Booking> {
  const since = performance.now()
  const id = parseInput(idSchema, rawId, 'id')
  const { method, idempotencyKey } = parseInput(confirmPaymentInput, rawInput)
  const booking = await findOwnBooking(deps, viewer, id)
  const attempt: Attempt | null =
    idempotencyKey == null
      ? null
      : {
          userId: viewer.id,
          operation: 'confirmPayment',
          key: idempotencyKey,
          input: [id, method],
          resultId: id,
        }
  const bookings = await listPaidWith(deps.reads, booking)
  const bill = billOf(bookings)
  const provider: PaymentProvider | undefined = deps.providers[method]
  if (!provider) throw new MethodNotOffered(method, bill.currency)
  await cancelOther(deps, bill, method)
  if (provider.kind === 'EXTERNAL' && bill.amount > 0) {
    if (!provider.charges(bill.currency)) throw new MethodNotOffered(method, bill.currency)
    if (method === 'MANUAL') await startManualPayment(deps, booking, attempt)
    else await startPayment(deps, provider, method, bill, attempt)
    return (await findBooking(deps.db, id)) ?? booking
  }

  const { requestId } = whoWaits() ?? {}
  const payment = { bookings, provider, method, attempt, since, requestId }
  // What is not PENDING is refused, unless its key says that it was paid by this very request: that is nothing to hold up others with.
  const queue = booking.status === 'PENDING' ? booking.eventId : id
  const paid = await deps.ledgerPayments.submit(queue, payment).catch(async (error: unknown) => {
    const refusal = provider.kind === 'LEDGER' ? await provider.mapError(deps.db, bill, error) : error
    if (!attempt || !(refusal instanceof KarcisError) || refusal.code === 'SERVICE_UNAVAILABLE') throw refusal
    // Refused; unless this very request, sent at the same time, has paid or was refused before: then both are answered alike.
    const counts = await transaction(deps.db, (tx) =>
      refuseUnclaimed(tx, attempt, refusal, performance.now() - since),
    )
    if (counts) throw counts
    return []
  })
  await faultPoint('confirm-payment/written')
  for (const one of paid) publishChange(deps, one)
  const issued = await Promise.all(paid.map((one) => issueNow(deps, one)))
  return issued.find((one) => one?.id === id) ?? (await findBooking(deps.db, id)) ?? booking
}

/** The booking, if the viewer may pay it; whether it can still be paid is decided by the payment itself. */
async function findOwnBooking({ reads }: Deps, viewer: Viewer, id: string): Promise<Booking> {
  const booking = await findBooking(reads, id)
  if (!booking) throw new NotFound('booking', id)
  if (booking.userId !== viewer.id) {
    throw new Forbidden(
      mayView(viewer, booking) ? 'A booking is paid by its buyer.' : 'This is not your booking.',
    )
  }
  return booking
}

/** Who pays in another way has given up the payment under way: it is cancelled first. Where it was paid a moment before, it counts. */
async function cancelOther(deps: Deps, bill: Bill, method: PaymentMethod): Promise<void> {
  const underWay = await findPaymentUnderWay(deps.reads, bill)
  if (underWay && underWay.provider !== method) await cancelPayment(deps, underWay)
}

/** @returns the booking with its tickets; null when they are left to the job, or its money went back. */
async function issueNow(deps: Deps, booking: Booking): Promise<Booking | null> {
  try {
    return await issuePaid(deps, booking)
  } catch (error) {
    if (!isAway(error, deps.log))
      deps.log.warn({ err: error, bookingId: booking.id }, 'paid; the tickets are left to the job')
    return null
  }
}
