import { requireViewer } from '@karcis/kit/viewer'
import { quoteBooking } from '../domain/checkout/redeem-promo.ts'
import { setFees, setPlatformFees, viewPlatformFees } from '../domain/fees/set-fees.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const fees: Resolvers = {
  Query: {
    quoteBooking: (_, { input }, ctx) => quoteBooking(ctx.deps, requireViewer(ctx), input, ctx.clientAddress),
    platformFees: (_, __, ctx) => viewPlatformFees(ctx.deps, requireViewer(ctx)),
  },
  Mutation: {
    setFees: (_, { input }, ctx) => setFees(ctx.deps, requireViewer(ctx), input),
    setPlatformFees: (_, { input }, ctx) => setPlatformFees(ctx.deps, requireViewer(ctx), input),
  },
  PriceQuote: {
    items: ({ items }) => items.map((item) => ({ ...item, live: true })),
  },
  Booking: {
    fees: async ({ id }, _, { loaders }) => (await loaders.fees.load(id)) ?? [],
  },
  Event: {
    fees: async ({ id }, _, { loaders }) => (await loaders.eventFees.load(id))?.terms ?? null,
  },
}
