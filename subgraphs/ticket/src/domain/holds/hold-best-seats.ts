import { BadUserInput, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { type Hold, type HoldOwner, requireQuantity, requireSale } from '../allocation/hold.ts'
import { expireHolds } from '../allocation/hold-ender.ts'
import { requireOpenType } from '../allocation/sale-reads.ts'
import { withSeatClaim } from '../allocation/seat-claims.ts'
import type { Deps } from '../deps.ts'
import { SeatsUnavailable, SoldOut } from '../errors.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { searchSeats } from '../seat-map/best-seats.ts'
import { type ChoosableSeat, findRowLayouts, type RowLayout } from '../seat-map/row-store.ts'

/** Searches before giving up: each follows a lost race for every block that the one before had shown. */
const MAX_SEARCHES = 20
/** Among how many blocks, at most, somebody who lost races chooses. */
const WIDEST_CHOICE = 256
const inputSchema = z.object({ eventId: idSchema, ticketTypeId: idSchema, quantity: z.number().int() })

/**
 * Holds for the viewer the best seats that are left of a ticket type, side by side.
 * @throws SoldOut when no row has as many neighbours left; EventNotBookable, SaleNotOpen, LimitExceeded, NotFound, BadUserInput.
 */
export async function holdBestSeats(deps: Deps, viewer: Viewer, input: unknown): Promise<Hold> {
  const { eventId, ticketTypeId, quantity } = parseInput(inputSchema, input)
  requireQuantity(quantity, 'input.quantity')
  const type = await requireOpenType(deps, ticketTypeId)
  if (type.eventId !== eventId) throw new NotFound('ticket type of this event', ticketTypeId)
  if (!type.seated)
    throw new BadUserInput([{ path: 'input.ticketTypeId', message: 'has no seats: use holdTickets' }])
  return allocateBestSeats(deps, { userId: viewer.id, bookingId: null }, type, quantity)
}

/**
 * Holds the best seats of a type whose event is open. Seats lost to another buyer count as taken and the next best are tried;
 * when everything that one search had shown is lost, another begins, until nothing is left.
 * @throws SoldOut, SaleNotOpen, LimitExceeded; ServiceUnavailable when every search was lost to others.
 */
export async function allocateBestSeats(
  deps: Deps,
  owner: HoldOwner,
  type: TicketType,
  quantity: number,
): Promise<Hold> {
  requireSale(type, quantity)
  const layouts = await layoutsOf(deps, type.id)
  let losses = 0
  for (let round = 0; round < MAX_SEARCHES; round++) {
    const search = searchSeats(deps.db, layouts, quantity)
    const lossesBefore = losses
    for (;;) {
      // Whoever lost a race looks a little further each time, so that a crowd does not meet at the same seats again.
      const blocks = await search.best(Math.min(2 ** losses, WIDEST_CHOICE))
      const seats = blocks[Math.floor(Math.random() * blocks.length)]
      if (!seats) break
      try {
        return await allocateBlock(deps, owner, type, seats)
      } catch (error) {
        if (!(error instanceof SeatsUnavailable)) throw error
        losses += 1
        search.exclude(error.facts.seatIds as string[])
      }
    }
    const { remaining, adjacent } = search.remainder()
    if (losses === lossesBefore) throw new SoldOut(remaining, adjacent)
  }
  throw new ServiceUnavailable('Too many people want these seats at this moment. Try again.')
}

function allocateBlock(
  deps: Deps,
  owner: HoldOwner,
  type: TicketType,
  seats: readonly ChoosableSeat[],
): Promise<Hold> {
  const { eventId } = type
  const types = new Map([[type.id, type]])
  return withSeatClaim(
    deps,
    eventId,
    seats.map((seat) => seat.id),
    async (holdId) => {
      const lapsed = seats.filter((seat) => seat.lapsed).map((seat) => seat.id)
      if (lapsed.length > 0) await expireHolds(deps, { seatIds: lapsed })
      return deps.seatAllocator.submit(eventId, { ...owner, holdId, seats, types })
    },
  )
}

/** The rows of a type: read once, because they never change. */
async function layoutsOf({ db, rowLayouts }: Deps, ticketTypeId: string): Promise<RowLayout[]> {
  const layouts = rowLayouts.get(ticketTypeId) ?? (await findRowLayouts(db, ticketTypeId))
  rowLayouts.set(ticketTypeId, layouts)
  return layouts
}
