/** How a ticket type is paid for. */
export type TicketKind = 'FREE' | 'PAID' | 'DONATION'

/** Whether a ticket type can be had now. */
export type SaleStatus = 'CLOSED' | 'UPCOMING' | 'ON_SALE' | 'SOLD_OUT' | 'ENDED'

/** A ticket type with its stock as of now: holds past their time are counted as available. */
export interface TicketType {
  id: string
  eventId: string
  name: string
  kind: TicketKind
  /** In the smallest unit of `currency`. */
  price: number
  currency: string
  section: string | null
  seated: boolean
  quota: number
  sold: number
  held: number
  available: number
  maxPerUser: number | null
  saleStartsAt: Date | null
  saleEndsAt: Date | null
  /** Whether its event takes bookings: approved, and not over. */
  eventOpen: boolean
  saleStatus: SaleStatus
}

/** What decides over a sale, apart from the clock. */
export interface SaleTerms {
  eventStatus: string
  eventEndsAt: Date
  saleStartsAt: Date | null
  saleEndsAt: Date | null
  available: number
}

/** Whether an event takes bookings at `now`. */
export const isEventOpen = (terms: SaleTerms, now: Date): boolean =>
  terms.eventStatus === 'APPROVED' && now < terms.eventEndsAt

/** Where a sale stands at `now`. */
export function saleStatus(terms: SaleTerms, now: Date): SaleStatus {
  if (now >= terms.eventEndsAt || (terms.saleEndsAt && now >= terms.saleEndsAt)) return 'ENDED'
  if (terms.eventStatus !== 'APPROVED') return 'CLOSED'
  if (terms.saleStartsAt && now < terms.saleStartsAt) return 'UPCOMING'
  return terms.available > 0 ? 'ON_SALE' : 'SOLD_OUT'
}

/** Whether a price (smallest unit) is one that the kind can have. */
export function priceFitsKind(kind: TicketKind, price: number): boolean {
  if (kind === 'FREE') return price === 0
  return kind === 'PAID' ? price > 0 : price >= 0
}

/** Lowest and highest price (smallest unit) over ticket types of one event; null without any. */
export function priceRange(
  types: readonly TicketType[],
): { min: number; max: number; currency: string } | null {
  const [first] = types
  if (!first) return null
  const prices = types.map((type) => type.price)
  return { min: Math.min(...prices), max: Math.max(...prices), currency: first.currency }
}
