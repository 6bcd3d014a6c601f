import { Forbidden, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput, reasonSchema } from '@karcis/kit/validate'
import type { Booking } from '../bookings/booking.ts'
import { findBooking } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { PaymentDisputed, RefundNotAllowed } from '../errors.ts'
import { cancelTickets, issueTickets } from '../fulfilment/issue-tickets.ts'
import { isDisputed } from '../payments/payment-store.ts'
import { refundInFull } from './refund-in-full.ts'
import { finishRefunds, isRefundable } from './refund-tickets.ts'

/**
 * An admin gives all the money of a booking back that has not gone back yet. Its tickets end after that, at once or by the job, also those
 * that were used.
 * @throws Forbidden, NotFound, BadUserInput, RefundNotAllowed; ServiceUnavailable while its tickets are still to be issued, or refunded by
 *   themselves.
 */
export async function refundBooking(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  rawReason: string,
): Promise<Booking> {
  if (viewer.role !== 'ADMIN') throw new Forbidden('Only an admin may refund a booking.')
  const id = parseInput(idSchema, rawId, 'id')
  const reason = parseInput(reasonSchema(), rawReason, 'reason')
  if (!(await findBooking(deps.db, id))) throw new NotFound('booking', id)

  await issueTickets(deps, id) // a refund ends tickets; it must not race with their birth
  await finishRefunds(deps, id)
  const refunded = await refundInFull(deps, id, reason, { fulfilled: true })
  if (refunded) {
    await cancelTickets(deps, id).catch((error: unknown) => {
      if (isAway(error, deps.log)) return
      deps.log.warn({ err: error, bookingId: id }, 'refunded; the tickets are left to the job')
    })
  }
  const booking = await findBooking(deps.db, id)
  if (booking && !refunded && isRefundable(booking)) {
    if (await isDisputed(deps.db, id)) throw new PaymentDisputed(booking.status)
    throw new ServiceUnavailable() // tickets of it are being refunded at this moment
  }
  if (booking?.status !== 'REFUNDED') {
    throw new RefundNotAllowed('Only a PAID booking can be refunded.', booking?.status ?? 'PENDING')
  }
  return booking
}
