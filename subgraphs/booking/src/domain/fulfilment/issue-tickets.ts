import { statement, transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { isAway } from '@karcis/kit/outages'
import type { Booking } from '../bookings/booking.ts'
import { enqueueFollowUp, enqueueIssueSoon, publishChange } from '../bookings/booking-changes.ts'
import {
  findBooking,
  findTicketsToCancel,
  moveToTicketsCancelled,
  updateUnfulfilled,
} from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { refundInFull } from '../refunds/refund-in-full.ts'

const PLACES_GONE = 'The places were gone before the tickets could be issued.'

/**
 * Brings a PAID booking to its end: tickets, or all the money back when its places are gone. Safe to run
 * again, and at the same time elsewhere.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function issueTickets(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  // An earlier run may have died after its tickets came too late, for a booking that was refunded meanwhile.
  if (booking?.status === 'REFUNDED') return cancelTickets(deps, bookingId)
  if (booking?.status === 'PAID' && !booking.fulfilled) await issuePaid(deps, booking)
}

/**
 * The same for a booking that was PAID, without tickets, a moment ago.
 * @returns the booking with its tickets; null when this run has not brought it there.
 */
export async function issuePaid(deps: Deps, { id: bookingId, eventId }: Booking): Promise<Booking | null> {
  const { issued, ticketIds } = await deps.tickets.issue(bookingId)
  await faultPoint('issue-tickets/issued')
  if (!issued) {
    await refundInFull(deps, bookingId, PLACES_GONE, { fulfilled: false })
    return null
  }
  const fulfilled = await deps.issuedBookings.submit(eventId, { bookingId, ticketIds })
  if (!fulfilled) await cancelIfRefunded(deps, bookingId)
  await faultPoint('issue-tickets/noted')
  if (fulfilled) publishChange(deps, fulfilled)
  return fulfilled
}

/** Another run may have been told that the places are gone, and refunded: tickets that came after that must not stay. */
async function cancelIfRefunded(deps: Deps, bookingId: string): Promise<void> {
  await transaction(deps.db, async (tx) => {
    const now = await findBooking(tx, bookingId)
    if (now?.status !== 'REFUNDED') return
    await updateUnfulfilled(tx, bookingId)
    await enqueueFollowUp(tx, bookingId, now.status)
  })
}

/**
 * As the job does it: when it fails, it is tried again within a second, then within two, four and so on.
 * @param tries how many have failed before. @throws what `issueTickets` does, once the job's own back-off is to go on with it.
 */
export async function issueTicketsSoon(deps: Deps, bookingId: string, tries: number): Promise<void> {
  try {
    await issueTickets(deps, bookingId)
  } catch (error) {
    if (!(await transaction(deps.db, (tx) => enqueueIssueSoon(tx, bookingId, tries)))) throw error
    if (isAway(error, deps.log)) return
    deps.log.warn({ err: error, bookingId, tries: tries + 1 }, 'paid; the tickets are tried again soon')
  }
}

/**
 * Takes the tickets of a REFUNDED booking out of use, and frees whatever else it may still hold. Safe to run again.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function cancelTickets(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  if (booking?.status !== 'REFUNDED') return
  await endTickets(deps, [bookingId], {
    cancel: () => deps.tickets.cancel(bookingId),
    release: () => deps.tickets.release(bookingId),
  })
}

/**
 * The same of many bookings that had their tickets when they were refunded together: what such a booking had held has become these. Safe to run again.
 * @throws ServiceUnavailable while the ticket subgraph is away, or cannot do it for one of them: the sweep finds the others one by one.
 */
export async function cancelManyTickets(deps: Deps, bookingIds: readonly string[]): Promise<void> {
  const ids = await findTicketsToCancel(deps.db, bookingIds)
  if (ids.length > 0) await endTickets(deps, ids, { cancel: () => deps.tickets.cancelAll(ids) })
}

/** @param release is left out where nothing can be held beside the tickets. */
async function endTickets(
  deps: Deps,
  bookingIds: readonly string[],
  { cancel, release }: { cancel: () => Promise<void>; release?: () => Promise<void> },
): Promise<void> {
  await cancel()
  await faultPoint('cancel-tickets/cancelled')
  if (release) {
    await release()
    await faultPoint('cancel-tickets/released')
  }
  const done = await statement(deps.db, (tx) => moveToTicketsCancelled(tx, bookingIds))
  await faultPoint('cancel-tickets/noted')
  for (const booking of done) publishChange(deps, booking)
}
