import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { type Booking, mayView } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { findBooking, moveToCancelled } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { RefundNotAllowed } from '../errors.ts'
import { releaseBooking } from '../fulfilment/release-booking.ts'
import { findPaymentUnderWay } from '../payments/payment-store.ts'
import { cancelPayment } from '../payments/settle-payment.ts'

/**
 * Cancels a PENDING booking, for its buyer, the event's organizer or an admin. Its places are freed at once, or by the job.
 * A payment that is under way is cancelled at its provider first: it may be paid.
 * @throws NotFound, Forbidden; RefundNotAllowed when it is paid; Conflict when it has expired; ServiceUnavailable while its provider
 *   does not answer.
 */
export async function cancelBooking(deps: Deps, viewer: Viewer, rawId: string): Promise<Booking> {
  const id = parseInput(idSchema, rawId, 'id')
  const booking = await findBooking(deps.db, id)
  if (!booking) throw new NotFound('booking', id)
  if (!mayView(viewer, booking)) throw new Forbidden('This is not your booking.')

  const underWay = booking.status === 'PENDING' ? await findPaymentUnderWay(deps.db, id) : null
  if (underWay) await cancelPayment(deps, underWay)
  const cancelled = await transaction(deps.db, async (tx) => {
    const moved = await moveToCancelled(tx, id)
    if (moved) await recordStatus(tx, moved)
    return moved
  })
  await faultPoint('cancel-booking/written')
  if (cancelled) {
    publishChange(deps, cancelled)
    await releaseBooking(deps, id).catch((error: unknown) => {
      if (isAway(error, deps.log)) return
      deps.log.warn({ err: error, bookingId: id }, 'cancelled; the places are left to the job')
    })
  }
  const now = (await findBooking(deps.db, id)) ?? booking
  if (now.status === 'CANCELLED') return now
  if (now.status === 'EXPIRED') throw new Conflict('This booking has expired.', { status: now.status })
  throw new RefundNotAllowed('A booking that is paid is not cancelled but refunded.', now.status)
}
