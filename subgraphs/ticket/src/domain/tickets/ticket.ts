import { Forbidden } from '@karcis/kit/errors'
import type { Connection } from '@karcis/kit/pagination'
import type { Caller, Viewer } from '@karcis/kit/service-token'
import { type EventPeople, type EventVisibility, mayDo } from '../events/event-copy.ts'

export const TICKET_STATUSES = ['VALID', 'USED', 'REFUNDED', 'CANCELLED', 'TRANSFERRED'] as const
export type TicketStatus = (typeof TICKET_STATUSES)[number]

/** Who comes with a ticket, and what they were asked. */
export interface Attendee {
  name: string
  answers: { question: string; answer: string }[]
}

/** An issued ticket. Who has to do with its event may read it too. */
export interface Ticket extends EventVisibility {
  id: string
  code: string
  eventId: string
  ticketTypeId: string
  seatId: string | null
  ownerId: string
  /** Whether nobody has shown yet to be the guest whose it is. */
  unclaimed: boolean
  status: TicketStatus
  /** Whether it admits nobody for the time being. */
  frozen: boolean
  checkedInAt: Date | null
  /** Since when its owner offers it; null when they do not. */
  offeredAt: Date | null
  /** Whether whoever has it is inside just now, as far as the door knows. */
  inside: boolean
  /** Who comes with it; null while nobody has said so. */
  attendee: Attendee | null
  createdAt: Date
  /** When anything of it changed last. */
  updatedAt: Date
}

export type TicketConnection = Connection<Ticket>

/** Whether somebody may read a ticket: its owner, the organizer of its event, its staff at the door and of the sale, and admins. */
export const mayRead = (viewer: Viewer, ticket: EventPeople & Pick<Ticket, 'ownerId'>): boolean =>
  viewer.id === ticket.ownerId || mayDo(viewer, ticket, 'READ_TICKET')

/** Whether a caller may be given a ticket as an entity: as its reader, or the booking subgraph on its own behalf. */
export const mayReference = ({ viewer, service }: Caller, ticket: Ticket): boolean =>
  viewer ? mayRead(viewer, ticket) : service === 'booking'

/** The ticket, when the viewer may read it; null stays null. @throws Forbidden. */
export function requireReadable(viewer: Viewer, ticket: Ticket | null): Ticket | null {
  if (ticket && !mayRead(viewer, ticket)) throw new Forbidden('This is not your ticket.')
  return ticket
}
