import { holdBestSeats } from '../domain/holds/hold-best-seats.ts'
import { holdSeats } from '../domain/holds/hold-seats.ts'
import { holdTickets } from '../domain/holds/hold-tickets.ts'
import { releaseHold } from '../domain/holds/release-hold.ts'
import { seeHold } from '../domain/viewing/read-hold.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { present } from './present.ts'

export const holdResolvers = {
  Query: {
    hold: (_, { id }, context) => seeHold(context, id),
  },
  Mutation: {
    holdSeats: (_, { input }, context) => holdSeats(context, input),
    holdBestSeats: (_, { input }, context) => holdBestSeats(context, input),
    holdTickets: (_, { input }, context) => holdTickets(context, input),
    releaseHold: (_, { id }, context) => releaseHold(context, id),
  },
  Hold: {
    event: ({ eventId }) => ({ id: eventId }),
    seats: ({ items }, _, { loaders }) =>
      present(items.flatMap((item) => (item.seatId === null ? [] : loaders.seat.load(item.seatId)))),
  },
  HoldItem: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
    seat: ({ seatId }, _, { loaders }) => (seatId === null ? null : loaders.seat.load(seatId)),
  },
} satisfies Resolvers
