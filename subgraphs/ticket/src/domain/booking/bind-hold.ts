import { transaction } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import {
  type BoundHold,
  findBoundHold,
  findHoldOfBooking,
  updateHoldBooking,
} from '../allocation/bound-hold-store.ts'
import { type Hold, requireOwnHold, requireQuantity } from '../allocation/hold.ts'
import { endHolds } from '../allocation/hold-ender.ts'
import { findHold } from '../allocation/hold-store.ts'
import { requireOpenType } from '../allocation/sale-reads.ts'
import { type Db, InventoryMismatch, type Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { BookingHoldsAlready, HoldExpired } from '../errors.ts'
import { allocateBestSeats } from '../holds/hold-best-seats.ts'
import { allocateStock } from '../holds/hold-tickets.ts'
import { moveStockOfSeats } from '../inventory/stock-store.ts'
import { publishChange } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats } from '../seat-map/seat-store.ts'

/**
 * Binds the viewer's active hold to a booking and renews it, once, to a full payment window. Repeating it gives the same answer,
 * whatever has become of the hold in between.
 * @throws NotFound (not the viewer's), HoldExpired, Conflict (the hold has another booking, or the booking another hold).
 */
export async function bindHold(
  deps: Deps,
  viewer: Viewer,
  input: { holdId: string; bookingId: string },
): Promise<BoundHold> {
  const holdId = parseInput(idSchema, input.holdId, 'holdId')
  const bookingId = parseInput(idSchema, input.bookingId, 'bookingId')
  const seconds = deps.settings.HOLD_SECONDS
  const started = performance.now()
  const bound = await transaction(deps.db, (tx) =>
    bind(tx, { holdId, bookingId, userId: viewer.id }, seconds),
  )
  if (!bound) {
    const hold = requireOwnHold(await findHold(deps.db, holdId), holdId, viewer)
    if (hold.bookingId === null) throw new HoldExpired(holdId)
    if (hold.bookingId !== bookingId) throw new Conflict('Another booking has this hold.', { holdId })
  } else if (bound.change) {
    const { eventId, seatIds, change } = bound
    publishChange(deps.live, eventId, change)
    deps.seatClaims.confirm(eventId, seatIds, holdId, seconds * 1000 - (performance.now() - started))
  }
  return requireBoundHold(deps.db, holdId)
}

interface Bound {
  eventId: string
  seatIds: string[]
  /** Null for general admission. */
  change: SeatMapChange | null
}

/** @returns null when the user has no such active, unbound hold. */
async function bind(
  tx: Tx,
  binding: { holdId: string; bookingId: string; userId: string },
  seconds: number,
): Promise<Bound | null> {
  const { holdId } = binding
  const bound = await updateHoldBooking(tx, binding, seconds)
  if (!bound) return null
  const { eventId, seatIds } = bound
  if (seatIds.length === 0) return { ...bound, change: null }
  // The seats' own time is what watchers are shown: it moves with the hold's.
  const renewed = await moveSeats(tx, {
    eventId,
    seatIds,
    from: 'HELD',
    to: 'HELD',
    fromHolds: [holdId],
    holds: { ids: seatIds.map(() => holdId), seconds },
  })
  if (renewed.length !== seatIds.length) throw new InventoryMismatch(`hold ${holdId} no longer has its seats`)
  return { ...bound, change: await moveStockOfSeats(tx, eventId, seatIds, []) }
}

/** What is to be held for a booking. */
interface BookingRequest {
  bookingId: string
  ticketTypeId: string
  quantity: number
}

/**
 * Holds general admission, or the best seats of a seated type, for a booking of the viewer. Repeating it gives the same hold.
 * @throws as holdTickets and holdBestSeats; HoldExpired on a repeat whose hold is over; Conflict when the booking holds something
 *   else.
 */
export async function takeForBooking(deps: Deps, viewer: Viewer, input: BookingRequest): Promise<BoundHold> {
  const request = {
    userId: viewer.id,
    bookingId: parseInput(idSchema, input.bookingId, 'bookingId'),
    ticketTypeId: parseInput(idSchema, input.ticketTypeId, 'ticketTypeId'),
    quantity: input.quantity,
  }
  requireQuantity(request.quantity, 'quantity')
  await allocateOnce(deps, request)
  const hold = requireSameHold(await findHoldOfBooking(deps.db, request.bookingId), request)
  return requireBoundHold(deps.db, hold.id)
}

type BuyersRequest = BookingRequest & { userId: string }

async function allocateOnce(deps: Deps, request: BuyersRequest): Promise<void> {
  const { userId, bookingId, ticketTypeId, quantity } = request
  if (await findHoldOfBooking(deps.db, bookingId)) return
  const type = await requireOpenType(deps, ticketTypeId)
  if (!type.seated) {
    await allocateStock(deps, { userId, bookingId }, type, quantity)
    return
  }
  try {
    await allocateBestSeats(deps, { userId, bookingId }, type, quantity)
  } catch (error) {
    // A call for the same booking was faster: its hold is the answer.
    if (!(error instanceof BookingHoldsAlready)) throw error
  }
}

/** The booking's hold, when it is what was asked for and not over. */
function requireSameHold(hold: Hold | null, request: BuyersRequest): Hold {
  const isSame =
    hold?.userId === request.userId &&
    hold.items.every((item) => item.ticketTypeId === request.ticketTypeId) &&
    hold.items.reduce((sum, item) => sum + item.quantity, 0) === request.quantity
  if (!hold || !isSame) throw new BookingHoldsAlready(request.bookingId)
  if (hold.status === 'EXPIRED' || hold.status === 'RELEASED') throw new HoldExpired(hold.id)
  return hold
}

async function requireBoundHold(db: Db, holdId: string): Promise<BoundHold> {
  const bound = await findBoundHold(db, holdId)
  if (!bound) throw new Error(`hold ${holdId} has no items`)
  return bound
}

/** Frees what a booking holds. Issued tickets stay, and there may be nothing (left) to free. */
export async function releaseBooking(deps: Deps, id: string): Promise<true> {
  const hold = await findHoldOfBooking(deps.db, parseInput(idSchema, id, 'bookingId'))
  if (hold) await endHolds(deps, { eventId: hold.eventId, holdIds: [hold.id], to: 'RELEASED' })
  return true
}
