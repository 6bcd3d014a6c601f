import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { type Booking, mayView } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { findBooking, listPaidWith, moveToCancelled } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { RefundNotAllowed } from '../errors.ts'
import { releaseBooking } from '../fulfilment/release-booking.ts'
import { findPaymentUnderWay } from '../payments/payment-store.ts'
import { cancelPayment } from '../payments/settle-payment.ts'
import { billOf } from '../payments/subject.ts'

/**
 * Cancels a PENDING booking, with all others of its checkout, for its buyer, the event's organizer or an admin. Their places are freed at
 * once, or by the job.
 * A payment that is under way is cancelled at its provider first: it may be paid.
 * @throws NotFound, Forbidden; RefundNotAllowed when it is paid; Conflict when it has expired; ServiceUnavailable while its provider
 *   does not answer.
 */
export async function cancelBooking(deps: Deps, viewer: Viewer, rawId: string): Promise<Booking> {
  const id = parseInput(idSchema, rawId, 'id')
  const booking = await findBooking(deps.db, id)
  if (!booking) throw new NotFound('booking', id)
  if (!mayView(viewer, booking)) throw new Forbidden('This is not your booking.')

  const together = await listPaidWith(deps.db, booking)
  const underWay = booking.status === 'PENDING' ? await findPaymentUnderWay(deps.db, billOf(together)) : null
  if (underWay) await cancelPayment(deps, underWay)
  const cancelled = await transaction(deps.db, async (tx) => {
    const moved: Booking[] = []
    for (const one of together) {
      const its = await moveToCancelled(tx, one.id)
      if (its) moved.push(its)
    }
    for (const its of moved) await recordStatus(tx, its)
    return moved
  })
  await faultPoint('cancel-booking/written')
  for (const its of cancelled) publishChange(deps, its)
  await Promise.all(cancelled.map((its) => releaseNow(deps, its.id)))
  const now = (await findBooking(deps.db, id)) ?? booking
  if (now.status === 'CANCELLED') return now
  if (now.status === 'EXPIRED') throw new Conflict('This booking has expired.', { status: now.status })
  throw new RefundNotAllowed('A booking that is paid is not cancelled but refunded.', now.status)
}

async function releaseNow(deps: Deps, bookingId: string): Promise<void> {
  try {
    await releaseBooking(deps, bookingId)
  } catch (error) {
    if (isAway(error, deps.log)) return
    deps.log.warn({ err: error, bookingId }, 'cancelled; the places are left to the job')
  }
}
