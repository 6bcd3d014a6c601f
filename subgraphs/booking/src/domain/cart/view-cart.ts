import type { BoundHold, QuotedItem } from '@karcis/kit/contracts/bound-hold'
import { transaction } from '@karcis/kit/database'
import { KarcisError } from '@karcis/kit/errors'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import type { BookingFee } from '../fees/fee.ts'
import type { Db, Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { findEventFees } from '../fees/fee-store.ts'
import { sumOf } from '../promos/discount.ts'
import type { UsedPromo } from '../promos/promo-store.ts'
import { findOffered } from '../promos/promo-store.ts'
import type { ShownItem } from '../viewing/view-bookings.ts'
import { type CartItem, countPlaces, isPlanned, wantedTypes } from './cart.ts'
import { findPlan, listCartCodes, listCartItems, updateReserved } from './cart-store.ts'
import { type CartPart, type PricedCart, priceCart } from './price-cart.ts'

/** Why something in a cart cannot be booked as it stands: the code and the words of the refusal. */
export interface CartProblem {
  code: string
  message: string
}

/** An item as its owner sees it. */
export interface ShownCartItem {
  id: string
  eventId: string
  quantity: number
  /** At what they cost now, as far as they can still be had. */
  items: ShownItem[]
  /** When its places go back on sale; null while none are reserved. */
  reservedUntil: Date | null
  problem: CartProblem | null
}

/** What a cart has of one event, and what its booking would cost. */
export interface ShownCartEvent {
  eventId: string
  items: ShownCartItem[]
  subtotal: number
  discount: number
  promos: UsedPromo[]
  fees: BookingFee[]
  surcharge: number
  totalPrice: number
}

/** A cart at the prices of this moment. Amounts are in the smallest unit of `currency`. */
export interface ShownCart {
  events: ShownCartEvent[]
  promos: { code: string; discount: number; problem: CartProblem | null }[]
  subtotal: number
  discount: number
  surcharge: number
  totalPrice: number
  /** ISO 4217; null while the cart is empty. */
  currency: string | null
  /** When the first of its reservations runs out. */
  expiresAt: Date | null
}

/** How an item stands with the ticket subgraph. */
interface Standing {
  item: CartItem
  eventId: string
  organizerId: string
  places: QuotedItem[]
  reservedUntil: Date | null
  problem: CartProblem | null
}

/** What the viewer has in their cart. */
export async function viewCart(deps: Deps, viewer: Viewer): Promise<ShownCart> {
  const standings = await readStandings(deps, viewer)
  const codes = await listCartCodes(deps.db, viewer.id)
  return showCart(standings, await priceStandings(deps.db, viewer.id, standings, codes))
}

/** What can be booked, event by event, in the order in which events came into the cart. */
export function partsOf(standings: readonly Standing[]): CartPart[] {
  const bookable = standings.filter(({ problem }) => problem === null || problem === NEW_PRICE)
  return [...Map.groupBy(bookable, ({ eventId }) => eventId)].map(([eventId, its]) => ({
    eventId,
    organizerId: its[0]?.organizerId ?? '',
    lines: its.map(({ item, places }) => ({ item, places })),
  }))
}

/** What parts of a user's cart cost at this moment. */
export async function priceParts(
  db: Db | Tx,
  userId: string,
  parts: readonly CartPart[],
  codes: readonly string[],
): Promise<PricedCart> {
  const offered = []
  for (const part of parts) offered.push(codes.length === 0 ? [] : await findOffered(db, userId, part, codes))
  const fees = await findEventFees(
    db,
    parts.map(({ eventId }) => eventId),
  )
  return priceCart(
    parts,
    codes,
    offered,
    parts.map(({ eventId }) => fees.get(eventId)?.terms ?? []),
  )
}

const priceStandings = (db: Db, userId: string, standings: readonly Standing[], codes: readonly string[]) =>
  priceParts(db, userId, partsOf(standings), codes)

/** How the items of the viewer's cart stand: reserved or not, to be had or not, and at which price. */
export async function readStandings(deps: Deps, viewer: Viewer): Promise<Standing[]> {
  const items = await listCartItems(deps.db, viewer.id)
  const kept = await readKept(deps, viewer, items)
  if (kept === 'unknown') return items.flatMap((item) => asReserved(item) ?? [])
  const plan = await findPlan(deps.db, viewer.id)
  const standings = await Promise.all(
    items.map(async (item) => {
      const hold = kept.get(item.holdId)
      if (hold) return asKept(deps, item, hold)
      // A checkout that is under way has bound it.
      return plan && isPlanned(plan, item.id) ? asReserved(item) : asLapsed(deps, viewer, item)
    }),
  )
  return standings.filter((standing) => standing !== null)
}

/** What the items' holds keep; 'unknown' while ticket is away: then what was reserved last counts. */
async function readKept(
  { tickets, log }: Deps,
  viewer: Viewer,
  items: readonly CartItem[],
): Promise<Map<string, BoundHold> | 'unknown'> {
  try {
    return await tickets.kept(
      viewer,
      items.map(({ holdId }) => holdId),
    )
  } catch (error) {
    if (!isAway(error, log)) throw error
    return 'unknown'
  }
}

async function asKept(deps: Deps, item: CartItem, hold: BoundHold): Promise<Standing> {
  // Whoever reserved it may have died before it was written down.
  if (!item.reserved) await transaction(deps.db, (tx) => updateReserved(tx, item.id, hold))
  const { eventId, organizerId, items: places, expiresAt: reservedUntil } = hold
  return { item, eventId, organizerId, places, reservedUntil, problem: null }
}

/** As booking remembers it; null for what was never reserved. */
function asReserved(item: CartItem): Standing | null {
  if (!item.reserved) return null
  const { reservedUntil, ...reserved } = item.reserved
  return {
    item,
    ...reserved,
    reservedUntil: reservedUntil.getTime() > Date.now() ? reservedUntil : null,
    problem: null,
  }
}

/** What is reserved no more, at the price of now. */
async function asLapsed({ tickets, sealer }: Deps, viewer: Viewer, item: CartItem): Promise<Standing | null> {
  if (!item.reserved) return null
  const { eventId, organizerId, places } = item.reserved
  const standing = { item, eventId, organizerId, reservedUntil: null }
  try {
    const wanted = item.ticketTypeId === null ? wantedTypes(places) : [item]
    const quote = await tickets.quote(viewer, {
      items: wanted.map(({ ticketTypeId, quantity }) => ({ ticketTypeId: ticketTypeId ?? '', quantity })),
      accessCode: item.sealedCode && sealer.unseal(item.sealedCode),
    })
    const now = new Map(quote.items.map((place) => [place.ticketTypeId, place]))
    const priced = places.map((place) => ({ ...place, ...pick(now.get(place.ticketTypeId)) }))
    const isChanged = priced.some(({ unitPrice }, at) => unitPrice !== places[at]?.unitPrice)
    // How many there are of it now, where they have no seats.
    const shown = item.ticketTypeId === null ? priced : quote.items
    return {
      ...standing,
      organizerId: quote.organizerId,
      places: shown,
      problem: isChanged ? NEW_PRICE : null,
    }
  } catch (error) {
    if (!(error instanceof KarcisError)) throw error
    return { ...standing, places, problem: error.code === 'SERVICE_UNAVAILABLE' ? null : toProblem(error) }
  }
}

const pick = (place: QuotedItem | undefined) =>
  place ? { name: place.name, kind: place.kind, unitPrice: place.unitPrice } : {}

/** Says that an item costs something else than when it was put into the cart. */
const NEW_PRICE: CartProblem = { code: 'PRICE_CHANGED', message: 'This costs something else by now.' }

const toProblem = ({ code, message }: KarcisError): CartProblem => ({ code, message })

function showCart(standings: readonly Standing[], { parts, refusals }: PricedCart): ShownCart {
  const discounts = new Map<CartItem, number[]>()
  for (const { part, items } of parts) {
    let at = 0
    for (const { item, places } of part.lines) {
      discounts.set(
        item,
        items.slice(at, at + places.length).map((line) => line.discount),
      )
      at += places.length
    }
  }
  const events = [...Map.groupBy(standings, ({ eventId }) => eventId)].map(([eventId, its]) => {
    const priced = parts.find(({ part }) => part.eventId === eventId)
    return {
      eventId,
      items: its.map((standing) => showItem(standing, discounts.get(standing.item) ?? [])),
      subtotal: priced?.subtotal ?? 0,
      discount: priced?.discount ?? 0,
      promos: priced?.promos ?? [],
      fees: priced?.fees ?? [],
      surcharge: priced?.surcharge ?? 0,
      totalPrice: priced?.totalPrice ?? 0,
    }
  })
  const total = (amount: 'subtotal' | 'discount' | 'surcharge' | 'totalPrice') =>
    sumOf(parts.map((part) => part[amount]))
  const used = Map.groupBy(
    parts.flatMap(({ promos }) => promos),
    ({ code }) => code,
  )
  const ends = standings.flatMap(({ reservedUntil }) => reservedUntil ?? [])
  return {
    events,
    promos: [
      ...[...used].map(([code, uses]) => ({
        code,
        discount: sumOf(uses.map(({ discount }) => discount)),
        problem: null,
      })),
      ...[...refusals].map(([code, refusal]) => ({ code, discount: 0, problem: toProblem(refusal) })),
    ],
    subtotal: total('subtotal'),
    discount: total('discount'),
    surcharge: total('surcharge'),
    totalPrice: total('totalPrice'),
    currency: standings[0]?.places[0]?.currency ?? null,
    expiresAt: ends.length > 0 ? new Date(Math.min(...ends.map((end) => end.getTime()))) : null,
  }
}

const showItem = (
  { item, eventId, places, reservedUntil, problem }: Standing,
  discounts: readonly number[],
): ShownCartItem => ({
  id: item.id,
  eventId,
  quantity: countPlaces(places),
  items: places.map(({ currency: _, ...place }, at) => ({
    ...place,
    unitPrice: place.kind === 'DONATION' ? Math.max(place.unitPrice, item.unitPrice ?? 0) : place.unitPrice,
    discount: discounts[at] ?? 0,
    live: reservedUntil !== null,
  })),
  reservedUntil,
  problem,
})
