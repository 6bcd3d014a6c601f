import { BadUserInput, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context, Deps } from '../deps.ts'
import { SeatsUnavailable, SoldOut } from '../errors.ts'
import { expireHoldsOfSeats } from '../allocation/expire-holds.ts'
import { type Hold, requireQuantity, requireSale } from '../allocation/hold.ts'
import { openTypes } from './open-sale.ts'
import { type ChoosableSeat, type RowPlace, rowPlaces } from '../seat-map/row-store.ts'
import { searchSeats } from '../seat-map/seat-search.ts'
import { withClaim } from './claim-seats.ts'
import type { TicketType } from '../inventory/ticket-type.ts'

/** Searches before giving up: each follows a lost race for every way that the one before had shown. */
const MAX_SEARCHES = 20
/** Among how many ways, at most, somebody who lost races chooses. */
const WIDEST_CHOICE = 256
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
  return takeBestSeats(deps, { userId: viewer.id, bookingId: null }, type, quantity)
}

/**
 * Takes the best seats of a type whose event is open. Seats lost to another buyer count as taken and the next best are tried;
 * when all that one search had shown are lost, another begins, until nothing is left.
 */
export async function takeBestSeats(
  deps: Deps,
  taker: SeatTaker,
  type: TicketType,
  quantity: number,
): Promise<Hold> {
  requireSale(type, quantity)
  const places = await placesOf(deps, type.id)
  let losses = 0
  for (let round = 0; round < MAX_SEARCHES; round++) {
    const search = searchSeats(deps.db, places, quantity)
    const lossesBefore = losses
    for (;;) {
      // Whoever lost a race looks a little further each time, so that a crowd does not meet at the same seats again.
      const ways = await search.best(Math.min(2 ** losses, WIDEST_CHOICE))
      const seats = ways[Math.floor(Math.random() * ways.length)]
      if (!seats) break
      try {
        return await takeWay(deps, taker, type, seats)
      } catch (error) {
        if (!(error instanceof SeatsUnavailable)) throw error
        losses += 1
        search.lose(error.facts.seatIds as string[])
      }
    }
    const { remaining, adjacent } = search.rest()
    if (losses === lossesBefore) throw new SoldOut(remaining, adjacent)
  }
  throw new ServiceUnavailable('Too many people want these seats at this moment. Try again.')
}

function takeWay(
  deps: Deps,
  taker: SeatTaker,
  type: TicketType,
  seats: readonly ChoosableSeat[],
): Promise<Hold> {
  const { eventId } = type
  const types = new Map([[type.id, type]])
  return withClaim(
    deps,
    eventId,
    seats.map((seat) => seat.id),
    async (holdId) => {
      const lapsed = seats.filter((seat) => seat.lapsed).map((seat) => seat.id)
      if (lapsed.length > 0) await expireHoldsOfSeats(deps, lapsed)
      return deps.seatTaker.submit(eventId, { ...taker, holdId, seats, types })
    },
  )
}

/** Where the rows of a type stand: read once, for it never changes. */
async function placesOf({ db, rowPlaces: known }: Deps, ticketTypeId: string): Promise<RowPlace[]> {
  const places = known.get(ticketTypeId) ?? (await rowPlaces(db, ticketTypeId))
  known.set(ticketTypeId, places)
  return places
}
