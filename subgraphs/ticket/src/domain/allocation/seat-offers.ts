import { createGroupCommit, type GroupCommit } from '@karcis/kit/group-commit'
import type { TicketType } from '../inventory/ticket-type.ts'
import type { Party } from '../seat-map/best-seats.ts'
import { type ChoosableSeat, findFreeRowsOfTypes } from '../seat-map/row-store.ts'
import { type PlacedFacingRow, scatterParty, splitParty } from '../seat-map/seat-alternatives.ts'
import { layoutsOf, type SeatSearchDeps, searchFor } from './allocate-items.ts'

export type SeatOfferKind = 'TOGETHER' | 'SPLIT' | 'OTHER_TYPE' | 'SEPARATE'

/** Seats side by side. */
export interface SeatOfferGroup {
  seatIds: string[]
  ticketTypeId: string
}

/** Seats that a party could take as of now; nobody holds them yet. */
export interface SeatOffer {
  kind: SeatOfferKind
  /** Each side by side. */
  groups: SeatOfferGroup[]
  /** For all of them, in the smallest unit of `currency`. */
  total: number
  currency: string
}

/** What somebody looks for. */
export interface SeatWish extends Party {
  /** As what they would have it, best first; all have seats. */
  types: readonly TicketType[]
  /** What else they might have, best first. */
  others: readonly TicketType[]
}

/** What there is for them. */
export interface SeatOffers {
  /** All side by side; null when that cannot be. */
  together: SeatOffer | null
  /** What else there is; looked for only when `together` is null. */
  alternatives: SeatOffer[]
  /** How many seats of the types that they want are left. */
  remaining: number
}

/** As many offers of other types are made. */
const MOST_OTHERS = 3

/** Looks what there is for a party; those who ask for the same at the same time are answered together, as when a type sells out. */
export type SeatOfferReads = GroupCommit<SeatWish, SeatOffers>

/** The key by which wishes are one. */
export const keyOfWish = ({ types, others, quantity, wheelchairs }: SeatWish): string =>
  [quantity, wheelchairs, ...types.map(({ id }) => id), '', ...others.map(({ id }) => id)].join(' ')

/** @param deps asked for at each read. */
export const createSeatOffers = (deps: () => SeatSearchDeps): SeatOfferReads =>
  createGroupCommit({
    maxBatch: 1_000,
    async run(_, [wish, ...others]) {
      if (!wish) return []
      const offers = await findOffers(deps(), wish)
      return [offers, ...others.map(() => offers)]
    },
  })

async function findOffers(deps: SeatSearchDeps, wish: SeatWish): Promise<SeatOffers> {
  const remaining = wish.types.reduce((sum, { available }) => sum + available, 0)
  for (const type of wish.types) {
    const together = await togetherOf(deps, type, wish, 'TOGETHER')
    if (together) return { together, alternatives: [], remaining }
  }
  const others: SeatOffer[] = []
  for (const type of wish.others) {
    const offer = others.length < MOST_OTHERS ? await togetherOf(deps, type, wish, 'OTHER_TYPE') : null
    if (offer) others.push(offer)
  }
  const apart = remaining >= wish.quantity ? await offersApart(deps, wish) : {}
  const alternatives = [apart.split, ...others, apart.separate].filter((offer) => offer != null)
  return { together: null, alternatives, remaining }
}

async function togetherOf(
  deps: SeatSearchDeps,
  type: TicketType,
  { quantity, wheelchairs }: Party,
  kind: SeatOfferKind,
): Promise<SeatOffer | null> {
  if (type.available < quantity) return null
  const search = await searchFor(deps, { type, quantity, wheelchairs })
  const [seats] = await search.best(1)
  return seats ? offerOf(kind, [seats], [type]) : null
}

/** The party in two groups, or wherever there are seats, as the types that they want: of one type, if one has enough. */
async function offersApart(
  deps: SeatSearchDeps,
  wish: SeatWish,
): Promise<{ split?: SeatOffer | null; separate?: SeatOffer | null }> {
  const rows = await freeRowsOf(deps, wish.types)
  const ofType = ({ id }: TicketType) => rows.filter(({ seats }) => seats[0]?.ticketTypeId === id)
  const first = <T>(of: (from: PlacedFacingRow<ChoosableSeat>[]) => T | null): T | null => {
    for (const type of wish.types) {
      const found = of(ofType(type))
      if (found) return found
    }
    return wish.types.length > 1 ? of(rows) : null
  }
  const split = wish.quantity > 1 ? first((from) => splitParty(from, wish)) : null
  // Whoever needs a wheelchair's place is not sent anywhere alone.
  const scattered =
    wish.quantity > 1 && wish.wheelchairs === 0 ? first((from) => scatterParty(from, wish.quantity)) : null
  const separate = scattered && scattered.length > 2 ? scattered : null
  return {
    split: split && offerOf('SPLIT', split, wish.types),
    separate: separate && offerOf('SEPARATE', separate, wish.types),
  }
}

/** Rows of ticket types with their free seats, and where these look. */
async function freeRowsOf(
  deps: SeatSearchDeps,
  types: readonly TicketType[],
): Promise<PlacedFacingRow<ChoosableSeat>[]> {
  const layouts = (await Promise.all(types.map((type) => layoutsOf(deps, type)))).flat()
  const focals = new Map(layouts.map(({ sectionId, focal }) => [sectionId, focal]))
  const rows = await findFreeRowsOfTypes(
    deps.db,
    types.map(({ id }) => id),
  )
  return rows.flatMap((seats) => {
    const [seat] = seats
    const focal = focals.get(seat?.sectionId ?? '')
    return seat && focal ? { sectionId: seat.sectionId, rowIndex: seat.rowIndex, focal, seats } : []
  })
}

function offerOf(
  kind: SeatOfferKind,
  groups: readonly (readonly ChoosableSeat[])[],
  types: readonly TicketType[],
): SeatOffer {
  const priceOf = new Map(types.map(({ id, price }) => [id, price]))
  return {
    kind,
    groups: groups.map((seats) => ({
      seatIds: seats.map(({ id }) => id),
      ticketTypeId: seats[0]?.ticketTypeId ?? '',
    })),
    total: groups.flat().reduce((sum, { ticketTypeId }) => sum + (priceOf.get(ticketTypeId) ?? 0), 0),
    currency: types[0]?.currency ?? '',
  }
}
