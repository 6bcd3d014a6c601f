import { z } from 'zod'

/** The subgraphs that are asked what they keep of a person; the user subgraph knows its own part. */
export const ASKED_FOR_PERSONAL_DATA = ['event', 'ticket', 'booking'] as const

/** Asks one of them for what it keeps of the user `$userId`: an object as JSON, in a text, under `part`. */
export const PERSONAL_DATA: Readonly<Record<(typeof ASKED_FOR_PERSONAL_DATA)[number], string>> = {
  event: 'query PersonalDataOfEvents($userId: ID!) { part: personalDataOfEvents(userId: $userId) }',
  ticket: 'query PersonalDataOfTickets($userId: ID!) { part: personalDataOfTickets(userId: $userId) }',
  booking: 'query PersonalDataOfBookings($userId: ID!) { part: personalDataOfBookings(userId: $userId) }',
}

export const personalDataPart = z.object({ part: z.string() })
