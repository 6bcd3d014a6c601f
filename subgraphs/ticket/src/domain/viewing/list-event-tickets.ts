import {
  type EventTicket,
  type EventTicketFilter,
  MOST_EVENT_TICKETS,
  MOST_OWNERS,
} from '@karcis/kit/contracts/attendees'
import { MOST_HOLDERS } from '@karcis/kit/contracts/ticket-holders'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { TICKET_STATUSES } from '../tickets/ticket.ts'
import { findQuestionnaires } from '../tickets/questionnaire-store.ts'
import {
  countEventTickets,
  listEventTicketOwners,
  listEventTickets,
  listHolders,
} from '../tickets/ticket-store.ts'

const optionalId = idSchema.nullish().default(null)

const filterSchema = z.object({
  eventId: idSchema,
  ticketTypeId: optionalId,
  statuses: z.array(z.enum(TICKET_STATUSES)),
  ownerIds: z.array(idSchema).max(MOST_OWNERS, `must be ${MOST_OWNERS} at most`).nullish().default(null),
})

const rangeSchema = filterSchema.extend({
  newerThan: optionalId,
  olderThan: optionalId,
  oldestFirst: z.boolean(),
  limit: z
    .int()
    .refine((limit) => limit >= 1 && limit <= MOST_EVENT_TICKETS, `must be from 1 to ${MOST_EVENT_TICKETS}`),
})

const filterOf = (input: unknown): EventTicketFilter => parseInput(filterSchema, input, 'filter')

/** Tickets of an event, for the booking subgraph, which has seen to it that who asks organizes it. @throws BadUserInput */
export async function readEventTickets({ db }: Deps, input: unknown): Promise<EventTicket[]> {
  const { newerThan, olderThan, oldestFirst, limit, ...filter } = parseInput(rangeSchema, input, 'filter')
  return listEventTickets(db, filter, { newerThan, olderThan, oldestFirst, limit })
}

/** How many there are. @throws BadUserInput */
export const readEventTicketCount = async ({ db }: Deps, input: unknown): Promise<number> =>
  countEventTickets(db, filterOf(input))

/** Ids of the people who have them. @throws BadUserInput */
export const readEventTicketOwners = async ({ db }: Deps, input: unknown): Promise<string[]> =>
  listEventTicketOwners(db, filterOf(input))

/** What is asked of those who come to an event, in its order. @throws BadUserInput */
export async function readQuestions({ db }: Deps, rawEventId: string): Promise<string[]> {
  const eventId = parseInput(idSchema, rawEventId, 'eventId')
  const questionnaire = (await findQuestionnaires(db, [eventId])).get(eventId)
  return (questionnaire?.questions ?? []).map(({ text }) => text)
}

const holdersSchema = z.object({
  eventId: idSchema,
  after: optionalId,
  endedSince: z.date().nullish().default(null),
  limit: z.int().refine((limit) => limit >= 1 && limit <= MOST_HOLDERS, `must be from 1 to ${MOST_HOLDERS}`),
})

/** Who has tickets for an event, by ticket, for the user subgraph, which tells them of what becomes of it. @throws BadUserInput */
export async function readHolders(
  { db }: Deps,
  input: unknown,
): Promise<{ ticketId: string; ownerId: string }[]> {
  return listHolders(db, parseInput(holdersSchema, input, 'filter'))
}
