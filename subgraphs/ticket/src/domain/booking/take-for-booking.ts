import { refusalOf } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { requireService, requireViewer } from '@karcis/kit/viewer'
import type { Context, Deps } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { type BoundHold, type Hold, requireQuantity } from '../allocation/hold.ts'
import { takeBestSeats } from '../holds/hold-best-seats.ts'
import { boundHold, holdsOfBookings } from '../allocation/hold-store.ts'
import { takeStock } from '../holds/hold-tickets.ts'
import { requireId } from '../input.ts'
import { openTypes } from '../holds/open-sale.ts'

/** What a booking wants taken. */
interface Wish {
  userId: string
  bookingId: string
  ticketTypeId: string
  quantity: number
}

/**
 * Takes general admission, or the best seats of a seated type, for a booking of the viewer. For booking only; repeating it gives
 * the same hold.
 * @throws as holdTickets and holdBestSeats; HoldExpired on a repeat whose hold is over; Conflict when the booking holds something else.
 */
export async function takeForBooking(
  { deps, ...scope }: Context,
  bookingId: string,
  ticketTypeId: string,
  quantity: number,
): Promise<BoundHold> {
  requireService(scope, 'booking')
  const viewer = requireViewer(scope)
  requireId(bookingId, 'bookingId')
  requireId(ticketTypeId, 'ticketTypeId')
  requireQuantity(quantity, 'quantity')
  const wish = { userId: viewer.id, bookingId, ticketTypeId, quantity }
  await takeOnce(deps, wish)
  const [hold] = await holdsOfBookings(deps.db, [bookingId])
  return boundHold(deps.db, requireAnswer(hold, wish).id)
}

async function takeOnce(deps: Deps, { userId, bookingId, ticketTypeId, quantity }: Wish): Promise<void> {
  const [known] = await holdsOfBookings(deps.db, [bookingId])
  if (known) return
  const type = (await openTypes(deps, [ticketTypeId])).get(ticketTypeId)
  if (!type) return
  if (!type.seated) {
    await takeStock(deps, { userId, bookingId }, type, quantity)
    return
  }
  try {
    await takeBestSeats(deps, { userId, bookingId }, type, quantity)
  } catch (error) {
    // A call for the same booking was faster: its hold is the answer.
    if (refusalOf(error).constraint !== 'holds_booking_once') throw error
  }
}

/** The booking's hold, when it is what was asked for and not over. */
function requireAnswer(hold: Hold | undefined, { userId, bookingId, ticketTypeId, quantity }: Wish): Hold {
  const fits =
    hold?.userId === userId &&
    hold.items.every((item) => item.ticketTypeId === ticketTypeId) &&
    hold.items.reduce((sum, item) => sum + item.quantity, 0) === quantity
  if (!hold || !fits) throw new Conflict('This booking holds something else already.', { bookingId })
  if (hold.status === 'EXPIRED' || hold.status === 'RELEASED') throw new HoldExpired(hold.id)
  return hold
}
