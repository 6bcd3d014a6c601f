import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { BookingItem } from '../bookings/booking.ts'
import type { Deps } from '../deps.ts'
import { sumOf } from '../promos/discount.ts'
import { discounted } from '../promos/promo.ts'
import type { UsedPromo } from '../promos/promo-store.ts'
import { offerPromos } from '../promos/use-promos.ts'
import { redeemPromoInput, toClientFields, wantedOf } from './booking-input.ts'
import { priceItems } from './price-items.ts'

/** What promo codes would make of a booking. Amounts are in the smallest unit of `currency`. */
export interface PromoDiscount {
  promos: UsedPromo[]
  items: BookingItem[]
  subtotal: number
  discount: number
  totalPrice: number
  currency: string
}

/**
 * Shows what a code would take off what the viewer might book. Neither a place nor a use is taken.
 * @param address where the request comes from, as the router saw it.
 * @throws BadUserInput, PromoInvalid, TooManyGuesses, and whatever booking it would be refused with.
 */
export async function redeemPromo(
  deps: Deps,
  viewer: Viewer,
  rawInput: unknown,
  address: string | undefined,
): Promise<PromoDiscount> {
  const { code, combinedWith, ...input } = parseInput(redeemPromoInput, rawInput)
  const quote = await deps.tickets.quote(viewer, wantedOf(input)).catch((error: unknown) => {
    throw toClientFields(error, input)
  })
  const { items, subtotal, currency } = priceItems(quote.items, input)
  const codes = [...new Set([code, ...(combinedWith ?? [])])]
  const guesser = { userId: viewer.id, address }
  const promos = await offerPromos(deps, guesser, quote, { items, subtotal, currency }, codes)
  const discount = sumOf(promos.map((promo) => promo.discount))
  return {
    promos,
    items: discounted(items, promos),
    subtotal,
    discount,
    totalPrice: subtotal - discount,
    currency,
  }
}
