import { requireViewer } from '@karcis/kit/viewer'
import { maySeeTicket, seeTicket, seeTicketsOf } from '../domain/viewing/read-tickets.ts'
import { qrCode, verificationKeys } from '../domain/tickets/ticket-code.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const ticketResolvers = {
  Query: {
    myTickets: (_, args, context) => seeTicketsOf(context, requireViewer(context).id, args),
    ticket: (_, { id }, context) => seeTicket(context, id),
    ticketVerificationKeys: (_, _args, { deps }) => verificationKeys(deps.signingKeys),
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    tickets: ({ id }, args, context) => seeTicketsOf(context, id, args),
  },
  Ticket: {
    async __resolveReference({ id }, context) {
      const ticket = await context.loaders.ticket.load(id)
      return ticket && maySeeTicket(context, ticket) ? ticket : null
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
