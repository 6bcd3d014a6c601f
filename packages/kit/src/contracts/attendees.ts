import { z } from 'zod'

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

const TICKET_STATUSES = ['VALID', 'USED', 'REFUNDED', 'CANCELLED', 'TRANSFERRED'] as const

/** A ticket of an event, as it is listed to whoever organizes that. */
const eventTicket = z.object({
  id: z.uuid(),
  /** Null for a guest's. */
  bookingId: z.uuid().nullable(),
  ownerId: z.uuid(),
  ticketTypeId: z.uuid(),
  typeName: z.string(),
  /** As `Stalls B-12`; null for general admission. */
  seatLabel: z.string().nullable(),
  status: z.enum(TICKET_STATUSES),
  checkedInAt: instant.nullable(),
  createdAt: instant,
  /** Who comes with it, as its owner or the organizer has said. */
  attendeeName: z.string().nullable(),
  /** What they were asked, and said. */
  answers: z.array(z.object({ question: z.string(), answer: z.string() })),
  /** Of a guest whom no account is known of: how they were invited; null otherwise. */
  guestName: z.string().nullable(),
  guestEmail: z.string().nullable(),
})

const FIELDS = Object.keys(eventTicket.shape).map((name) =>
  name === 'answers' ? 'answers { question answer }' : name,
)

export const eventTickets = z.array(eventTicket)

export type EventTicket = z.infer<typeof eventTicket>

/** Which tickets of an event: the same variables in all of these operations. */
export interface EventTicketFilter {
  eventId: string
  /** Null for all. */
  ticketTypeId: string | null
  statuses: readonly EventTicket['status'][]
  /** Null for all, else `MOST_OWNERS` at most. */
  ownerIds: readonly string[] | null
}

/** So many owners one request can name. */
export const MOST_OWNERS = 10_000
/** So many tickets one answer can have. */
export const MOST_EVENT_TICKETS = 1_000

const FILTER = '$eventId: ID!, $ticketTypeId: ID, $statuses: [TicketStatus!]!, $ownerIds: [ID!]'
const FILTERED = 'eventId: $eventId, ticketTypeId: $ticketTypeId, statuses: $statuses, ownerIds: $ownerIds'

/** Asks the ticket subgraph for `$limit` tickets, in the order of their ids: oldest first or newest first, strictly between two ids. */
export const EVENT_TICKETS = `query EventTickets(${FILTER}, $newerThan: ID, $olderThan: ID, $oldestFirst: Boolean!, $limit: Int!) {
  eventTickets(${FILTERED}, newerThan: $newerThan, olderThan: $olderThan, oldestFirst: $oldestFirst, limit: $limit) {
    ${FIELDS.join(' ')} } }`

/** How many there are, under `eventTicketCount`. */
export const EVENT_TICKET_COUNT = `query EventTicketCount(${FILTER}) { eventTicketCount(${FILTERED}) }`

/** Ids of the people who have them, under `eventTicketOwners`. */
export const EVENT_TICKET_OWNERS = `query EventTicketOwners(${FILTER}) { eventTicketOwners(${FILTERED}) }`

/** What is asked of those who come to `$eventId`, in its order, under `eventQuestions`. */
export const EVENT_QUESTIONS = 'query EventQuestions($eventId: ID!) { eventQuestions(eventId: $eventId) }'

export const eventQuestions = z.array(z.string())

export const eventTicketOwners = z.array(z.uuid())

/** How whoever organizes an event reaches a person who has a ticket for it. */
const contact = z.object({ id: z.uuid(), name: z.string(), email: z.string() })

export const contacts = z.array(contact)

export type Contact = z.infer<typeof contact>

/** So many people one request can ask for. */
export const MOST_CONTACTS = 5_000

/** Asks the user subgraph for those of `$ids` that have an account, and of which name or address contains `$search`, where that is given. */
export const CONTACTS = `query Contacts($ids: [ID!]!, $search: String) {
  contacts(ids: $ids, search: $search) { ${Object.keys(contact.shape).join(' ')} } }`
