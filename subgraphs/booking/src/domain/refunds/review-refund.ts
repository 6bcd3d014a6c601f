import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, Forbidden, KarcisError, NotFound } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema, newId } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { moneySchema, parseInput, reasonSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Booking } from '../bookings/booking.ts'
import { publishChange } from '../bookings/booking-changes.ts'
import { lockBooking, touchBooking } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { PaymentDisputed } from '../errors.ts'
import { mayDo } from '../events/event-copy.ts'
import { findIssued } from './booking-refund-store.ts'
import { cutTo, type Issued, partOf, type RefundPart } from './refund.ts'
import { beginRefund } from './refund-tickets.ts'
import { AS_ASKED, chosenOf, finishRequest } from './request-refund.ts'
import {
  enqueueDecision,
  findRequest,
  forgetReasons,
  listEventRequests,
  listUndecided,
  moveRequest,
  type RefundRequest,
  type RefundRequestConnection,
  type RefundRequestStatus,
} from './request-store.ts'

const reviewRefundInput = z.object({
  decision: z.enum(['APPROVED', 'REJECTED']),
  message: reasonSchema().nullish(),
  amount: moneySchema.nullish(),
})

/**
 * The organizer of an event, or an admin, decides on a request: as asked for, or with another amount. Of two at the same moment one decides.
 * @throws NotFound, Forbidden, BadUserInput; Conflict when it is decided already; RefundNotAllowed when its booking was refunded meanwhile.
 */
export async function reviewRefund(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  rawInput: unknown,
): Promise<RefundRequest> {
  const id = parseInput(idSchema, rawId, 'id')
  const { decision, message = null, amount = null } = parseInput(reviewRefundInput, rawInput)
  if (decision === 'REJECTED' && amount !== null)
    throw new BadUserInput([{ path: 'input.amount', message: 'is for APPROVED only' }])
  const request = await findRequest(deps.db, id)
  if (!request) throw new NotFound('refund request', id)
  if (!(await mayDo(deps, viewer, request.eventId, 'OWN')))
    throw new Forbidden('Only its organizer decides on refunds of an event.')
  const decided = await transaction(deps.db, (tx) =>
    decide(tx, request, { approve: decision === 'APPROVED', amount, message, decidedBy: viewer.id }),
  )
  if (!decided) {
    const now = await findRequest(deps.db, id)
    throw new Conflict('This request is decided already.', { status: now?.status ?? request.status })
  }
  return finishDecided(deps, id, decided)
}

/** Tells whoever watches a booking of a decision, and brings what was decided to its end: at once, or by the job. */
async function finishDecided(deps: Deps, id: string, decided: Booking): Promise<RefundRequest> {
  await faultPoint('decide-refund/decided')
  publishChange(deps, decided)
  return finishRequest(deps, id)
}

/** How a request is to be decided. */
interface Wanted {
  approve: boolean
  amount: number | null
  message: string | null
  /** Null: by its policy, once its time for review is over. */
  decidedBy: string | null
}

/** @returns the booking; null when it is decided already, or not yet to be. */
async function decide(
  tx: Tx,
  { id, bookingId, ticketIds, toWallet, ...request }: RefundRequest,
  { approve, amount, message, decidedBy }: Wanted,
): Promise<Booking | null> {
  const booking = await lockBooking(tx, bookingId)
  if (!booking) return null
  const overdueOnly = decidedBy === null
  if (!approve) {
    const rejection = { status: 'REJECTED', message, decidedBy, refundId: null } as const
    return (await moveRequest(tx, id, rejection, overdueOnly)) ? touchBooking(tx, booking) : null
  }
  if ((await findRequest(tx, id))?.status !== 'PENDING') return null // what is decided has its tickets refunded
  const issued = await findIssued(tx, bookingId)
  const part = amountOf(issued, chosenOf(issued, ticketIds), request, amount)
  const refundId = newId()
  const reason = message ?? AS_ASKED
  await beginRefund(tx, { id: refundId, bookingId, ...part, toWallet, reason })
  const approval = { status: 'APPROVED', amount: part.amount, message, decidedBy, refundId } as const
  if (await moveRequest(tx, id, approval, overdueOnly)) return touchBooking(tx, booking)
  throw new NotYet() // and the refund is not begun
}

/**
 * What goes back by a decision: what was asked for, or another amount.
 * @throws BadUserInput for more than the tickets have cost, with their fees.
 */
function amountOf(
  issued: Issued,
  ticketIds: readonly string[],
  { amount: asked, feesKept }: Pick<RefundRequest, 'amount' | 'feesKept'>,
  amount: number | null,
): RefundPart {
  const onTerms = partOf(issued, ticketIds, { percent: 100, keepFees: feesKept })
  if (amount === null) return cutTo(onTerms, Math.min(asked, onTerms.amount), issued)
  if (amount <= onTerms.amount) return cutTo(onTerms, amount, issued)
  const all = partOf(issued, ticketIds, { percent: 100, keepFees: false })
  if (amount <= all.amount) return cutTo(all, amount, issued)
  const message = `must be at most ${all.amount}, what the tickets have cost`
  throw new BadUserInput([{ path: 'input.amount', message }])
}

/** Rolls back the approval of what is not to be decided yet. */
class NotYet extends Error {}

const UNDECIDED = { APPROVE: null, REJECT: 'Nobody has looked at this in time.' } as const
const NOT_ANY_MORE = 'This cannot be refunded any more.'

/**
 * Decides a request whose time for review is over as its policy says. Does nothing to one that is decided, or not due. Safe to run again.
 * @throws ServiceUnavailable while the database is away.
 */
export async function decideRefund(deps: Deps, requestId: string): Promise<void> {
  const request = await findRequest(deps.db, requestId)
  if (request?.status !== 'PENDING') return
  const message = UNDECIDED[request.whenUndecided]
  const wanted = { approve: request.whenUndecided === 'APPROVE', amount: null, message, decidedBy: null }
  const decided = await transaction(deps.db, (tx) => decide(tx, request, wanted)).catch((error: unknown) => {
    if (error instanceof NotYet) return null
    if (!(error instanceof KarcisError) || error.code !== 'REFUND_NOT_ALLOWED') throw error
    const why = error instanceof PaymentDisputed ? error.message : NOT_ANY_MORE
    const rejected = { ...wanted, approve: false, message: why }
    return transaction(deps.db, (tx) => decide(tx, request, rejected))
  })
  if (decided) await finishDecided(deps, requestId, decided)
}

/** How many of a kind one sweep takes. */
const SWEEP_LIMIT = 500
/** What was due more recently is most likely being decided just now. */
const QUIET_SECONDS = 30
/** Buyers' own words are kept for so long after the decision: by then nobody disputes it. */
const REASON_DAYS = 180

/** Finds requests whose job was lost, and forgets the words of those that were decided long ago. */
export async function sweepRequests({ db }: Deps): Promise<void> {
  for (const id of await listUndecided(db, QUIET_SECONDS, SWEEP_LIMIT))
    await transaction(db, (tx) => enqueueDecision(tx, id, new Date()))
  await transaction(db, (tx) => forgetReasons(tx, REASON_DAYS, SWEEP_LIMIT))
}

/** An event's requests, the newest first, for its organizer and admins. @throws Forbidden, BadUserInput. */
export async function viewRefundRequests(
  deps: Deps,
  viewer: Viewer,
  rawEventId: string,
  { status = null, ...args }: PageArgs & { status?: RefundRequestStatus | null | undefined },
): Promise<RefundRequestConnection> {
  const eventId = parseInput(idSchema, rawEventId, 'eventId')
  if (!(await mayDo(deps, viewer, eventId, 'OWN')))
    throw new Forbidden('Only its organizer sees what refunds of an event are asked for.')
  return listEventRequests(deps.db, eventId, status, args)
}
