import { BadUserInput, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema, newId } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { type Hold, queuePassSchema, requireSale } from '../allocation/hold.ts'
import { expireHolds } from '../allocation/hold-ender.ts'
import { requirePlacesOfOneHold } from '../allocation/limits.ts'
import { requireOpenTypes } from '../allocation/sale-reads.ts'
import { withSeatClaim } from '../allocation/seat-claims.ts'
import type { Deps } from '../deps.ts'
import { OrphanSeat, SeatsUnavailable } from '../errors.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { leftAlone, orphansOf } from '../seat-map/orphan-rule.ts'
import { type ChosenSeat, findRowsAround } from '../seat-map/row-store.ts'
import { missingFrom, seatIdsSchema } from '../seat-map/seat.ts'
import type { Buyer } from '../waiting-room/gate.ts'

const MAX_IDS = 1_000
const inputSchema = z.object({
  eventId: idSchema,
  seatIds: seatIdsSchema(MAX_IDS),
  queuePass: queuePassSchema,
})

/**
 * Holds the chosen seats of an event for the viewer, all of them or none, for HOLD_SECONDS.
 * @param holdId of the hold to make; a new one, unless given.
 * @throws SeatsUnavailable, OrphanSeat, EventNotBookable, SalesPaused, QueueRequired, SaleNotOpen, LimitExceeded, NotFound (a seat of no or another event).
 */
export async function holdSeats(
  deps: Deps,
  viewer: Viewer,
  input: unknown,
  holdId: string = newId(),
): Promise<Hold> {
  const { eventId, seatIds, queuePass } = parseInput(inputSchema, input)
  const buyer = { userId: viewer.id, queuePass }
  return holdChosen(deps, buyer, { eventId, seatIds, items: [] }, holdId)
}

/** Chosen seats of one event, and general admission beside them. */
export interface ChosenPlaces {
  eventId: string
  seatIds: readonly string[]
  items: readonly { ticketTypeId: string; quantity: number }[]
}

/**
 * Holds what somebody has chosen, all of it or none.
 * @throws as holdSeats; SoldOut, and BadUserInput for an item of a type that has seats.
 */
export async function holdChosen(
  deps: Deps,
  buyer: Buyer,
  { eventId, seatIds, items }: ChosenPlaces,
  holdId: string = newId(),
): Promise<Hold> {
  const owner = { userId: buyer.userId, bookingId: null }
  await deps.waitingRoom.gate.requirePassEarly(buyer, eventId)
  const total = items.reduce((sum, { quantity }) => sum + quantity, seatIds.length)
  await requirePlacesOfOneHold(deps, { ...owner, eventId }, total)
  const allocate = async () => {
    const rows = await deps.saleReads.neighbourhoods(eventId, seatIds)
    const seats = requireChosen(rows, seatIds)
    const typeIds = [...seats, ...items].map(({ ticketTypeId }) => ticketTypeId)
    const types = await requireOpenTypes(deps, buyer, [...new Set(typeIds)])
    for (const type of types.values()) requireSale(type)
    for (const [at, { ticketTypeId }] of items.entries())
      requireWithoutSeats(types.get(ticketTypeId), { ticketTypeId, eventId }, at)
    requireFree(seats)
    await requireNoOrphan(deps, eventId, rows, seatIds)
    const lapsed = seats.filter((seat) => seat.lapsed).map((seat) => seat.id)
    if (lapsed.length > 0) await expireHolds(deps, { seatIds: lapsed })
    return deps.seatAllocator.submit(eventId, { ...owner, holdId, seats, places: items })
  }
  return withSeatClaim(deps, eventId, seatIds, allocate, holdId)
}

/** @param at which of the items it is. @throws NotFound for a type of another event, BadUserInput for one that has seats. */
function requireWithoutSeats(
  type: TicketType | undefined,
  { ticketTypeId, eventId }: { ticketTypeId: string; eventId: string },
  at: number,
): void {
  if (type?.eventId !== eventId) throw new NotFound('ticket type of this event', ticketTypeId)
  const message = 'has seats: choose them by seatIds, or leave seatIds out to be given the best'
  if (type.seated) throw new BadUserInput([{ path: `input.items.${at}.ticketTypeId`, message }])
}

/** The seats as they stand. @throws NotFound for one that the event does not have. */
function requireChosen(rows: readonly ChosenSeat[][], seatIds: readonly string[]): ChosenSeat[] {
  const wanted = new Set(seatIds)
  const chosen = rows.flatMap((row) => row.filter((seat) => wanted.has(seat.id)))
  const [unknown] = missingFrom(
    seatIds,
    chosen.map((seat) => seat.id),
  )
  if (unknown) throw new NotFound('seat of this event', unknown)
  return chosen
}

/** @throws SeatsUnavailable. */
function requireFree(chosen: readonly ChosenSeat[]): void {
  const taken = chosen.filter((seat) => !seat.free)
  if (taken.length > 0) throw new SeatsUnavailable(taken.map((seat) => seat.id))
}

/**
 * Whole rows, of which the rest decides whether there was a better choice, are read only where somebody would be left alone.
 * @param around the seats and those beside them. @throws OrphanSeat.
 */
async function requireNoOrphan(
  { db }: Deps,
  eventId: string,
  around: readonly ChosenSeat[][],
  seatIds: readonly string[],
): Promise<void> {
  const wanted = new Set(seatIds)
  if (!around.some((row) => leftAlone(row, wanted).length > 0)) return
  const rows = await findRowsAround(db, eventId, seatIds)
  const orphans = rows.flatMap((row) => orphansOf(row, wanted))
  if (orphans.length > 0) throw new OrphanSeat(orphans)
}
