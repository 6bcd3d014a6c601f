import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { BookingPrice } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { findFees } from '../fees/fee-store.ts'
import type { UsedPromo } from '../promos/promo-store.ts'
import { offerPromos } from '../promos/use-promos.ts'
import {
  codesOf,
  type PlacesInput,
  quoteBookingInput,
  redeemPromoInput,
  toClientFields,
  wantedOf,
} from './booking-input.ts'
import { priceBooking } from './price-booking.ts'
import { priceItems } from './price-items.ts'

/** What a booking would cost, and which promo codes make it cheaper. */
export interface QuotedBooking extends BookingPrice {
  promos: UsedPromo[]
}

/**
 * Shows what a code would take off what the viewer might book, and what that costs then. Neither a place nor a use is taken.
 * @param address where the request comes from, as the router saw it.
 * @throws BadUserInput, PromoInvalid, TooManyGuesses, and whatever booking it would be refused with.
 */
export async function redeemPromo(
  deps: Deps,
  viewer: Viewer,
  rawInput: unknown,
  address: string | undefined,
): Promise<QuotedBooking> {
  const { code, combinedWith, ...input } = parseInput(redeemPromoInput, rawInput)
  return quote(deps, viewer, input, [...new Set([code, ...(combinedWith ?? [])])], address)
}

/** Shows what the viewer would pay for what they might book. @param address as of `redeemPromo`. @throws the same. */
export async function quoteBooking(
  deps: Deps,
  viewer: Viewer,
  rawInput: unknown,
  address: string | undefined,
): Promise<QuotedBooking> {
  const input = parseInput(quoteBookingInput, rawInput)
  return quote(deps, viewer, input, codesOf(input), address)
}

async function quote(
  deps: Deps,
  viewer: Viewer,
  input: PlacesInput,
  codes: readonly string[],
  address: string | undefined,
): Promise<QuotedBooking> {
  const quoted = await deps.tickets.quote(viewer, wantedOf(input)).catch((error: unknown) => {
    throw toClientFields(error, input)
  })
  const priced = priceItems(quoted.items, input)
  const promos = await offerPromos(deps, { userId: viewer.id, address }, quoted, priced, codes)
  const { terms } = await findFees(deps.db, quoted.eventId)
  return { promos, ...priceBooking(priced, promos, terms, input) }
}
