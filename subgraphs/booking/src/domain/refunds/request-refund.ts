import { transaction } from '@karcis/kit/database'
import { BadUserInput, Forbidden, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { keySchema, parseInput, reasonSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Booking } from '../bookings/booking.ts'
import { publishChange } from '../bookings/booking-changes.ts'
import {
  findBooking,
  findItems,
  findTicketIds,
  lockBooking,
  touchBooking,
} from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { RefundNotAllowed, TicketsRefunded } from '../errors.ts'
import { knownEvent } from '../events/event-copy.ts'
import { claimKey } from '../idempotency-store.ts'
import { findRefundedTickets } from './booking-refund-store.ts'
import { findBookingPolicies, findEventPolicies } from './policy-store.ts'
import { type EventTimes, offerFor } from './refund-policy.ts'
import { percentOf, sumOf, type TicketAmount, ticketPrices } from './refund.ts'
import { beginRefund, finishRefundNow, isRefundable } from './refund-tickets.ts'
import { databaseNow, findRequest, insertRequest, moveRequest, type RefundRequest } from './request-store.ts'

const requestRefundInput = z.object({
  bookingId: idSchema,
  ticketIds: z
    .array(idSchema)
    .min(1, 'must name a ticket; leave it out for all')
    .max(100, 'must be at most 100')
    .nullish()
    .transform((ids) => (ids == null ? null : [...new Set(ids)])),
  reason: reasonSchema(),
  toWallet: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  idempotencyKey: keySchema.nullish(),
})

type RequestInput = z.output<typeof requestRefundInput>

/** What the buyer is told of a refund that they asked for themselves; their own words are theirs and the organizer's. */
export const AS_ASKED = 'Refunded as you asked.'

/**
 * A buyer asks to have money of a booking back, of some tickets or of all. Where the terms need no approval it goes back at once, and the
 * answer tells how that went; else the organizer has until `reviewBy` to decide.
 * @throws NotFound, Forbidden, BadUserInput, RefundNotAllowed, TicketsRefunded, IdempotencyKeyReused; ServiceUnavailable while its
 *   tickets are still to be issued, or nobody says when the event starts.
 */
export async function requestRefund(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<RefundRequest> {
  const input = parseInput(requestRefundInput, rawInput)
  const booking = await findBooking(deps.db, input.bookingId)
  if (!booking) throw new NotFound('booking', input.bookingId)
  if (booking.userId !== viewer.id) throw new Forbidden('A refund is asked for by the buyer.')
  const event = await knownEvent(deps, booking.eventId)

  const { id, changed } = await transaction(deps.db, async (tx) => {
    const claimed = await claim(tx, viewer, input)
    if (!claimed.first) return { id: claimed.resultId, changed: null }
    await ask(tx, deps, event, claimed.resultId, input)
    return { id: claimed.resultId, changed: await touchBooking(tx, booking.id) }
  })
  if (changed) publishChange(deps, changed)
  return finishRequest(deps, id)
}

async function claim(
  tx: Tx,
  { id: userId }: Viewer,
  { idempotencyKey, ...input }: RequestInput,
): Promise<{ resultId: string; first: boolean }> {
  const resultId = newId()
  if (idempotencyKey == null) return { resultId, first: true }
  return claimKey(tx, { userId, operation: 'requestRefund', key: idempotencyKey, input, resultId })
}

async function ask(
  tx: Tx,
  { providers }: Deps,
  event: EventTimes,
  id: string,
  { bookingId, ticketIds: wanted, reason, toWallet }: RequestInput,
): Promise<void> {
  const booking = await lockBooking(tx, bookingId)
  if (!booking) throw new NotFound('booking', bookingId)
  if (booking.status === 'PAID' && !booking.fulfilled) throw new ServiceUnavailable() // its tickets are on their way
  if (!isRefundable(booking))
    throw new RefundNotAllowed('Only a paid booking can be refunded.', booking.status)
  if (toWallet && !providers.WALLET.charges(booking.currency))
    throw new RefundNotAllowed(`There is no wallet in ${booking.currency}.`, booking.status)
  const policies = [
    (await findBookingPolicies(tx, [bookingId])).get(bookingId),
    (await findEventPolicies(tx, [booking.eventId])).get(booking.eventId),
  ].filter((policy) => policy !== undefined)
  const offer = offerFor(policies, event, booking.createdAt, await databaseNow(tx))
  if (!offer) throw new RefundNotAllowed('The refund policy gives nothing back (any more).', booking.status)
  const tickets = percentOf(await pricesOf(tx, booking, wanted), offer.percent)
  const amount = sumOf(tickets)
  const { eventId } = booking
  const ticketIds = tickets.map(({ ticketId }) => ticketId)
  await insertRequest(tx, { id, bookingId, eventId, ...offer, amount, toWallet, reason, ticketIds })
  if (offer.approval !== 'AUTOMATIC') return
  const refundId = newId()
  await beginRefund(tx, { id: refundId, bookingId, amount, toWallet, reason: AS_ASKED, tickets })
  await moveRequest(tx, id, { status: 'APPROVED', message: null, decidedBy: null, refundId })
}

/**
 * What the tickets that are wanted have cost; all that are left, where none are named.
 * @throws BadUserInput for one of another booking; TicketsRefunded.
 */
export async function pricesOf(
  tx: Tx,
  { id }: Booking,
  wanted: readonly string[] | null,
): Promise<TicketAmount[]> {
  const items = (await findItems(tx, [id])).get(id) ?? []
  const prices = ticketPrices(items, (await findTicketIds(tx, [id])).get(id) ?? [])
  const known = new Set(prices.map(({ ticketId }) => ticketId))
  const strange = (wanted ?? []).flatMap((ticketId, at) => (known.has(ticketId) ? [] : [at]))
  if (strange.length > 0) {
    throw new BadUserInput(
      strange.map((at) => ({ path: `input.ticketIds.${at}`, message: 'is no ticket of this booking' })),
    )
  }
  const refunded = await findRefundedTickets(tx, id)
  const left = prices.filter(({ ticketId }) => !refunded.has(ticketId))
  const chosen = wanted === null ? left : left.filter(({ ticketId }) => wanted.includes(ticketId))
  if (chosen.length === 0 || (wanted !== null && chosen.length < wanted.length)) throw new TicketsRefunded()
  return chosen
}

/** A request as it stands, its refund brought to its end where there is one: at once, or by the job. */
export async function finishRequest(deps: Deps, id: string): Promise<RefundRequest> {
  const request = await findRequest(deps.db, id)
  if (!request) throw new Error(`refund request ${id} is gone`)
  if (request.refundId === null) return request
  await finishRefundNow(deps, request.refundId)
  return (await findRequest(deps.db, id)) ?? request
}
