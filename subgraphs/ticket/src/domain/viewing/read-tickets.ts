import { Forbidden } from '@karcis/kit/errors'
import { type Connection, type PageArgs, parsePage, toConnection } from '@karcis/kit/pagination'
import { parseInput } from '@karcis/kit/validate'
import { type RequestScope, requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from '../deps.ts'
import { requireId } from '../input.ts'
import type { Ticket } from '../tickets/ticket.ts'
import { countTicketsOfOwner, ticketsOfOwner } from '../tickets/ticket-store.ts'

/** Whether the viewer may see a ticket: its owner, the organizer of its event, admins, and other processes for themselves. */
export function maySeeTicket({ viewer, service }: RequestScope, ticket: Ticket): boolean {
  if (!viewer) return service === 'booking'
  return viewer.role === 'ADMIN' || viewer.id === ticket.ownerId || viewer.id === ticket.organizerId
}

/** One ticket; null when there is none. @throws Unauthenticated, Forbidden. */
export async function seeTicket({ loaders, ...scope }: Context, id: string): Promise<Ticket | null> {
  requireViewer(scope)
  const ticket = await loaders.ticket.load(id)
  if (ticket && !maySeeTicket(scope, ticket)) throw new Forbidden('This is not your ticket.')
  return ticket
}

/** A page of a user's tickets, newest first, for the user itself and admins. @throws Unauthenticated, Forbidden, BadUserInput. */
export async function seeTicketsOf(
  { deps, ...scope }: Context,
  ownerId: string,
  args: PageArgs,
): Promise<Connection<Ticket>> {
  const viewer = requireViewer(scope)
  if (viewer.id !== ownerId && viewer.role !== 'ADMIN') throw new Forbidden('These are not your tickets.')
  requireId(ownerId, 'id')
  const page = parsePage(args, 1)
  for (const [path, cursor] of Object.entries({ after: page.after, before: page.before })) {
    if (cursor) parseInput(z.tuple([z.uuid()]), cursor, path)
  }
  const rows = await ticketsOfOwner(deps.db, ownerId, page)
  return toConnection(
    rows,
    page,
    (ticket) => [ticket.id],
    () => countTicketsOfOwner(deps.db, ownerId),
  )
}
