import { Forbidden } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { KeysetPage, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import type { Ticket, TicketConnection } from '../tickets/ticket.ts'
import { countValidTicketsOfOwner, TICKETS_OF_OWNER } from '../tickets/ticket-store.ts'

/** What somebody would lose here with their account. @throws BadUserInput. */
export async function readErasureLoss({ db }: Deps, userId: string): Promise<{ validTickets: number }> {
  return { validTickets: await countValidTicketsOfOwner(db, parseInput(idSchema, userId, 'userId')) }
}

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
