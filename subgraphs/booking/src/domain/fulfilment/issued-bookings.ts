import { statement } from '@karcis/kit/database'
import { createGroupCommit, type GroupCommit, mayBeOneRequestsFault } from '@karcis/kit/group-commit'
import { ISSUE_TICKETS } from '../bookings/booking-changes.ts'
import type { Booking } from '../bookings/booking.ts'
import { type IssuedTickets, moveAllToIssued } from '../bookings/booking-store.ts'
import type { Db } from '../database.ts'

const MAX_BATCH = 100
/** One of a batch may have to wait for whoever moves the same booking: so long the next batch waits for it. */
const PATIENCE_MS = 50

/** Notes tickets of PAID bookings, by event; gives each as it is then, or null where it had its tickets, or is not PAID any more. */
export type IssuedBookings = GroupCommit<IssuedTickets, Booking | null>

/**
 * What is issued at the same time is noted together.
 * @param deps asked for at each batch.
 */
export const createIssuedBookings = (deps: () => { db: Db }): IssuedBookings =>
  createGroupCommit({
    maxBatch: MAX_BATCH,
    patienceMs: PATIENCE_MS,
    distinct: ({ bookingId }) => bookingId,
    retryApart: mayBeOneRequestsFault,
    async run(_eventId, issued) {
      const moved = await statement(deps().db, (tx) => moveAllToIssued(tx, issued, ISSUE_TICKETS.name))
      const bookings = new Map(moved.map((booking) => [booking.id, booking]))
      return issued.map(({ bookingId }) => bookings.get(bookingId) ?? null)
    },
  })
