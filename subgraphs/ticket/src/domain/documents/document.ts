import type { StaffMember } from '@karcis/kit/contracts/event-staff'
import type { EventPlace } from '@karcis/kit/contracts/event-place'
import type { TicketStatus } from '../tickets/ticket.ts'

/** What a ticket says on paper or in a wallet. Names stand as they are, in whatever script. */
export interface TicketDocument extends TicketFacts {
  place: EventPlace | null
  /** What its organizer is called. */
  organizer: string
  /** What its place was sold at; null for a guest's ticket, and for one that came by a transfer. */
  price: { amount: number; currency: string } | null
}

/** The part of it that this subgraph knows by itself. */
export interface TicketFacts {
  id: string
  code: string
  ownerId: string
  status: TicketStatus
  frozen: boolean
  checkedInAt: Date | null
  createdAt: Date
  attendee: string | null
  typeName: string
  seat: { section: string; row: string; label: string } | null
  event: DocumentEvent
}

/** An event as its tickets show it. */
interface DocumentEvent {
  id: string
  organizerId: string
  /** Who works for it, and as what. */
  staff: readonly StaffMember[]
  title: string
  /** In force. */
  status: string
  startsAt: Date
  endsAt: Date
  /** IANA name: its times are meant in it. */
  timezone: string
  /** Rises with every change. */
  version: number
}

/** Why there is no document of a ticket, in the words of the door; null: there is. One that was used stays a keepsake, and re-enters. */
export function withheldFor({
  status,
  frozen,
  event,
}: Pick<TicketFacts, 'status' | 'frozen'> & { event: { status: string } }): Withheld | null {
  if (status !== 'VALID' && status !== 'USED') return status
  if (event.status !== 'APPROVED') return 'CANCELLED'
  return frozen ? 'FROZEN' : null
}

type Withheld = Exclude<TicketStatus, 'VALID' | 'USED'> | 'FROZEN'

/**
 * What people tell each other a ticket by: the last eight letters of its id, which are drawn at random. It opens nothing.
 * @returns as `7F3A-09BC`.
 */
export const referenceOf = (ticketId: string): string =>
  ticketId
    .slice(-8)
    .toUpperCase()
    .replace(/^(.{4})/, '$1-')

/** One line of where an event is; null for an event without a place. */
export function placeLine(place: EventPlace | null): string | null {
  if (!place) return null
  const parts = [place.name, place.room, place.address, place.city].filter((part) => part !== null)
  return parts.length === 0 ? null : parts.join(', ')
}
