import { requireViewer } from '@karcis/kit/viewer'
import {
  listSeatLayouts,
  publishSeatLayout,
  readLayoutDocument,
  readSeatLayout,
  saveSeatLayout,
} from '../domain/organizing/seat-layouts.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const seatLayouts = {
  Query: {
    seatLayout: (_, { id }, ctx) => readSeatLayout(ctx.deps, requireViewer(ctx), id),
    seatLayouts: (_, args, ctx) => listSeatLayouts(ctx.deps, requireViewer(ctx), args),
  },
  Mutation: {
    saveSeatLayout: (_, { input }, ctx) => saveSeatLayout(ctx.deps, requireViewer(ctx), input),
    publishSeatLayout: (_, { id }, ctx) => publishSeatLayout(ctx.deps, requireViewer(ctx), id),
  },
  SeatLayout: {
    layout: (layout, _, { deps }) => readLayoutDocument(deps, layout),
  },
} satisfies Resolvers
