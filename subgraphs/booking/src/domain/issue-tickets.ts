import { findBooking } from './booking-reads.ts'
import { recordTickets } from './booking-writes.ts'
import { cancelTickets } from './cancel-tickets.ts'
import { type Deps, transaction } from './deps.ts'
import { enqueueFollowUp, publishChange } from './news.ts'
import { refund } from './refund.ts'

const PLACES_GONE = 'The places were gone before the tickets could be issued.'

/**
 * Brings a PAID booking to its end: tickets, or all the money back when its places are gone. Safe to run
 * again, and at the same time elsewhere.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function issueTickets(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  // An earlier run may have died after its tickets came too late, for a booking that was paid back meanwhile.
  if (booking?.status === 'REFUNDED') return cancelTickets(deps, bookingId)
  if (booking?.status !== 'PAID' || booking.settled) return

  const { issued, ticketIds } = await deps.tickets.issue(bookingId)
  if (!issued) {
    await refund(deps, bookingId, PLACES_GONE, false)
    return
  }
  const settled = await transaction(deps, async (tx) => {
    const recorded = await recordTickets(tx, bookingId, ticketIds)
    if (recorded) return recorded
    // Another run was told that the places are gone, and paid back: tickets that came after that must not stay.
    const now = await findBooking(tx, bookingId)
    if (now?.status === 'REFUNDED') await enqueueFollowUp(tx, bookingId, now.status)
    return null
  })
  if (settled) publishChange(deps, settled)
}
