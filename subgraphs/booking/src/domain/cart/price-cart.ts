import type { QuotedItem } from '@karcis/kit/contracts/bound-hold'
import type { BookingPrice } from '../bookings/booking-store.ts'
import { type Priced, priceItems } from '../checkout/price-items.ts'
import { priceBooking } from '../checkout/price-booking.ts'
import type { PlacesInput } from '../checkout/booking-input.ts'
import { PromoInvalid } from '../errors.ts'
import type { FeeTerms } from '../fees/fee.ts'
import { type AppliedPromo, applyPromos, type Basket, type OfferedPromo } from '../promos/promo.ts'
import type { CartItem } from './cart.ts'

/** What a cart has of one event: what its booking would be of. */
export interface CartPart {
  eventId: string
  organizerId: string
  /** The places, item by item. */
  lines: { item: CartItem; places: readonly QuotedItem[] }[]
}

/** What a part costs, and what makes it cheaper. */
export interface PricedPart extends BookingPrice {
  part: CartPart
  promos: AppliedPromo[]
}

/** A cart's parts at their prices, and why a promo code that makes none of them cheaper does not. */
export interface PricedCart {
  parts: PricedPart[]
  refusals: Map<string, PromoInvalid>
}

/** What the buyer of a part gives for its DONATIONs: never less than the least. */
function offeredOf({ lines }: CartPart): PlacesInput {
  const items = lines.flatMap(({ item: { unitPrice }, places }) =>
    places.flatMap(({ ticketTypeId, kind, quantity, unitPrice: least }) =>
      kind === 'DONATION' && unitPrice !== null
        ? [{ ticketTypeId, quantity, unitPrice: Math.max(unitPrice, least) }]
        : [],
    ),
  )
  return items.length > 0 ? { items } : {}
}

/** @throws BadUserInput for a sum that is too large. */
export const basketOf = (part: CartPart): Priced =>
  priceItems(
    part.lines.flatMap(({ places }) => places),
    offeredOf(part),
  )

/**
 * What a cart costs: each part what its booking by itself would, with the promo codes that can be used for it. A code may make several parts
 * cheaper, each of which is a use of it, the first part first.
 * @param offered by part, how the cart's codes stand there. @param terms by part, what its event charges.
 */
export function priceCart(
  parts: readonly CartPart[],
  codes: readonly string[],
  offered: readonly (readonly OfferedPromo[])[],
  terms: readonly (readonly FeeTerms[])[],
): PricedCart {
  const refusals = new Map<string, PromoInvalid>(
    codes.map((code) => [code, new PromoInvalid(code, 'NOT_FOUND')]),
  )
  const uses = new Map<string, number>()
  const applied = new Set<string>()
  const priced = parts.map((part, at) => {
    const basket = basketOf(part)
    const offers = (offered[at] ?? []).map((offer) => usedHere(offer, uses))
    const promos = applyFitting(basket, offers, refusals)
    for (const { code, codeId, promoId } of promos) {
      for (const id of [codeId, promoId]) uses.set(id, 1 + (uses.get(id) ?? 0))
      applied.add(code)
    }
    return { part, promos, ...priceBooking(basket, promos, terms[at] ?? [], offeredOf(part)) }
  })
  for (const code of applied) refusals.delete(code)
  return { parts: priced, refusals }
}

/** An offer after uses by parts of the same cart, by code and by promotion. */
function usedHere(offer: OfferedPromo, uses: ReadonlyMap<string, number>): OfferedPromo {
  const isGone = (left: number | null, id: string) => left !== null && (uses.get(id) ?? 0) >= left
  return {
    ...offer,
    usedUp: offer.usedUp || isGone(offer.usesLeft, offer.codeId),
    usedUpByUser: offer.usedUpByUser || isGone(offer.usesLeftOfUser, offer.promoId),
  }
}

/** Applies those of the codes that can be used; notes of the others why not. */
function applyFitting(
  basket: Basket,
  offers: readonly OfferedPromo[],
  refusals: Map<string, PromoInvalid>,
): AppliedPromo[] {
  const fits = (some: readonly OfferedPromo[]): AppliedPromo[] | null => {
    try {
      return applyPromos(basket, some)
    } catch (error) {
      if (!(error instanceof PromoInvalid)) throw error
      refusals.set(String(error.facts.promoCode), error)
      return null
    }
  }
  let chosen: OfferedPromo[] = []
  let applied: AppliedPromo[] = []
  for (const offer of offers) {
    if (!fits([offer])) continue
    const together = fits([...chosen, offer])
    if (!together) continue
    chosen = [...chosen, offer]
    applied = together
  }
  return applied
}
