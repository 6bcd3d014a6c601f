import { nameSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import { PromoInvalid } from '../errors.ts'
import { discountLines, eligiblePlaces, type Line, type Reduction, sumOf } from './discount.ts'

/** What a promotion gives, to whom, when and how often. Amounts are in the smallest unit of `currency`. */
export interface PromoTerms extends Reduction {
  /** ISO 4217, of its amounts; null where it has none. */
  currency: string | null
  /** What the booking must come to before any discount. */
  minimumSpend: number
  /** How many places that it is for the booking must have. */
  minimumQuantity: number
  combinable: boolean
  startsAt: Date | null
  endsAt: Date | null
  maxUses: number | null
  maxUsesPerUser: number | null
}

/** Where a promotion holds: at one event, at all events of an organizer, or everywhere, where both are null. */
export interface PromoScope {
  eventId: string | null
  organizerId: string | null
}

/** One code, with the terms of its promotion. */
export interface PromoCode extends PromoTerms, PromoScope {
  id: string
  promoId: string
  code: string
  /** The campaign that it was made for. */
  campaignId: string | null
  active: boolean
  /** How many bookings hold it, or were paid with it. */
  used: number
  createdAt: Date
}

/** Many codes of one promotion, each good for one booking. */
export interface PromoCampaign extends PromoTerms, PromoScope {
  id: string
  name: string
  active: boolean
  count: number
  used: number
  createdAt: Date
}

/** A code that a buyer came with, as it stands at this moment for them, by Postgres' clock. */
export interface OfferedPromo extends PromoTerms {
  codeId: string
  promoId: string
  code: string
  phase: 'INACTIVE' | 'NOT_STARTED' | 'EXPIRED' | 'OPEN'
  usedUp: boolean
  usedUpByUser: boolean
  /** How often it, and its promotion, can still be used, and by this user; null for no limit. */
  usesLeft: number | null
  usesLeftOfUser: number | null
}

/** What would be booked, before any discount. */
export interface Basket {
  items: readonly Line[]
  subtotal: number
  currency: string
}

/** What one code takes off, in all and of each item of the basket in order. */
export interface AppliedPromo {
  codeId: string
  promoId: string
  code: string
  discount: number
  parts: readonly number[]
}

/** A code as it is stored and compared: trimmed, single spaces, in upper case. At most 40 printable characters. */
export const codeSchema = nameSchema(40).transform((code) => code.toUpperCase().normalize('NFC'))

/** How many codes one booking may combine. */
const MAX_CODES = 5

/** The codes of one booking: `promoCode`, or several that can be combined. */
export const codesSchema = z.array(codeSchema).max(MAX_CODES, `must be at most ${MAX_CODES}`)

/**
 * What promotions take off a basket. Pure: what depends on the time and on earlier uses is in the offers.
 * @throws PromoInvalid with the first reason why one of them cannot be used.
 */
export function applyPromos(basket: Basket, offers: readonly OfferedPromo[]): AppliedPromo[] {
  for (const offer of offers) refuseUnfit(basket, offer)
  refuseCombination(offers)
  const taken = discountLines(basket.items, offers)
  return offers.map(({ codeId, promoId, code }, at) => {
    const parts = taken[at] ?? []
    const discount = sumOf(parts)
    if (discount === 0) throw new PromoInvalid(code, 'NOT_APPLICABLE')
    return { codeId, promoId, code, discount, parts }
  })
}

/** The items with what all promotions together take off each. */
export const discounted = <Item extends Line>(
  items: readonly Item[],
  applied: readonly AppliedPromo[],
): (Item & { discount: number })[] =>
  items.map((item, at) => ({ ...item, discount: sumOf(applied.map(({ parts }) => parts[at] ?? 0)) }))

function refuseUnfit({ items, subtotal, currency }: Basket, offer: OfferedPromo): void {
  const { code, phase, startsAt, endsAt, minimumSpend, minimumQuantity } = offer
  if (phase !== 'OPEN') throw new PromoInvalid(code, phase, { startsAt, endsAt })
  if (offer.usedUp) throw new PromoInvalid(code, 'USED_UP')
  if (offer.usedUpByUser) throw new PromoInvalid(code, 'USER_LIMIT', { limit: offer.maxUsesPerUser })
  if (offer.currency !== null && offer.currency !== currency)
    throw new PromoInvalid(code, 'WRONG_CURRENCY', { currency: offer.currency })
  if (subtotal < minimumSpend) throw new PromoInvalid(code, 'MINIMUM_SPEND', { minimumSpend, currency })
  const places = eligiblePlaces(items, offer)
  if (places === 0) throw new PromoInvalid(code, 'NOT_APPLICABLE')
  if (places < minimumQuantity) throw new PromoInvalid(code, 'MINIMUM_QUANTITY', { minimumQuantity })
}

/** Several go together where each of them allows it; one promotion is not used twice. */
function refuseCombination(offers: readonly OfferedPromo[]): void {
  if (offers.length < 2) return
  const alone = offers.find(
    ({ promoId, combinable }, at) =>
      !combinable || offers.findIndex((other) => other.promoId === promoId) < at,
  )
  if (alone) throw new PromoInvalid(alone.code, 'NOT_COMBINABLE')
}
