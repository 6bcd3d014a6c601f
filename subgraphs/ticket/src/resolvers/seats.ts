import { mapAsync } from '@karcis/kit/async-queue'
import { requireViewer } from '@karcis/kit/viewer'
import { blockSeats, unblockSeats } from '../domain/organizing/block-seats.ts'
import { createSeatMap } from '../domain/organizing/create-seat-map.ts'
import { readSeats, watchSeatMap } from '../domain/viewing/read-seats.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const seats = {
  Query: {
    seatMap: (_, { eventId }, { loaders }) => loaders.seatMap.load(eventId),
    seats: (_, { ids }, { loaders }) => readSeats((id) => loaders.seat.load(id), ids),
  },
  Mutation: {
    createSeatMap: (_, { input }, ctx) => createSeatMap(ctx.deps, requireViewer(ctx), input),
    blockSeats: (_, args, ctx) => blockSeats(ctx.deps, requireViewer(ctx), args),
    unblockSeats: (_, args, ctx) => unblockSeats(ctx.deps, requireViewer(ctx), args),
  },
  Subscription: {
    seatMapChanged: {
      async subscribe(_, { eventId, sinceRevision }, { deps }) {
        const changes = await watchSeatMap(deps, eventId, sinceRevision ?? null)
        return mapAsync(changes, (seatMapChanged) => ({ seatMapChanged }))
      },
    },
  },
  Event: {
    seatMap: ({ id }, _, { loaders }) => loaders.seatMap.load(id),
  },
  SeatMap: {
    seats: async ({ eventId }, _, { loaders }) => (await loaders.seatsOfEvent.load(eventId)) ?? [],
    sections: async ({ eventId }, _, { loaders }) => (await loaders.sectionsOfEvent.load(eventId)) ?? [],
  },
  Section: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
  },
  Seat: {
    __resolveReference: ({ id }, { loaders }) => loaders.seat.load(id),
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
  },
} satisfies Resolvers
