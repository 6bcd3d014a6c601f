import { ServiceUnavailable } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import { SeatsUnavailable, SoldOut } from '../errors.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { type SeatSearch, searchSeats } from '../seat-map/best-seats.ts'
import { type ChoosableSeat, findFreeRows, findRowLayouts, type RowLayout } from '../seat-map/row-store.ts'
import { type Hold, type HoldOwner, requireSale } from './hold.ts'
import { type ExpiryDeps, expireHolds } from './hold-ender.ts'
import type { SeatAllocator } from './seat-allocator.ts'
import { type SeatClaims, withSeatClaim } from './seat-claims.ts'
import type { StockAllocator } from './stock-allocator.ts'

/** Searches before giving up: each follows a lost race for every block that the one before had shown. */
const MAX_SEARCHES = 20
/** Among how many blocks, at most, somebody who lost races chooses. */
const WIDEST_CHOICE = 256

/** What it takes to look for seats. */
export interface SeatSearchDeps {
  db: Db
  rowLayouts: LRUCache<string, RowLayout[]>
}

interface AllocateDeps extends ExpiryDeps, SeatSearchDeps {
  seatClaims: SeatClaims
  settings: { HOLD_SECONDS: number }
  stockAllocator: StockAllocator
  seatAllocator: SeatAllocator
}

/** So many places of a ticket type; where it has seats, the server chooses them. */
export interface WantedPlaces {
  type: TicketType
  quantity: number
  /** How many of the seats must have room for a wheelchair; none, unless given. */
  wheelchairs?: number
}

/**
 * Holds places of one or several types of one event that is open, all or nothing: general admission, and the best seats that are
 * left, side by side for each type.
 * @param holdId of the hold to make; a new one, unless given.
 * @throws SoldOut, SaleNotOpen, LimitExceeded, BookingHoldsAlready; ServiceUnavailable when every search was lost to others.
 */
export async function allocateItems(
  deps: AllocateDeps,
  owner: HoldOwner,
  wanted: readonly WantedPlaces[],
  holdId: string = newId(),
): Promise<Hold> {
  const [first] = wanted
  if (!first) throw new Error('nothing is wanted')
  for (const { type } of wanted) requireSale(type)
  const { eventId } = first.type
  const seated = wanted.filter(({ type }) => type.seated)
  const places = wanted.flatMap(({ type, quantity }) =>
    type.seated ? [] : [{ ticketTypeId: type.id, quantity }],
  )
  if (seated.length > 0) return allocateBestSeats(deps, owner, { eventId, holdId, seated, places })
  const request = { ...owner, holdId }
  if (wanted.length === 1) return deps.stockAllocator.submit(first.type.id, { ...request, ...first })
  return deps.seatAllocator.submit(eventId, { ...request, seats: [], places })
}

/** What is wanted of one event, with some types that have seats. */
interface SeatedWish {
  eventId: string
  holdId: string
  seated: readonly WantedPlaces[]
  places: readonly { ticketTypeId: string; quantity: number }[]
}

/**
 * Seats lost to another buyer count as taken and the next best are tried; when everything that one search had shown is lost,
 * another begins, until nothing is left.
 */
async function allocateBestSeats(deps: AllocateDeps, owner: HoldOwner, wish: SeatedWish): Promise<Hold> {
  let losses = 0
  for (let round = 0; round < MAX_SEARCHES; round++) {
    const searches = await Promise.all(
      wish.seated.map(async (wanted) => ({ type: wanted.type, ...(await searchFor(deps, wanted)) })),
    )
    const lossesBefore = losses
    for (;;) {
      // Whoever lost a race looks a little further each time, so that a crowd does not meet at the same seats again.
      const { seats, without } = await choose(searches, Math.min(2 ** losses, WIDEST_CHOICE))
      if (without) {
        const { remaining, adjacent } = without.remainder()
        if (losses === lossesBefore) throw new SoldOut(without.type.id, remaining, adjacent)
        break
      }
      try {
        return await allocateSeats(deps, owner, wish, seats)
      } catch (error) {
        if (!(error instanceof SeatsUnavailable)) throw error
        losses += 1
        for (const search of searches) search.exclude(error.facts.seatIds as string[])
      }
    }
  }
  throw new ServiceUnavailable('Too many people want these seats at this moment. Try again.')
}

type TypeSearch = SeatSearch & { type: TicketType }

/** One of the `width` best blocks of each search; or the first search that finds none. */
async function choose(
  searches: readonly TypeSearch[],
  width: number,
): Promise<{ seats: ChoosableSeat[]; without?: TypeSearch }> {
  const seats: ChoosableSeat[] = []
  for (const search of searches) {
    const blocks = await search.best(width)
    const block = blocks[Math.floor(Math.random() * blocks.length)]
    if (!block) return { seats: [], without: search }
    seats.push(...block)
  }
  return { seats }
}

function allocateSeats(
  deps: AllocateDeps,
  owner: HoldOwner,
  { eventId, holdId, places }: SeatedWish,
  seats: readonly ChoosableSeat[],
): Promise<Hold> {
  const seatIds = seats.map((seat) => seat.id)
  const allocate = async () => {
    const lapsed = seats.filter((seat) => seat.lapsed).map((seat) => seat.id)
    if (lapsed.length > 0) await expireHolds(deps, { seatIds: lapsed })
    return deps.seatAllocator.submit(eventId, { ...owner, holdId, seats, places })
  }
  return withSeatClaim(deps, eventId, seatIds, allocate, holdId)
}

/** A search for seats of a type, side by side. */
export async function searchFor(
  deps: SeatSearchDeps,
  { type, quantity, wheelchairs = 0 }: WantedPlaces,
): Promise<SeatSearch> {
  const layouts = await layoutsOf(deps, type)
  // Where no wheelchair fits nobody need look.
  const rows = wheelchairs === 0 ? layouts : layouts.filter(({ accessible }) => accessible >= wheelchairs)
  return searchSeats((next) => findFreeRows(deps.db, next), type.id, rows, { quantity, wheelchairs })
}

/** The rows of a type: read once for each drawing of its event's seats, because they change with that alone. */
export async function layoutsOf({ db, rowLayouts }: SeatSearchDeps, type: TicketType): Promise<RowLayout[]> {
  const key = `${type.id} ${type.mapVersion}`
  const layouts = rowLayouts.get(key) ?? (await findRowLayouts(db, type.id))
  rowLayouts.set(key, layouts)
  return layouts
}
