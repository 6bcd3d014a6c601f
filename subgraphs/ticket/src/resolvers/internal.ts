import { requireService } from '@karcis/kit/viewer'
import { bindHold } from '../domain/booking/bind-hold.ts'
import { cancelTickets } from '../domain/booking/cancel-tickets.ts'
import { issueTickets } from '../domain/booking/issue-tickets.ts'
import { releaseBooking } from '../domain/booking/release-booking.ts'
import { takeForBooking } from '../domain/booking/take-for-booking.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** What only the booking subgraph may ask; each use case checks who asks. */
export const internalResolvers = {
  Mutation: {
    bindHold: (_, { holdId, bookingId }, context) => bindHold(context, holdId, bookingId),
    takeForBooking: (_, { bookingId, ticketTypeId, quantity }, context) =>
      takeForBooking(context, bookingId, ticketTypeId, quantity),
    issueTickets: (_, { bookingId }, context) => issueTickets(context, bookingId),
    releaseBooking: (_, { bookingId }, context) => releaseBooking(context, bookingId),
    cancelTickets: (_, { bookingId, reason }, context) => cancelTickets(context, bookingId, reason),
    updateTicketSold(_, { ticketTypeId }, context) {
      requireService(context, 'booking')
      return context.loaders.ticketType.load(ticketTypeId)
    },
  },
} satisfies Resolvers
