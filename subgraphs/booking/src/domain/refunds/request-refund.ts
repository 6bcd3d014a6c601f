import { transaction } from '@karcis/kit/database'
import { BadUserInput, Forbidden, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { keySchema, parseInput, reasonSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import { publishChange } from '../bookings/booking-changes.ts'
import { findBooking, lockBooking, touchBooking } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { PaymentDisputed, RefundNotAllowed, TicketsRefunded } from '../errors.ts'
import { knownEvent } from '../events/event-copy.ts'
import { claimKey } from '../idempotency-store.ts'
import { isDisputed } from '../payments/payment-store.ts'
import { findIssued } from './booking-refund-store.ts'
import { findPoliciesOf } from './policy-store.ts'
import { type EventTimes, offerFor } from './refund-policy.ts'
import { type Issued, partOf } from './refund.ts'
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
    return { id: claimed.resultId, changed: await touchBooking(tx, booking) }
  })
  await faultPoint('request-refund/written')
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
  if (await isDisputed(tx, bookingId)) throw new PaymentDisputed(booking.status)
  if (toWallet && !providers.WALLET.charges(booking.currency))
    throw new RefundNotAllowed(`There is no wallet in ${booking.currency}.`, booking.status)
  const policies = await findPoliciesOf(tx, booking)
  const offer = offerFor(policies, event, booking.createdAt, await databaseNow(tx))
  if (!offer) throw new RefundNotAllowed('The refund policy gives nothing back (any more).', booking.status)
  const issued = await findIssued(tx, bookingId)
  const ticketIds = chosenOf(issued, wanted)
  const part = partOf(issued, ticketIds, { percent: offer.percent, keepFees: offer.feesKept })
  const { eventId } = booking
  const { amount } = part
  await insertRequest(tx, { id, bookingId, eventId, ...offer, amount, toWallet, reason, ticketIds })
  if (offer.approval !== 'AUTOMATIC') return
  const refundId = newId()
  await beginRefund(tx, { id: refundId, bookingId, ...part, toWallet, reason: AS_ASKED })
  await moveRequest(tx, id, { status: 'APPROVED', message: null, decidedBy: null, refundId })
}

/**
 * The tickets that are wanted; all that are left, where none are named.
 * @throws BadUserInput for one of another booking; TicketsRefunded.
 */
export function chosenOf({ ticketIds, refunded }: Issued, wanted: readonly string[] | null): string[] {
  const strange = (wanted ?? []).flatMap((id, at) => (ticketIds.includes(id) ? [] : [at]))
  if (strange.length > 0) {
    throw new BadUserInput(
      strange.map((at) => ({ path: `input.ticketIds.${at}`, message: 'is no ticket of this booking' })),
    )
  }
  const left = ticketIds.filter((id) => !refunded.has(id))
  const chosen = wanted === null ? left : left.filter((id) => wanted.includes(id))
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
