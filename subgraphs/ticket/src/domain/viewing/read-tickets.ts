import { MOST_HELD_EVENTS } from '@karcis/kit/contracts/held-events'
import { Forbidden } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { KeysetPage, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { TICKET_STATUSES, type Ticket, type TicketConnection } from '../tickets/ticket.ts'
import {
  ALL_TICKETS,
  countTickets,
  countValidTicketsOfOwner,
  listHeldEvents,
  listTickets,
  TICKETS_OF_OWNER,
} from '../tickets/ticket-store.ts'

/** What somebody would lose here with their account. @throws BadUserInput. */
export async function readErasureLoss({ db }: Deps, userId: string): Promise<{ validTickets: number }> {
  return { validTickets: await countValidTicketsOfOwner(db, parseInput(idSchema, userId, 'userId')) }
}

const heldSchema = z.object({
  userId: idSchema,
  after: idSchema.nullish().default(null),
  limit: z
    .int()
    .refine((limit) => limit >= 1 && limit <= MOST_HELD_EVENTS, `must be from 1 to ${MOST_HELD_EVENTS}`),
})

/** For which events that are not over somebody has a valid ticket, by id, for the event subgraph. @throws BadUserInput */
export const readHeldEvents = async ({ db }: Deps, input: unknown): Promise<string[]> =>
  listHeldEvents(db, parseInput(heldSchema, input, 'filter'))

/** Reads tickets of users together with those of others that are asked for at the same time. */
export interface TicketReads {
  ticketsOfOwner(ownerId: string, page: KeysetPage): Promise<Ticket[]>
  ticketCount(ownerId: string): Promise<number>
}

/** A page of a user's tickets, newest first, for themselves and admins. @throws Forbidden, BadUserInput. */
export async function readTickets(
  reads: TicketReads,
  viewer: Viewer,
  ownerId: string,
  args: PageArgs,
): Promise<TicketConnection> {
  const id = parseInput(idSchema, ownerId, 'id')
  if (viewer.id !== id && viewer.role !== 'ADMIN') throw new Forbidden('These are not your tickets.')
  return TICKETS_OF_OWNER.read(args, {
    rows: (page) => reads.ticketsOfOwner(id, page),
    count: () => reads.ticketCount(id),
  })
}

const filterSchema = z.object({
  eventId: idSchema.nullish().default(null),
  ownerId: idSchema.nullish().default(null),
  status: z.enum(TICKET_STATUSES).nullish().default(null),
})

/** A page of all tickets that fit, newest first, for admins. @throws Forbidden, BadUserInput. */
export async function readAllTickets(
  { db }: Deps,
  viewer: Viewer,
  { filter: given, ...page }: PageArgs & { filter?: unknown },
): Promise<TicketConnection> {
  requireRole({ viewer })
  const filter = parseInput(filterSchema, given ?? {}, 'filter')
  return ALL_TICKETS.read(page, {
    rows: (keyset) => listTickets(db, filter, keyset),
    count: () => countTickets(db, filter),
  })
}
