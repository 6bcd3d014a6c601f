import type { Viewer } from '@karcis/kit/service-token'

export type BookingStatus = 'PENDING' | 'PAID' | 'EXPIRED' | 'CANCELLED' | 'PARTIALLY_REFUNDED' | 'REFUNDED'

/** Places at one event, taken by one buyer. Amounts are whole numbers of the smallest unit of `currency`. */
export interface Booking {
  id: string
  userId: string
  eventId: string
  organizerId: string
  /** The checkout that it was made in, and is paid with; null when it is paid by itself. */
  checkoutId: string | null
  /** EXPIRED as soon as its time is past, even before a job has written it down. */
  status: BookingStatus
  currency: string
  subtotal: number
  discount: number
  /** What fees and tax add to the price. */
  surcharge: number
  /** What of the total is the platform's, and what is tax; the rest is its event's. */
  platformFees: number
  tax: number
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
  /** What promotions take off all its places together. */
  discount: number
}

/** The place of a booking that a ticket was issued for, and what it was sold at, before discounts and fees. */
export interface TicketPlace {
  bookingId: string
  unitPrice: number
  currency: string
}

/** Whether the viewer may watch the booking: its buyer, and admins. */
export const mayWatch = (viewer: Viewer | null, booking: Booking): boolean =>
  viewer !== null && (viewer.id === booking.userId || viewer.role === 'ADMIN')

/** Whether the viewer may see the booking, and give it up while it is not paid: also the event's organizer. */
export const mayView = (viewer: Viewer | null, booking: Booking): boolean =>
  mayWatch(viewer, booking) || (viewer !== null && viewer.id === booking.organizerId)
