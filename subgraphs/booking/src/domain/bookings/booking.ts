import { BadUserInput } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'

export type BookingStatus = 'PENDING' | 'PAID' | 'EXPIRED' | 'CANCELLED' | 'PARTIALLY_REFUNDED' | 'REFUNDED'

/** Places at one event, taken by one buyer. Amounts are whole numbers of the smallest unit of `currency`. */
export interface Booking {
  id: string
  userId: string
  eventId: string
  organizerId: string
  /** EXPIRED as soon as its time is past, even before a job has written it down. */
  status: BookingStatus
  currency: string
  subtotal: number
  discount: number
  totalPrice: number
  refundedAmount: number
  refundReason: string | null
  expiresAt: Date
  /** Whether the ticket subgraph has done what the status asks of it: issued, released or cancelled. */
  fulfilled: boolean
  version: number
  createdAt: Date
}

export interface BookingItem {
  ticketTypeId: string
  name: string
  kind: 'FREE' | 'PAID' | 'DONATION'
  seatId: string | null
  seatLabel: string | null
  unitPrice: number
  quantity: number
}

/** Whether the viewer may change or watch the booking: its buyer, and admins. */
export const mayManage = (viewer: Viewer | null, booking: Booking): boolean =>
  viewer !== null && (viewer.id === booking.userId || viewer.role === 'ADMIN')

/** Whether the viewer may see the booking: also the event's organizer. */
export const mayView = (viewer: Viewer | null, booking: Booking): boolean =>
  mayManage(viewer, booking) || (viewer !== null && viewer.id === booking.organizerId)

/**
 * The items of a booking at what the buyer pays. A DONATION costs what its giver says, from the type's price up.
 * @param offer what the buyer gives per DONATION ticket; null: the type's price.
 * @throws BadUserInput for an offer below the price, one for a fixed price, or a sum that is too large.
 */
export function priceItems(
  items: BookingItem[],
  offer: number | null,
): { items: BookingItem[]; subtotal: number } {
  if (offer !== null && !items.some((item) => item.kind === 'DONATION')) {
    throw wrongOffer('is for DONATION tickets; these have a fixed price')
  }
  const priced = items.map((item) => {
    if (item.kind !== 'DONATION' || offer === null) return item
    if (offer < item.unitPrice) throw wrongOffer(`must be at least ${item.unitPrice}`)
    return { ...item, unitPrice: offer }
  })
  const subtotal = priced.reduce((sum, item) => sum + BigInt(item.unitPrice) * BigInt(item.quantity), 0n)
  if (subtotal > BigInt(Number.MAX_SAFE_INTEGER)) throw wrongOffer('makes a total that is too large')
  return { items: priced, subtotal: Number(subtotal) }
}

const wrongOffer = (message: string) => new BadUserInput([{ path: 'input.unitPrice', message }])
