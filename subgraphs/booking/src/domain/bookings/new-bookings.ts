import { transaction } from '@karcis/kit/database'
import { createGroupCommit, type GroupCommit, mayBeOneRequestsFault } from '@karcis/kit/group-commit'
import type { Db, Tx } from '../database.ts'
import { HoldExpired } from '../errors.ts'
import { type Attempt, confirmKey, withOwnKeys } from '../idempotency-store.ts'
import type { Booking } from './booking.ts'
import { recordStatuses } from './booking-changes.ts'
import { insertBookings, type NewBooking } from './booking-store.ts'

const MAX_BATCH = 50
/** One of a batch may have to wait for somebody else, such as the same booking sent to another process: so long the next batch waits for it. */
const PATIENCE_MS = 50

/** A booking to be written that no promotion makes cheaper. */
interface BookingRequest {
  booking: NewBooking
  /** The client's own key for it. */
  attempt: Attempt | null
  /** By whose name its jobs run. */
  requestId: string | undefined
}

type Outcome = Booking | 'key taken' | 'not written'

/**
 * Writes bookings by event; one is not written where its id, or its hold, is booked already, or the event's fees are others by now.
 * @throws HoldExpired; the refusal that the attempt's key was answered with.
 */
export type NewBookings = GroupCommit<BookingRequest, Outcome>

interface NewBookingsDeps {
  db: Db
  settings: { PAYMENT_MARGIN_SECONDS: number }
}

/**
 * Bookings of one event that come at the same time are written together, each as a whole or not at all. Where one is refused, the
 * others are tried without it.
 * @param deps asked for at each batch.
 */
export const createNewBookings = (deps: () => NewBookingsDeps): NewBookings =>
  createGroupCommit({
    maxBatch: MAX_BATCH,
    patienceMs: PATIENCE_MS,
    distinct: ({ booking }) => booking.holdId,
    retryApart: mayBeOneRequestsFault,
    run(_eventId, requests) {
      const { db, settings } = deps()
      return transaction(db, (tx) => writeTogether(tx, requests, settings.PAYMENT_MARGIN_SECONDS))
    },
  })

async function writeTogether(
  tx: Tx,
  requests: readonly BookingRequest[],
  marginSeconds: number,
): Promise<Outcome[]> {
  // The same request, sent at the same time, may have been refused while this one was under way.
  const open = await withOwnKeys(requests, (attempt) => confirmKey(tx, attempt))
  const written = await insertBookings(
    tx,
    open.map(({ booking }) => booking),
    marginSeconds,
  )
  const expired = [...written.values()].find(({ status }) => status !== 'PENDING')
  if (expired)
    throw new HoldExpired(open.find(({ booking }) => booking.id === expired.id)?.booking.holdId ?? '')
  await recordStatuses(
    tx,
    open.flatMap(({ booking: { id }, requestId }) => {
      const booking = written.get(id)
      return booking ? [{ booking, requestId }] : []
    }),
  )
  return requests.map((request) =>
    open.includes(request) ? (written.get(request.booking.id) ?? 'not written') : 'key taken',
  )
}
