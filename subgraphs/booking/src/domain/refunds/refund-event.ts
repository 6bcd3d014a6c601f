import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
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

/** So many bookings one job refunds; then others have their turn, and another job goes on. */
const BATCH = 100
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
 * Refunds some more bookings of an event that was called off, in the order of their ids, and has another job go on. Broken off anywhere, it goes on
 * from there; what was refunded is not refunded again. A pass that finds none left ends it, once no payment can be under way any more that looked
 * at the event before; what cannot be refunded yet, since its tickets are being issued, is found by the next pass.
 */
export async function refundEvent(deps: Deps, eventId: string): Promise<void> {
  const refund = await findEventRefund(deps.db, eventId)
  if (refund?.status !== 'RUNNING') return
  const ids = await listPaid(deps.db, eventId, refund.lastId, BATCH)
  const refunded = await refundAll(deps, ids, refund.reason)
  await transaction(deps.db, async (tx) => {
    if (ids.length === 0 && refund.lastId === null && refund.settled)
      return moveEventRefundToDone(tx, eventId)
    const passIsOver = ids.length < BATCH
    await updateEventRefund(tx, eventId, passIsOver ? null : (ids.at(-1) ?? null), refunded)
    return enqueueEventRefund(tx, eventId, passIsOver ? AGAIN_SECONDS : 0)
  })
  await faultPoint('refund-event/noted')
}

/** @returns how many were refunded now. */
async function refundAll(deps: Deps, ids: readonly string[], reason: string): Promise<number> {
  const together = await refundTogether(deps, ids, reason).catch((error: unknown) => {
    deps.log.warn({ err: error }, 'these bookings are refunded one by one')
    return new Set<string>()
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
