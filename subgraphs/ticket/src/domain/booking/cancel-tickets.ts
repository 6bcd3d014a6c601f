import { requireService } from '@karcis/kit/viewer'
import type { Context } from '../deps.ts'
import { requireId } from '../input.ts'
import { publishSeats, publishStock } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats } from '../seat-map/seat-moves.ts'
import { lowerAllowances, moveStock, settleSeats, stockMoves, takings } from '../inventory/stock-store.ts'
import { type Tx, transact } from '../database.ts'

interface EndedTicket {
  event_id: string
  owner_id: string
  ticket_type_id: string
  seat_id: string | null
}

/** Ends the live tickets of a booking and frees their places. For booking only; there may be none (left) to end. */
export async function cancelTickets(
  { deps, ...scope }: Context,
  bookingId: string,
  reason: 'REFUNDED' | 'CANCELLED',
): Promise<boolean> {
  requireService(scope, 'booking')
  requireId(bookingId, 'bookingId')
  const { eventId, change } = await transact(deps.db, (tx) => end(tx, bookingId, reason))
  if (change) publishSeats(deps, change)
  else if (eventId) publishStock(deps.news, eventId)
  return true
}

async function end(
  tx: Tx,
  bookingId: string,
  reason: 'REFUNDED' | 'CANCELLED',
): Promise<{ eventId: string | null; change: SeatMapChange | null }> {
  // The hold's row is what everything about a booking's places meets at.
  await tx.$queryRaw`SELECT id FROM holds WHERE booking_id = ${bookingId}::uuid FOR NO KEY UPDATE`
  const tickets = await tx.$queryRaw<EndedTicket[]>`UPDATE tickets SET status = ${reason}
    WHERE booking_id = ${bookingId}::uuid AND status IN ('VALID', 'USED') RETURNING event_id, owner_id, ticket_type_id, seat_id`
  const [first] = tickets
  if (!first) return { eventId: null, change: null }
  const eventId = first.event_id
  const lines = tickets.map((ticket) => ({ ticketTypeId: ticket.ticket_type_id, quantity: 1 }))
  const seatIds = tickets.flatMap((ticket) => ticket.seat_id ?? [])
  const freed =
    seatIds.length > 0 ? await moveSeats(tx, { eventId, seatIds, from: 'SOLD', to: 'AVAILABLE' }) : []
  if (freed.length !== seatIds.length) throw new Error(`a ticket of booking ${bookingId} had lost its seat`)
  await lowerAllowances(tx, takings(first.owner_id, lines))
  const moves = stockMoves(lines, 'sold', 'available')
  if (seatIds.length > 0) return { eventId, change: await settleSeats(tx, eventId, seatIds, moves) }
  await moveStock(tx, moves)
  return { eventId, change: null }
}
