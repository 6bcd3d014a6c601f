import { transaction } from '@karcis/kit/database'
import { Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Booking } from '../bookings/booking.ts'
import { findBooking } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { BookingNotPayable } from '../errors.ts'
import { mayDo } from '../events/event-copy.ts'
import { issueTickets } from '../fulfilment/issue-tickets.ts'
import { findPayment, findPayments } from '../payments/payment-store.ts'
import { takeReport } from '../payments/settle-payment.ts'
import { settleRefund } from '../refunds/send-refund.ts'
import {
  findManualRefund,
  listManualRefunds,
  type ManualRefund,
  type ManualRefundConnection,
} from './manual-store.ts'

/**
 * The organizer has the money of a booking that was to be paid to them. It pays the booking as that of any provider does, also one whose
 * time is over, if its places are still free; else it is to go back. Said again, it changes nothing.
 * @throws NotFound, Forbidden, BadUserInput; BookingNotPayable when nobody was to pay it so, or it was paid otherwise.
 */
export async function confirmManualPayment(deps: Deps, viewer: Viewer, rawId: string): Promise<Booking> {
  const id = parseInput(idSchema, rawId, 'bookingId')
  const booking = await findBooking(deps.db, id)
  if (!booking) throw new NotFound('booking', id)
  if (!(await mayDo(deps, viewer, booking.eventId, 'SELL')))
    throw new Forbidden('Only its organizer and the staff of its sale say that a booking is paid.')
  const payment = (await findPayments(deps.db, [id])).get(id)
  if (payment?.provider !== 'MANUAL') throw new BookingNotPayable(booking.status)
  const { amount, currency } = payment
  await takeReport(deps, payment, { status: 'PAID', amount, currency })
  await issueTickets(deps, id).catch((error: unknown) => {
    if (isAway(error, deps.log)) return
    deps.log.warn({ err: error, bookingId: id }, 'paid; the tickets are left to the job')
  })
  return (await findBooking(deps.db, id)) ?? booking
}

/**
 * Somebody has given money back that no provider could: the organizer what was paid to them, an admin all else. Said again, it changes
 * nothing.
 * @throws NotFound where nothing of this id waits for a person; Forbidden, BadUserInput.
 */
export async function confirmManualRefund(deps: Deps, viewer: Viewer, rawId: string): Promise<ManualRefund> {
  const id = parseInput(idSchema, rawId, 'id')
  const refund = await findManualRefund(deps.db, id)
  if (!refund) throw new NotFound('refund that waits for a person', id)
  const isTheirs = refund.method === 'MANUAL' && refund.eventId !== null
  const may =
    isTheirs && refund.eventId ? await mayDo(deps, viewer, refund.eventId, 'OWN') : viewer.role === 'ADMIN'
  if (!may) throw new Forbidden('Whoever gives it back says so: its organizer, or an admin.')
  const payment = await findPayment(deps.db, refund.paymentId)
  if (!payment) throw new Error(`refund ${id} is of no payment`)
  await transaction(deps.db, (tx) => settleRefund(tx, payment, refund, 'BY_HAND'))
  return refund
}

/** What waits for a person to give it back: of an event, for its organizer; of all, for admins. @throws Forbidden, BadUserInput. */
export async function viewManualRefunds(
  deps: Deps,
  viewer: Viewer,
  { eventId: rawEventId, ...args }: PageArgs & { eventId?: string | null | undefined },
): Promise<ManualRefundConnection> {
  const eventId = rawEventId == null ? null : parseInput(idSchema, rawEventId, 'eventId')
  const may = eventId === null ? viewer.role === 'ADMIN' : await mayDo(deps, viewer, eventId, 'OWN')
  if (!may) throw new Forbidden('Only its organizer sees what is to be given back of an event.')
  return listManualRefunds(deps.db, eventId, args)
}
