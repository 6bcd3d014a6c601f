import type { QuotedItem } from '@karcis/kit/contracts/bound-hold'
import { BadUserInput, Conflict } from '@karcis/kit/errors'
import type { BookingItem } from '../bookings/booking.ts'
import type { PlacesInput } from './booking-input.ts'

/** What a booking costs before any discount. Amounts are in the smallest unit of `currency`. */
export interface Priced {
  items: BookingItem[]
  subtotal: number
  currency: string
}

/**
 * Places at what the buyer pays. A DONATION costs what its giver says, from the type's price up; all else its price.
 * @param offered as the buyer's input has it.
 * @throws BadUserInput for an offer below the price, one for a fixed price, or a sum that is too large, naming only fields that
 *   the buyer has sent; Conflict for prices in different currencies.
 */
export function priceItems(places: readonly QuotedItem[], offered: PlacesInput): Priced {
  const currency = places[0]?.currency
  if (!currency || places.some((place) => place.currency !== currency)) {
    throw new Conflict('These tickets are priced in different currencies: book them one by one.')
  }
  refuseNeedlessOffers(places, offered)
  const items = places.map(({ currency: _, ...place }) => priceOne({ ...place, discount: 0 }, offered))
  const subtotal = items.reduce((sum, item) => sum + BigInt(item.unitPrice) * BigInt(item.quantity), 0n)
  if (subtotal > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw tooDear(offered)
  }
  return { items, subtotal: Number(subtotal), currency }
}

/** A sum that is larger than what can be paid. */
export const tooDear = (offered: PlacesInput): BadUserInput =>
  wrong(sumPath(offered), 'costs more in all than can be paid at once')

function priceOne(place: BookingItem, offered: PlacesInput): BookingItem {
  const offer = offerFor(place.ticketTypeId, offered)
  if (offer === null || place.kind !== 'DONATION') return place
  if (offer.amount < place.unitPrice) throw wrong(offer.path, `must be at least ${place.unitPrice}`)
  return { ...place, unitPrice: offer.amount }
}

/** What the buyer offers per ticket of a type, and where in the input. */
function offerFor(
  ticketTypeId: string,
  { unitPrice, items }: PlacesInput,
): { amount: number; path: string } | null {
  if (items == null) return unitPrice == null ? null : { amount: unitPrice, path: 'input.unitPrice' }
  const at = items.findIndex((item) => item.ticketTypeId === ticketTypeId)
  const amount = items[at]?.unitPrice
  return amount == null ? null : { amount, path: `input.items.${at}.unitPrice` }
}

function refuseNeedlessOffers(places: readonly QuotedItem[], { unitPrice, items }: PlacesInput): void {
  const open = new Set(places.filter((place) => place.kind === 'DONATION').map((place) => place.ticketTypeId))
  const problems: string[] = []
  if (unitPrice != null && open.size === 0) problems.push('input.unitPrice')
  for (const [at, item] of (items ?? []).entries()) {
    if (item.unitPrice != null && !open.has(item.ticketTypeId)) problems.push(`input.items.${at}.unitPrice`)
  }
  if (problems.length === 0) return
  throw new BadUserInput(
    problems.map((path) => ({ path, message: 'is for DONATION tickets; these have a fixed price' })),
  )
}

/** The field that has to change for the sum to be less. */
function sumPath({ unitPrice, items, holdId }: PlacesInput): string {
  if (items != null) return 'input.items'
  if (unitPrice != null) return 'input.unitPrice'
  return holdId == null ? 'input.quantity' : 'input.holdId'
}

const wrong = (path: string, message: string) => new BadUserInput([{ path, message }])
