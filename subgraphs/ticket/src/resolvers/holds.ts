import { requireViewer } from '@karcis/kit/viewer'
import { holdBestSeats } from '../domain/holds/hold-best-seats.ts'
import { holdSeats } from '../domain/holds/hold-seats.ts'
import { holdTickets } from '../domain/holds/hold-tickets.ts'
import { readHold, releaseHold } from '../domain/holds/release-hold.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const holds = {
  Query: {
    hold: (_, { id }, ctx) => readHold(ctx.deps, requireViewer(ctx), id),
  },
  Mutation: {
    holdSeats: (_, { input }, ctx) => holdSeats(ctx.deps, requireViewer(ctx), input),
    holdBestSeats: (_, { input }, ctx) => holdBestSeats(ctx.deps, requireViewer(ctx), input),
    holdTickets: (_, { input }, ctx) => holdTickets(ctx.deps, requireViewer(ctx), input),
    releaseHold: (_, { id }, ctx) => releaseHold(ctx.deps, requireViewer(ctx), id),
  },
  Hold: {
    event: ({ eventId }) => ({ id: eventId }),
    async seats({ items }, _, { loaders }) {
      const seatIds = items.flatMap((item) => item.seatId ?? [])
      const seats = await Promise.all(seatIds.map((id) => loaders.seat.load(id)))
      return seats.filter((seat) => seat !== null)
    },
  },
  HoldItem: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
    seat: ({ seatId }, _, { loaders }) => (seatId === null ? null : loaders.seat.load(seatId)),
  },
} satisfies Resolvers
