import { EVENT_FOR_SALE, eventForSale } from '@karcis/kit/contracts/event-for-sale'
import { transaction } from '@karcis/kit/database'
import { ServiceUnavailable } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import { enqueue } from '@karcis/kit/jobs'
import type { Booking } from '../bookings/booking.ts'
import { EXPIRE_BOOKING, publishChange } from '../bookings/booking-changes.ts'
import { extendBooking, lockBookings, touchBookings } from '../bookings/booking-store.ts'
import { insertBegun } from '../checkout/start-payment.ts'
import type { Deps } from '../deps.ts'
import { BookingNotPayable, MethodNotOffered } from '../errors.ts'
import { type Attempt, claimKey } from '../idempotency-store.ts'
import { findPaymentUnderWay, updateStarted } from '../payments/payment-store.ts'
import { billOf } from '../payments/subject.ts'
import { findInstructionsFor } from './manual-store.ts'

/** Whether a booking may be paid to its organizer: alone, for a checkout may be of several. */
export const isManualOffered = async ({ db }: Pick<Deps, 'db'>, booking: Booking): Promise<boolean> =>
  booking.checkoutId === null && (await findInstructionsFor(db, booking)) !== null

/**
 * Begins a payment of a booking to its organizer, in one transaction. Its places are kept for as long as such a payment may take, but
 * not past the event's start: the ticket subgraph lets none go before it is told that the booking is over.
 * @throws MethodNotOffered, BookingNotPayable, IdempotencyKeyReused; ServiceUnavailable while nobody knows when the event starts.
 */
export async function startManualPayment(
  deps: Deps,
  booking: Booking,
  attempt: Attempt | null,
): Promise<void> {
  const { db, settings, clients } = deps
  const instructions = booking.checkoutId === null ? await findInstructionsFor(db, booking) : null
  if (instructions === null) throw new MethodNotOffered('MANUAL', booking.currency)
  const answer = await clients.event?.query<{ eventForSale: unknown }>(EVENT_FOR_SALE, {
    id: booking.eventId,
  })
  if (!answer?.eventForSale) throw new ServiceUnavailable()
  const { startsAt } = eventForSale.parse(answer.eventForSale)
  const changed = await transaction(db, async (tx) => {
    const first = !attempt || (await claimKey(tx, attempt)).first
    const of = { bookingId: booking.id, checkoutId: null }
    const [locked] = await lockBookings(tx, of)
    if (first && locked?.status !== 'PENDING') throw new BookingNotPayable(locked?.status ?? 'EXPIRED')
    const underWay = await findPaymentUnderWay(tx, of)
    if (underWay && underWay.provider !== 'MANUAL') throw new ServiceUnavailable() // begun at this very moment
    if (underWay || !first) return []
    const extended = await extendBooking(tx, booking.id, settings.MANUAL_PAYMENT_HOURS, startsAt)
    if (!extended) throw new BookingNotPayable('EXPIRED')
    const key = `${EXPIRE_BOOKING.name}:${booking.id}`
    await enqueue(tx, EXPIRE_BOOKING, { bookingId: booking.id }, { runAt: extended.expiresAt, key })
    const { id } = await insertBegun(tx, billOf([extended]), 'MANUAL')
    await updateStarted(tx, id, { reference: id, action: { instructions } })
    const { userId, eventId, totalPrice: amount, currency, expiresAt } = extended
    await recordEvent(tx, {
      type: 'booking.payment-awaited',
      aggregateId: booking.id,
      payload: {
        bookingId: booking.id,
        userId,
        eventId,
        amount,
        currency,
        payUntil: expiresAt.toISOString(),
      },
      consumers: ['user'],
    })
    return touchBookings(tx, [extended])
  })
  for (const one of changed) publishChange(deps, one)
}
