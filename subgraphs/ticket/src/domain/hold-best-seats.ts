import { BadUserInput, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context, Deps } from '../context.ts'
import { longestRun, rankBestSeats } from './best-seats.ts'
import { SeatsUnavailable, SoldOut } from './errors.ts'
import { expireHoldsOfTypes } from './expire-holds.ts'
import { type Hold, requireOwnHold, requireQuantity, requireSale } from './hold.ts'
import { holdsById } from './hold-store.ts'
import { openTypes } from './open-sale.ts'
import { rowsOfType } from './row-store.ts'
import { seatMapsOf } from './seat-store.ts'
import { takeSeats, withClaim } from './take-seats.ts'
import type { TicketType } from './ticket-type.ts'

/** Readings of the map before giving up: each follows a lost race for every way that the one before had shown. */
const MAX_READINGS = 20
const inputSchema = z.object({ eventId: idSchema, ticketTypeId: idSchema, quantity: z.number().int() })

/** Whose seats they will be. */
export interface SeatTaker {
  userId: string
  bookingId: string | null
}

/**
 * Holds the best seats that are left of a ticket type, side by side.
 * @throws SoldOut when no row has as many neighbours left; EventNotBookable, SaleNotOpen, LimitExceeded, NotFound, BadUserInput.
 */
export async function holdBestSeats({ deps, ...scope }: Context, input: unknown): Promise<Hold> {
  const viewer = requireViewer(scope)
  const { eventId, ticketTypeId, quantity } = parseInput(inputSchema, input)
  requireQuantity(quantity, 'input.quantity')
  const type = (await openTypes(deps, [ticketTypeId])).get(ticketTypeId)
  if (type?.eventId !== eventId) throw new NotFound('ticket type of this event', ticketTypeId)
  if (!type.seated)
    throw new BadUserInput([{ path: 'input.ticketTypeId', message: 'has no seats: use holdTickets' }])
  const holdId = await takeBestSeats(deps, { userId: viewer.id, bookingId: null }, type, quantity)
  return requireOwnHold((await holdsById(deps.db, [holdId]))[0], holdId, viewer)
}

/**
 * Takes the best seats of a type whose event is open. Seats lost to another buyer count as taken and the next best are tried;
 * when all that one reading had shown are lost, the map is read again, until nothing is left.
 * @returns id of the hold.
 */
export async function takeBestSeats(
  deps: Deps,
  taker: SeatTaker,
  type: TicketType,
  quantity: number,
): Promise<string> {
  requireSale(type, quantity)
  const [map] = await seatMapsOf(deps.db, [type.eventId])
  let losses = 0
  for (let reading = 0; reading < MAX_READINGS; reading++) {
    const { rows, seats } = await rowsOfType(deps.db, type.id, map?.focal ?? null)
    if (seats.some((seat) => seat.lapsed)) await expireHoldsOfTypes(deps, type.eventId, [type.id])
    const lossesBefore = losses
    for (let ways = rankBestSeats(rows, quantity); ways.length > 0; ways = rankBestSeats(rows, quantity)) {
      // Whoever lost a race looks a little further each time, so that a crowd does not meet at the same seats again.
      const seatIds = ways[Math.floor(Math.random() * Math.min(ways.length, 2 ** losses))] ?? []
      try {
        return await withClaim(deps, type.eventId, seatIds, (holdId) =>
          takeSeats(deps, holdId, {
            ...taker,
            eventId: type.eventId,
            seats: seatIds.map((id) => ({ id, ticketTypeId: type.id })),
            types: new Map([[type.id, type]]),
          }),
        )
      } catch (error) {
        if (!(error instanceof SeatsUnavailable)) throw error
        losses += 1
        const lost = new Set(error.facts.seatIds as string[])
        for (const seat of seats) if (lost.has(seat.id)) seat.free = false
      }
    }
    if (losses === lossesBefore) throw new SoldOut(seats.filter((seat) => seat.free).length, longestRun(rows))
  }
  throw new ServiceUnavailable('Too many people want these seats at this moment. Try again.')
}
