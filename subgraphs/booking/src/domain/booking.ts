import type { Viewer } from '@karcis/kit/service-token'

export type BookingStatus = 'PENDING' | 'PAID' | 'EXPIRED' | 'CANCELLED' | 'PARTIALLY_REFUNDED' | 'REFUNDED'

/** Places at one event, taken by one buyer. Amounts are whole numbers of the smallest unit of `currency`. */
export interface Booking {
  id: string
  userId: string
  eventId: string
  organizerId: string
  /** EXPIRED as soon as its time is past, also before any job has written so. */
  status: BookingStatus
  currency: string
  subtotal: number
  discount: number
  totalPrice: number
  refundedAmount: number
  refundReason: string | null
  expiresAt: Date
  /** Whether the ticket subgraph has done what the status asks of it. */
  settled: boolean
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

export interface Payment {
  id: string
  method: 'WALLET'
  status: 'PAID' | 'REFUNDED'
  amount: number
  currency: string
  paidAt: Date
}

/** An entity of another subgraph, or one that is looked up only when more than its id is asked. */
export interface Reference {
  id: string
}

/** Whether the viewer may change or watch the booking: its buyer, and admins. */
export const mayManage = (viewer: Viewer | null, booking: Booking): boolean =>
  viewer !== null && (viewer.id === booking.userId || viewer.role === 'ADMIN')

/** Whether the viewer may see the booking: also the event's organizer. */
export const mayView = (viewer: Viewer | null, booking: Booking): boolean =>
  mayManage(viewer, booking) || (viewer !== null && viewer.id === booking.organizerId)
