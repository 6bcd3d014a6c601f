import { z } from 'zod'

/** A ticket of an event, and whose it is. */
export const ticketHolders = z.array(z.object({ ticketId: z.uuid(), ownerId: z.uuid() }))

/** So many one answer can have. */
export const MOST_HOLDERS = 1_000

/**
 * Asks the ticket subgraph who has tickets for `$eventId`, by ticket, `$limit` from the one after `$after` on; also of what was refunded or cancelled since `$endedSince`, where that is
 * given. Answered under `ticketHolders`.
 */
export const TICKET_HOLDERS = `query TicketHolders($eventId: ID!, $after: ID, $endedSince: DateTime, $limit: Int!) {
  ticketHolders(eventId: $eventId, after: $after, endedSince: $endedSince, limit: $limit) { ticketId ownerId } }`
