import { requireViewer } from '@karcis/kit/viewer'
import { mayReference, requireReadable } from '../domain/tickets/ticket.ts'
import { qrCode, verificationKeys } from '../domain/tickets/ticket-code.ts'
import { readTickets } from '../domain/viewing/read-tickets.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const tickets = {
  Query: {
    myTickets(_, args, ctx) {
      const viewer = requireViewer(ctx)
      return readTickets(ctx.deps, viewer, viewer.id, args)
    },
    ticket: async (_, { id }, ctx) => requireReadable(requireViewer(ctx), await ctx.loaders.ticket.load(id)),
    ticketVerificationKeys: (_, _args, { deps }) => verificationKeys(deps.signingKeys),
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    tickets: ({ id }, args, ctx) => readTickets(ctx.deps, requireViewer(ctx), id, args),
  },
  Ticket: {
    async __resolveReference({ id }, ctx) {
      const ticket = await ctx.loaders.ticket.load(id)
      return ticket && mayReference(ctx, ticket) ? ticket : null
    },
    qrCode: ({ code }) => qrCode(code),
    event: ({ eventId }) => ({ id: eventId }),
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
    seat: ({ seatId }, _, { loaders }) => (seatId === null ? null : loaders.seat.load(seatId)),
    owner: ({ ownerId }) => ({ id: ownerId }),
  },
  TicketConnection: {
    totalCount: ({ totalCount }) => totalCount(),
  },
} satisfies Resolvers
