import { findBooking } from './booking-reads.ts'
import { markSettled } from './booking-writes.ts'
import { type Deps, transaction } from './deps.ts'

/**
 * Takes the tickets of a REFUNDED booking out of use, and frees whatever else it may still hold. Safe to run again.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function cancelTickets(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  if (booking?.status !== 'REFUNDED') return
  await deps.tickets.cancel(bookingId)
  await deps.tickets.release(bookingId)
  await transaction(deps, (tx) => markSettled(tx, booking))
}
