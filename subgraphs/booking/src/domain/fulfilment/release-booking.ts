import { MOST_LAPSED_HOLDS } from '@karcis/kit/contracts/bound-hold'
import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema } from '@karcis/kit/ids'
import { enqueue } from '@karcis/kit/jobs'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Booking } from '../bookings/booking.ts'
import { EXPIRE_BOOKING, enqueueFollowUp, publishChange, recordStatus } from '../bookings/booking-changes.ts'
import {
  findBooking,
  findDue,
  findOver,
  listPaidWith,
  listDue,
  listUnfulfilled,
  moveToExpired,
  updateFulfilled,
} from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { findPaymentUnderWay } from '../payments/payment-store.ts'
import { settlePayment } from '../payments/settle-payment.ts'
import { billOf } from '../payments/subject.ts'

/** How many bookings one sweep takes of each kind. */
const SWEEP_LIMIT = 500
/** What changed more recently is most likely being worked on just now. */
const QUIET_SECONDS = 30

/**
 * Ends a booking that was not paid in time, with all others of its checkout. Of a payment that is under way its provider is asked first, and has it cancelled: it may
 * be paid. While the provider does not answer the booking keeps its places, but not for ever. Does nothing to one that is not due.
 * @throws ServiceUnavailable while the provider does not answer.
 */
export async function expireBooking(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  if (!booking) return
  const bookings = await listPaidWith(deps.db, booking)
  const payment = await findPaymentUnderWay(deps.db, billOf(bookings))
  if (!payment || booking.status !== 'EXPIRED') return writeExpired(deps, bookings)
  const failure = await settlePayment(deps, payment.id).catch((error: Error) => error)
  await writeExpired(deps, bookings)
  if (failure && (await findDue(deps.db, [bookingId])).length > 0) throw failure
}

/** Ends a booking that is past its time, or has its provider asked first, by the job: here nobody waits for a provider. */
async function expireSoon(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  if (!booking) return
  const bookings = await listPaidWith(deps.db, booking)
  await writeExpired(deps, bookings)
  if (!(await findPaymentUnderWay(deps.db, billOf(bookings)))) return
  if ((await findDue(deps.db, [bookingId])).length === 0) return
  const key = `${EXPIRE_BOOKING.name}:${bookingId}`
  await transaction(deps.db, (tx) => enqueue(tx, EXPIRE_BOOKING, { bookingId }, { key }))
}

/**
 * Writes down that bookings were not paid in time, and has their places freed. Readers and payments do not wait for it: they look at
 * the time themselves. Does nothing to a booking that is not due, or that a payment is under way for.
 * @param bookings in the order in which rows are locked.
 */
async function writeExpired(deps: Deps, bookings: readonly Booking[]): Promise<void> {
  const expired = await transaction(deps.db, async (tx) => {
    const moved: Booking[] = []
    for (const { id } of bookings) {
      const booking = await moveToExpired(tx, id)
      if (booking) moved.push(booking)
    }
    for (const booking of moved) await recordStatus(tx, booking)
    return moved
  })
  await faultPoint('expire-booking/written')
  for (const booking of expired) publishChange(deps, booking)
}

const lapsedHolds = z
  .array(z.object({ bookingId: idSchema, expiresAt: z.date() }))
  .max(MOST_LAPSED_HOLDS, `must name at most ${MOST_LAPSED_HOLDS}`)

/**
 * Says of bookings whose holds are past their time which of them are over for good, so that the ticket subgraph may give their places to
 * others. What is overdue is expired first: that waits for a payment which is under way on the same row, and either finds it PAID, and
 * does not name it, or makes sure that it never will be. What is not known here, or not yet over, is not named either.
 * @throws BadUserInput; ServiceUnavailable: nothing is known of any of them.
 */
export async function expireBookings(deps: Deps, rawHolds: unknown): Promise<string[]> {
  const holds = parseInput(lapsedHolds, rawHolds, 'holds')
  const ids = holds.map((hold) => hold.bookingId)
  for (const id of await findDue(deps.db, ids)) await expireSoon(deps, id)
  return findOver(deps.db, holds)
}

/**
 * Frees the places of a booking that came to nothing. Safe to run again.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function releaseBooking(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  if (!booking || (booking.status !== 'EXPIRED' && booking.status !== 'CANCELLED')) return
  await deps.tickets.release(bookingId)
  await faultPoint('release-booking/released')
  await transaction(deps.db, (tx) => updateFulfilled(tx, booking))
  await faultPoint('release-booking/noted')
}

/**
 * Finds what jobs have left undone, whatever became of them: bookings past their time, and bookings whose status asks
 * something of the ticket subgraph that was not done.
 */
export async function sweepBookings(deps: Deps): Promise<void> {
  for (const id of await listDue(deps.db, SWEEP_LIMIT)) await expireSoon(deps, id)
  for (const { id, status } of await listUnfulfilled(deps.db, QUIET_SECONDS, SWEEP_LIMIT)) {
    await transaction(deps.db, (tx) => enqueueFollowUp(tx, id, status))
  }
}
