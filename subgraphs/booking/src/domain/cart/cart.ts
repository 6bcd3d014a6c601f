import type { QuotedItem } from '@karcis/kit/contracts/bound-hold'
import type { Reservation } from '../ticket-service.ts'

/** What an item has reserved, or had when it was reserved last. Prices are in the smallest unit of `currency`. */
export interface Reserved {
  eventId: string
  organizerId: string
  currency: string
  places: QuotedItem[]
  /** When its places go back on sale, as far as booking was told. */
  reservedUntil: Date
}

/** So many of one ticket type, or chosen seats, that somebody means to book. */
export interface CartItem {
  id: string
  /** Null for chosen seats. */
  ticketTypeId: string | null
  quantity: number
  seatIds: string[]
  /** What the buyer gives for each of a DONATION. */
  unitPrice: number | null
  /** The access code that it is reserved with, sealed; null: none. */
  sealedCode: Uint8Array<ArrayBuffer> | null
  /** The hold that keeps its places, or has kept them. */
  holdId: string
  /** Null until it has been reserved once. */
  reserved: Reserved | null
}

/** A checkout that is under way: the bookings that it makes, and what each of them is of. */
export interface CheckoutPlan {
  checkoutId: string
  parts: PlannedBooking[]
}

export interface PlannedBooking {
  bookingId: string
  eventId: string
  items: { id: string; holdId: string }[]
}

/** Whether a checkout is to book an item. */
export const isPlanned = ({ parts }: CheckoutPlan, itemId: string): boolean =>
  parts.some(({ items }) => items.some(({ id }) => id === itemId))

/** What is asked of the ticket subgraph to reserve an item. */
export const reservationOf = (
  { ticketTypeId, quantity, seatIds }: CartItem,
  eventId: string,
  accessCode: string | null,
): Reservation =>
  ticketTypeId === null
    ? { eventId, seatIds, accessCode }
    : { items: [{ ticketTypeId, quantity }], accessCode }

/** How many of each ticket type there are among places. */
export function wantedTypes(places: readonly QuotedItem[]): { ticketTypeId: string; quantity: number }[] {
  const wanted = new Map<string, number>()
  for (const { ticketTypeId, quantity } of places)
    wanted.set(ticketTypeId, quantity + (wanted.get(ticketTypeId) ?? 0))
  return [...wanted].map(([ticketTypeId, quantity]) => ({ ticketTypeId, quantity }))
}

/** How many places there are. */
export const countPlaces = (places: readonly QuotedItem[]): number =>
  places.reduce((sum, { quantity }) => sum + quantity, 0)
