import type { Viewer } from '@karcis/kit/service-token'
import { type EventVisibility, mayDo, maySeeEvent } from '../events/event-copy.ts'

/** How a ticket type is paid for. */
export type TicketKind = 'FREE' | 'PAID' | 'DONATION'

/** Whether a ticket type can be bought now. */
export type SaleStatus = 'CLOSED' | 'PAUSED' | 'UPCOMING' | 'ON_SALE' | 'SOLD_OUT' | 'ENDED'

/**
 * A ticket type with its stock as of now: holds past their time are counted as available. Whose event it is, and where that stands, says
 * who may see the type.
 */
export interface TicketType extends EventVisibility {
  id: string
  eventId: string
  name: string
  description: string | null
  kind: TicketKind
  /** In the smallest unit of `currency`. */
  price: number
  currency: string
  section: string | null
  seated: boolean
  quota: number
  sold: number
  held: number
  /** How many of those that are held are kept by contingents. */
  heldBack: number
  available: number
  maxPerUser: number | null
  /** Keyed hashes of the codes with which it can be bought (access-codes.ts); empty: without one. */
  accessCodes: readonly string[]
  /** Whether it is hidden just now from everybody but the organizer and admins. */
  hidden: boolean
  /** The type that must sell out before it is shown; null: none. */
  hiddenUntilSoldOut: string | null
  saleStartsAt: Date | null
  saleEndsAt: Date | null
  /** Whether its event takes bookings: approved, and not over. */
  eventOpen: boolean
  /** Whether the sale of its event is paused, and what buyers are told of that. */
  salesPaused: boolean
  salesPausedReason: string | null
  /** The waiting room that whoever takes places of its event must have passed; null: there is none. */
  queueId: string | null
  saleStatus: SaleStatus
  /** Which drawing of the event's seats it is sold by: rises when they are drawn anew. */
  mapVersion: number
}

/** Whether somebody runs the sale of an event, and is shown all of it. */
export const runsEvent = (viewer: Viewer | null, type: TicketType): boolean => mayDo(viewer, type, 'EDIT')

/** Whether a ticket type is among what somebody is offered: not while it is hidden, but to whoever runs its sale. */
export const isOffered = (viewer: Viewer | null, type: TicketType): boolean =>
  maySeeEvent(viewer, type) && (!type.hidden || runsEvent(viewer, type))

/** The type, when it is among what the viewer is offered. */
export const ifOffered = (viewer: Viewer | null, type: TicketType | null): TicketType | null =>
  type && isOffered(viewer, type) ? type : null

/** What a sale depends on, apart from the clock. */
export interface SaleTerms {
  eventStatus: string
  eventEndsAt: Date
  salesPaused: boolean
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
  if (terms.salesPaused) return 'PAUSED'
  if (terms.saleStartsAt && now < terms.saleStartsAt) return 'UPCOMING'
  return terms.available > 0 ? 'ON_SALE' : 'SOLD_OUT'
}

/** Whether a ticket type of this kind may have this price (smallest unit). */
export function priceFitsKind(kind: TicketKind, price: number): boolean {
  if (kind === 'FREE') return price === 0
  return kind === 'PAID' ? price > 0 : price >= 0
}

/**
 * The lowest and highest price (smallest unit) among ticket types of one event; null when there are none. Should some be priced in
 * another currency than the first, as was possible once, they are left out: a range has one currency.
 */
export function priceRange(
  types: readonly TicketType[],
): { min: number; max: number; currency: string } | null {
  const [first] = types
  if (!first) return null
  const prices = types.filter((type) => type.currency === first.currency).map((type) => type.price)
  return { min: Math.min(...prices), max: Math.max(...prices), currency: first.currency }
}
