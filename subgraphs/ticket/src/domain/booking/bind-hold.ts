import type { BoundHold, WantedItem } from '@karcis/kit/contracts/bound-hold'
import { transaction } from '@karcis/kit/database'
import { Conflict, KarcisError, NotFound } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema } from '@karcis/kit/ids'
import type { Reads } from '@karcis/kit/reads'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { allocateItems } from '../allocation/allocate-items.ts'
import {
  absorbHolds,
  findBoundHold,
  findHoldOfBooking,
  type HoldBinding,
  updateHoldBookings,
} from '../allocation/bound-hold-store.ts'
import { type Hold, MAX_PLACES_PER_HOLD } from '../allocation/hold.ts'
import { endHolds } from '../allocation/hold-ender.ts'
import { findHold } from '../allocation/hold-store.ts'
import { InventoryMismatch, type Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { BookingHoldsAlready, HoldExpired } from '../errors.ts'
import { requireOpenEvent } from '../allocation/known-events.ts'
import { moveStockOfSeats } from '../inventory/stock-store.ts'
import { publishChange } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats } from '../seat-map/seat-store.ts'
import { requireWanted, wantedItems } from './quote.ts'

/**
 * Binds the viewer's active hold to a booking and renews it, once, to a full payment window. Repeating it gives the same answer for
 * as long as the hold keeps its places.
 * @throws NotFound (not the viewer's), HoldExpired (it has ended, also on a repeat), Conflict (the hold has another booking, or the
 *   booking another hold), EventNotBookable, SalesPaused.
 */
export async function bindHold(
  deps: Deps,
  viewer: Viewer,
  input: { holdId: string; bookingId: string },
): Promise<BoundHold> {
  const holdId = parseInput(idSchema, input.holdId, 'holdId')
  const bookingId = parseInput(idSchema, input.bookingId, 'bookingId')
  const binding = { holdId, bookingId, userId: viewer.id, absorbed: [] }
  // Mostly it can be bound. What is in the way, if anything, is looked for after that.
  const bound = await bindNow(deps, binding)
  if (typeof bound === 'object') return bound
  if (!bound) {
    const { eventId, bookingId: boundTo } = await requireBindable(deps, viewer, holdId, bookingId)
    if (boundTo === null) {
      await requireOpenEvent(deps, eventId)
      // Its owner says that the event takes bookings, other than was known here.
      if (!(await bindNow(deps, binding))) {
        // Something has come in between: the hold's end, a pause, or the same call from elsewhere, whose answer is the same.
        const now = await requireBindable(deps, viewer, holdId, bookingId)
        if (now.bookingId === null) await requireOpenEvent(deps, eventId)
        if (now.bookingId === null) throw new HoldExpired(holdId)
      }
    }
  }
  return requireBoundHold(deps.reads, holdId)
}

/**
 * The viewer's own hold, when it keeps places, or tickets that it became, for this booking or for none yet.
 * @throws NotFound, Conflict, HoldExpired.
 */
async function requireBindable(
  { db }: Deps,
  viewer: Viewer,
  holdId: string,
  bookingId: string,
): Promise<Hold> {
  const hold = await findHold(db, holdId)
  if (hold?.userId !== viewer.id) throw new NotFound('hold', holdId) // admins may see it, but not book it
  if (hold.bookingId !== null && hold.bookingId !== bookingId)
    throw new Conflict('Another booking has this hold.', { holdId })
  if (hold.status === 'EXPIRED' || hold.status === 'RELEASED') throw new HoldExpired(holdId)
  return hold
}

/**
 * Binds several active holds of the viewer, of one event, to one booking: the first takes in what the others keep, which end with that.
 * All of them or none. Repeating it gives the same answer for as long as the places are kept.
 * @throws NotFound (not the viewer's), HoldExpired naming one that has ended, Conflict (one has another booking, or is of another
 *   event), EventNotBookable, SalesPaused.
 */
export async function bindHolds(
  deps: Deps,
  viewer: Viewer,
  input: { holdIds: readonly string[]; bookingId: string },
): Promise<BoundHold> {
  const [holdId, ...absorbed] = parseInput(holdIdsSchema, input.holdIds, 'holdIds')
  if (holdId === undefined) throw new Error('the ids were not checked')
  const bookingId = parseInput(idSchema, input.bookingId, 'bookingId')
  const bound = await findHoldOfBooking(deps.db, bookingId)
  if (!bound && absorbed.length > 0) {
    await bindTogether(deps, { holdId, bookingId, userId: viewer.id, absorbed }, viewer).catch(
      async (error: unknown) => {
        // The same call from elsewhere was faster: what it has bound is the answer.
        if (!(await findHoldOfBooking(deps.db, bookingId))) throw error
      },
    )
  }
  return bindHold(deps, viewer, { holdId, bookingId })
}

async function bindTogether(deps: Deps, binding: Binding, viewer: Viewer): Promise<void> {
  const ids = [binding.holdId, ...binding.absorbed]
  const holds = await Promise.all(ids.map((id) => requireBindable(deps, viewer, id, binding.bookingId)))
  const [first = '', ...others] = holds.map(({ eventId }) => eventId)
  if (others.some((eventId) => eventId !== first)) throw new Conflict('These holds are of several events.')
  await requireOpenEvent(deps, first)
  await bindNow(deps, binding)
}

/** The holds of one booking, each once. */
const holdIdsSchema = z
  .array(idSchema)
  .min(1, 'must name at least one')
  .max(MAX_PLACES_PER_HOLD, `must name at most ${MAX_PLACES_PER_HOLD}`)
  .refine((ids) => new Set(ids).size === ids.length, 'must not name one twice')

interface Binding extends HoldBinding {
  /** Other holds whose places it is to keep too. */
  absorbed: readonly string[]
}

/** Mostly it is one hold without seats. @returns that one as it is bound; of any other, whether there was such a hold to bind. */
async function bindNow(deps: Deps, binding: Binding): Promise<BoundHold | boolean> {
  const alone = binding.absorbed.length === 0 ? await deps.holdBinder.submit('', binding) : null
  const seconds = deps.settings.HOLD_SECONDS
  const started = performance.now()
  const bound = alone ? null : await transaction(deps.db, (tx) => bind(tx, binding, seconds))
  if (alone ?? bound) await faultPoint('bind-hold/bound')
  if (bound?.change) {
    const { eventId, seatIds, change } = bound
    publishChange(deps.live, eventId, change)
    for (const id of binding.absorbed) deps.seatClaims.release(eventId, seatIds, id)
    deps.seatClaims.confirm(eventId, seatIds, binding.holdId, seconds * 1000 - (performance.now() - started))
  }
  return alone ?? bound !== null
}

interface Bound {
  eventId: string
  seatIds: string[]
  /** Null for general admission. */
  change: SeatMapChange | null
}

/** @returns null when the user has no such active, unbound hold. */
async function bind(tx: Tx, binding: Binding, seconds: number): Promise<Bound | null> {
  const { holdId, absorbed } = binding
  if (absorbed.length > 0) await absorbHolds(tx, binding)
  const [bound] = await updateHoldBookings(tx, [binding], seconds)
  if (!bound && absorbed.length > 0) throw new HoldExpired(holdId) // and the others keep what they had
  if (!bound) return null
  const { eventId, seatIds } = bound
  if (seatIds.length === 0) return { ...bound, change: null }
  // The seats' own time is what watchers are shown: it moves with the hold's.
  const renewed = await moveSeats(tx, {
    eventId,
    seatIds,
    from: 'HELD',
    to: 'HELD',
    fromHolds: [holdId, ...absorbed],
    holds: { ids: seatIds.map(() => holdId), seconds },
  })
  if (renewed.length !== seatIds.length) throw new InventoryMismatch(`hold ${holdId} no longer has its seats`)
  return { ...bound, change: await moveStockOfSeats(tx, eventId, seatIds, []) }
}

/**
 * Holds places of one or several types of one event for a booking of the viewer, all or nothing: general admission, and the best
 * seats of those that have seats. Repeating it gives the same hold.
 * @throws as holdTickets and holdBestSeats; HoldExpired on a repeat whose hold is over; Conflict when the booking holds something
 *   else.
 */
export async function takeForBooking(
  deps: Deps,
  viewer: Viewer,
  input: { bookingId: string; items: readonly WantedItem[] },
): Promise<BoundHold> {
  const bookingId = parseInput(idSchema, input.bookingId, 'bookingId')
  const items = parseInput(wantedItems, input.items, 'items')
  const owner = { userId: viewer.id, bookingId }
  if (!(await findHoldOfBooking(deps.db, bookingId))) {
    const wanted = await requireWanted(deps, viewer, items)
    try {
      await allocateItems(deps, owner, wanted)
      await faultPoint('take-places/taken')
    } catch (error) {
      // A call for the same booking was faster, and what it holds was in the way of this one: its hold is the answer.
      if (!(error instanceof KarcisError) || !(await findHoldOfBooking(deps.db, bookingId))) throw error
    }
  }
  const hold = requireSameHold(await findHoldOfBooking(deps.db, bookingId), owner, items)
  return requireBoundHold(deps.reads, hold.id)
}

/** The booking's hold, when it is what was asked for and not over. */
function requireSameHold(
  hold: Hold | null,
  { userId, bookingId }: { userId: string; bookingId: string },
  items: readonly WantedItem[],
): Hold {
  const had = new Map<string, number>()
  for (const { ticketTypeId, quantity } of hold?.items ?? [])
    had.set(ticketTypeId, quantity + (had.get(ticketTypeId) ?? 0))
  const isSame =
    hold?.userId === userId &&
    had.size === items.length &&
    items.every(({ ticketTypeId, quantity }) => had.get(ticketTypeId) === quantity)
  if (!hold || !isSame) throw new BookingHoldsAlready(bookingId)
  if (hold.status === 'EXPIRED' || hold.status === 'RELEASED') throw new HoldExpired(hold.id)
  return hold
}

export async function requireBoundHold(db: Reads, holdId: string): Promise<BoundHold> {
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
