import type { Connection } from '@karcis/kit/pagination'

export type TicketStatus = 'VALID' | 'USED' | 'REFUNDED' | 'CANCELLED' | 'TRANSFERRED'

/** An issued ticket. */
export interface Ticket {
  id: string
  code: string
  eventId: string
  /** Whose event it is: may see the ticket too. */
  organizerId: string
  ticketTypeId: string
  seatId: string | null
  ownerId: string
  status: TicketStatus
  checkedInAt: Date | null
  createdAt: Date
}

export type TicketConnection = Connection<Ticket>
