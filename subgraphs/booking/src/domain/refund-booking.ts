import { NotFound } from '@karcis/kit/errors'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Booking } from './booking.ts'
import { findBooking } from './booking-reads.ts'
import { cancelTickets } from './cancel-tickets.ts'
import type { Deps } from './deps.ts'
import { RefundNotAllowed } from './errors.ts'
import { issueTickets } from './issue-tickets.ts'
import { refund } from './refund.ts'

const reasonSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(500, 'must have at most 500 characters')

/**
 * An admin gives the money of a PAID booking back. Its tickets end after that, at once or by the job.
 * @throws NotFound, BadUserInput, RefundNotAllowed; ServiceUnavailable while its tickets are still to be issued.
 */
export async function refundBooking(deps: Deps, rawId: string, rawReason: string): Promise<Booking> {
  const id = parseInput(idSchema, rawId, 'id')
  const reason = parseInput(reasonSchema, rawReason, 'reason')
  if (!(await findBooking(deps.db, id))) throw new NotFound('booking', id)

  await issueTickets(deps, id) // a refund ends tickets; it must not race with their birth
  const refunded = await refund(deps, id, reason, true)
  if (refunded) {
    await cancelTickets(deps, id).catch((error: Error) => {
      deps.log.warn({ err: error, bookingId: id }, 'refunded; the tickets are left to the job')
    })
  }
  const booking = await findBooking(deps.db, id)
  if (booking?.status !== 'REFUNDED') {
    throw new RefundNotAllowed('Only a PAID booking can be refunded.', booking?.status ?? 'PENDING')
  }
  return booking
}
