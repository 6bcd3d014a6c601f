import { findBooking } from './booking-reads.ts'
import { markSettled } from './booking-writes.ts'
import { type Deps, transaction } from './deps.ts'

/**
 * Frees the places of a booking that came to nothing. Safe to run again.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function releaseBooking(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  if (!booking || (booking.status !== 'EXPIRED' && booking.status !== 'CANCELLED')) return
  await deps.tickets.release(bookingId)
  await transaction(deps, (tx) => markSettled(tx, booking))
}
