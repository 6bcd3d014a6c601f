import { requireViewer } from '@karcis/kit/viewer'
import {
  holdBackSeats,
  holdBackTickets,
  readContingents,
  releaseHeldBack,
} from '../domain/organizing/hold-back.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const contingents = {
  Query: {
    contingents: (_, args, ctx) => readContingents(ctx.deps, requireViewer(ctx), args),
  },
  Mutation: {
    holdBackSeats: (_, { input }, ctx) => holdBackSeats(ctx.deps, requireViewer(ctx), input),
    holdBackTickets: (_, { input }, ctx) => holdBackTickets(ctx.deps, requireViewer(ctx), input),
    releaseHeldBack: (_, args, ctx) => releaseHeldBack(ctx.deps, requireViewer(ctx), args),
  },
  Contingent: {
    ticketType: ({ ticketTypeId }, _, { loaders }) =>
      ticketTypeId === null ? null : loaders.ticketType.load(ticketTypeId),
    seats: async ({ id }, _, { loaders }) => (await loaders.seatsOfContingent.load(id)) ?? [],
  },
} satisfies Resolvers
