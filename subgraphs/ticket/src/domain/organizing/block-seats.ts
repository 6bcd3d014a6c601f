import { NotFound } from '@karcis/kit/errors'
import { parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import type { Context } from '../deps.ts'
import { SeatsUnavailable } from '../errors.ts'
import { expireHoldsOfSeats } from '../allocation/expire-holds.ts'
import { idsSchema, requireId } from '../input.ts'
import { publishSeats } from '../live.ts'
import { requireOrganizer } from './require-organizer.ts'
import type { Seat, SeatMapChange } from '../seat-map/seat.ts'
import { missingFrom, moveSeats } from '../seat-map/seat-moves.ts'
import { seatsById } from '../seat-map/seat-store.ts'
import { settleSeats, stockMoves } from '../inventory/stock-store.ts'
import { type Tx, transact } from '../database.ts'

const MOST_SEATS = 1_000

/** Takes free seats of an event of the viewer out of sale, all of them or none. @throws Forbidden, NotFound, SeatsUnavailable. */
export const blockSeats = (context: Context, eventId: string, seatIds: string[]): Promise<Seat[]> =>
  change(context, eventId, seatIds, 'block')

/** Puts blocked seats of an event of the viewer on sale again, all of them or none. @throws Forbidden, NotFound, SeatsUnavailable. */
export const unblockSeats = (context: Context, eventId: string, seatIds: string[]): Promise<Seat[]> =>
  change(context, eventId, seatIds, 'unblock')

async function change(
  { deps, ...scope }: Context,
  eventId: string,
  ids: string[],
  action: 'block' | 'unblock',
): Promise<Seat[]> {
  requireRole(scope, 'ORGANIZER')
  requireId(eventId, 'eventId')
  const seatIds = parseInput(idsSchema(MOST_SEATS), ids, 'seatIds')
  await requireOrganizer(deps, scope, eventId)
  const seats = (await seatsById(deps.db, seatIds)).filter((seat) => seat.eventId === eventId)
  const [unknown] = missingFrom(
    seatIds,
    seats.map((seat) => seat.id),
  )
  if (unknown) throw new NotFound('seat of this event', unknown)
  if (action === 'block') await expireHoldsOfSeats(deps, seatIds)
  const done = await transact(deps.db, (tx) => move(tx, eventId, seats, action))
  publishSeats(deps, done)
  return done.seats
}

async function move(
  tx: Tx,
  eventId: string,
  seats: Seat[],
  action: 'block' | 'unblock',
): Promise<SeatMapChange> {
  const seatIds = seats.map((seat) => seat.id)
  const path =
    action === 'block'
      ? ({ from: 'AVAILABLE', to: 'BLOCKED' } as const)
      : ({ from: 'BLOCKED', to: 'AVAILABLE' } as const)
  const moved = await moveSeats(tx, { eventId, seatIds, ...path })
  if (moved.length !== seatIds.length) {
    throw new SeatsUnavailable(
      missingFrom(seatIds, moved),
      `Some of these seats are not ${path.from.toLowerCase()}.`,
    )
  }
  const lines = seats.map(({ ticketTypeId }) => ({ ticketTypeId, quantity: 1 }))
  // A blocked seat is outside the quota, so the stock of its type adds up without it.
  const moves =
    action === 'block' ? stockMoves(lines, 'available', null) : stockMoves(lines, null, 'available')
  return settleSeats(tx, eventId, seatIds, moves)
}
