import { blockSeats, unblockSeats } from '../domain/organizing/block-seats.ts'
import { createSeatMap } from '../domain/organizing/create-seat-map.ts'
import { seeSeats } from '../domain/viewing/read-seats.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const seatResolvers = {
  Query: {
    seatMap: (_, { eventId }, { loaders }) => loaders.seatMap.load(eventId),
    seats: (_, { ids }, context) => seeSeats(context, ids),
  },
  Mutation: {
    createSeatMap: (_, { input }, context) => createSeatMap(context, input),
    blockSeats: (_, { eventId, seatIds }, context) => blockSeats(context, eventId, seatIds),
    unblockSeats: (_, { eventId, seatIds }, context) => unblockSeats(context, eventId, seatIds),
  },
  Event: {
    seatMap: ({ id }, _, { loaders }) => loaders.seatMap.load(id),
  },
  SeatMap: {
    seats: ({ eventId }, _, { loaders }) => loaders.seatsOfEvent.load(eventId),
    sections: ({ eventId }, _, { loaders }) => loaders.sectionsOfEvent.load(eventId),
  },
  Section: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
  },
  Seat: {
    __resolveReference: ({ id }, { loaders }) => loaders.seat.load(id),
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
  },
} satisfies Resolvers
