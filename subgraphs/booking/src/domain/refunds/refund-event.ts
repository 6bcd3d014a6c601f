import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { isAway } from '@karcis/kit/outages'
import { restAfter } from '@karcis/kit/pace'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { paceOf } from '../bookings/pace.ts'
import { cancelManyTickets } from '../fulfilment/issue-tickets.ts'
import {
  enqueueEventRefund,
  findEventRefund,
  insertEventRefund,
  listPaid,
  listQuietEventRefunds,
  moveEventRefundToDone,
  updateEventRefund,
} from './event-refund-store.ts'
import { refundInFull } from './refund-in-full.ts'
import { refundTogether } from './refund-together.ts'
import { finishRefunds } from './refund-tickets.ts'

/** For so long one job goes on, then others take its place. */
const TURN_MS = 20_000
/** So many of them at a time: wallets and ledger of other events go on beside them. */
const AT_ONCE = 3
/** Before what could not be refunded yet is tried again. */
const AGAIN_SECONDS = 30

/** Notes, with the word that an event was called off, that all its bookings are to be refunded. */
export async function beginEventRefund(
  tx: Tx,
  { id, status, cancellationReason }: EventForSale,
): Promise<void> {
  if (status !== 'CANCELLED') return
  const reason =
    cancellationReason === null
      ? 'The event was cancelled.'
      : `The event was cancelled: ${cancellationReason}`
  await insertEventRefund(tx, id, reason)
}

/**
 * Refunds the bookings of an event that was called off and ends their tickets, piece by piece in the order of their ids, at a pace that leaves other sales
 * alone (`paceOf`), and has another job go on after a while. Broken off anywhere, it goes on from there; what was refunded is not refunded again. A pass that
 * finds none left ends it, once no payment can be under way any more that looked at the event before; what cannot be refunded yet, since its tickets are
 * being issued, is found by the next pass.
 *
 * However many events are called off, a process refunds one piece at a time, of one event after the other: while it is at one, another event is only noted
 * (`deps.eventRefundsDue`), and whoever is at it takes that too. Should the process end, the sweep finds it.
 * @param closing the process begins to close: another goes on.
 */
export async function refundEvent(deps: Deps, eventId: string, closing?: AbortSignal): Promise<void> {
  const due = deps.eventRefundsDue
  const isUnderWay = due.size > 0
  due.add(eventId)
  if (isUnderWay) return
  try {
    await refundDue(deps, due, closing)
  } catch (error) {
    due.delete(eventId) // this very job is tried again
    await goOnLater(deps, due)
    throw error
  } finally {
    due.clear()
  }
}

async function refundDue(deps: Deps, due: Set<string>, closing?: AbortSignal): Promise<void> {
  const until = performance.now() + TURN_MS
  let pace = await paceOf(deps.db)
  // Those that come meanwhile are at the end, and one of which there is more after its piece goes there too.
  for (const eventId of due) {
    const began = performance.now()
    const goesOn = await refundSome(deps, eventId, pace.piece)
    due.delete(eventId)
    if (goesOn) due.add(eventId)
    const now = performance.now()
    if (closing?.aborted || now > until) return goOnLater(deps, due)
    pace = await paceOf(deps.db)
    if (due.size > 0) await restAfter(pace, now - began, closing)
  }
}

const goOnLater = (deps: Deps, due: ReadonlySet<string>): Promise<void> =>
  transaction(deps.db, async (tx) => {
    for (const eventId of due) await enqueueEventRefund(tx, eventId)
  })

/** One piece, of up to so many bookings. @returns whether there may be more in this pass. */
async function refundSome(deps: Deps, eventId: string, piece: number): Promise<boolean> {
  const refund = await findEventRefund(deps.db, eventId)
  if (refund?.status !== 'RUNNING') return false
  const ids = await listPaid(deps.db, eventId, refund.lastId, piece)
  const refunded = await refundAll(deps, ids, refund.reason)
  const goesOn = await transaction(deps.db, async (tx) => {
    if (ids.length === 0 && refund.lastId === null && refund.settled) {
      await moveEventRefundToDone(tx, eventId)
      return false
    }
    const passIsOver = ids.length < piece
    await updateEventRefund(tx, eventId, passIsOver ? null : (ids.at(-1) ?? null), refunded)
    if (passIsOver) await enqueueEventRefund(tx, eventId, AGAIN_SECONDS)
    return !passIsOver
  })
  await faultPoint('refund-event/noted')
  return goesOn
}

/** @returns how many were refunded now. */
async function refundAll(deps: Deps, ids: readonly string[], reason: string): Promise<number> {
  const together = await refundTogether(deps, ids, reason).catch((error: unknown) => {
    deps.log.warn({ err: error }, 'these bookings are refunded one by one')
    return new Set<string>()
  })
  // Else the job does it, which was added with the refunds.
  await cancelManyTickets(deps, [...together]).catch((error: unknown) => {
    if (!isAway(error, deps.log))
      deps.log.warn({ err: error }, 'tickets of refunded bookings are ended later')
  })
  const left = ids.filter((id) => !together.has(id))
  let refunded = together.size
  const work = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      await finishRefunds(deps, id).catch((error: unknown) =>
        deps.log.debug({ err: error, bookingId: id }, 'a refund of single tickets is still under way'),
      )
      if (await refundInFull(deps, id, reason, { fulfilled: true })) refunded += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return refunded
}

/** What nobody has gone on with for so long has lost its job. */
const QUIET_SECONDS = 90

/** Finds events whose refunds were broken off, whatever became of their job. */
export async function sweepEventRefunds({ db }: Deps): Promise<void> {
  for (const eventId of await listQuietEventRefunds(db, QUIET_SECONDS))
    await transaction(db, (tx) => enqueueEventRefund(tx, eventId))
}
