import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { expireHolds } from '../allocation/hold-ender.ts'
import { withOffers } from '../allocation/offers.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { SeatsUnavailable } from '../errors.ts'
import { requireOwnEvent } from '../allocation/known-events.ts'
import { moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import { publishChange } from '../live.ts'
import { missingFrom, type Seat, type SeatMapChange, seatIdsSchema } from '../seat-map/seat.ts'
import { findSeats, moveSeats } from '../seat-map/seat-store.ts'

const MAX_SEATS = 1_000

/** Seats of one event, as they are named by whoever organizes it. */
interface SeatsInput {
  eventId: string
  seatIds: string[]
}

/**
 * Takes free seats of an event of the viewer's out of sale, all of them or none.
 * @throws Forbidden, NotFound, SeatsUnavailable, BadUserInput.
 */
export const blockSeats = (deps: Deps, viewer: Viewer, input: SeatsInput): Promise<Seat[]> =>
  changeSeats(deps, viewer, input, 'block')

/**
 * Puts blocked seats of an event of the viewer's on sale again, all of them or none.
 * @throws Forbidden, NotFound, SeatsUnavailable, BadUserInput.
 */
export const unblockSeats = (deps: Deps, viewer: Viewer, input: SeatsInput): Promise<Seat[]> =>
  changeSeats(deps, viewer, input, 'unblock')

type Action = 'block' | 'unblock'

async function changeSeats(deps: Deps, viewer: Viewer, input: SeatsInput, action: Action): Promise<Seat[]> {
  requireRole({ viewer }, 'ORGANIZER')
  const eventId = parseInput(idSchema, input.eventId, 'eventId')
  const seatIds = parseInput(seatIdsSchema(MAX_SEATS), input.seatIds, 'seatIds')
  await requireOwnEvent(deps, viewer, eventId)
  const found = await findSeats(deps.db, seatIds)
  const seats = [...found.values()].filter((seat) => seat.eventId === eventId)
  const [unknown] = missingFrom(
    seatIds,
    seats.map((seat) => seat.id),
  )
  if (unknown) throw new NotFound('seat of this event', unknown)
  if (action === 'block') await expireHolds(deps, { seatIds })
  const change = await transaction(deps.db, (tx) => move(tx, eventId, seats, action))
  publishChange(deps.live, eventId, change)
  return change.seats
}

async function move(tx: Tx, eventId: string, seats: Seat[], action: Action): Promise<SeatMapChange> {
  const seatIds = seats.map((seat) => seat.id)
  const path =
    action === 'block'
      ? ({ from: 'AVAILABLE', to: 'BLOCKED' } as const)
      : ({ from: 'BLOCKED', to: 'AVAILABLE' } as const)
  const types = seats.map((seat) => seat.ticketTypeId)
  const moved = await moveSeats(tx, { eventId, seatIds, types, ...path })
  if (moved.length !== seatIds.length) {
    throw new SeatsUnavailable(
      missingFrom(seatIds, moved),
      `Some of these seats are not ${path.from.toLowerCase()}, or were given another ticket type just now.`,
    )
  }
  const items = seats.map(({ ticketTypeId }) => ({ ticketTypeId, quantity: 1 }))
  // A blocked seat is outside the quota, so the stock of its type adds up without it.
  const moves =
    action === 'block' ? stockMoves(items, 'available', null) : stockMoves(items, null, 'available')
  const change = await moveStockOfSeats(tx, eventId, seatIds, moves)
  return withOffers(tx, change, types)
}
