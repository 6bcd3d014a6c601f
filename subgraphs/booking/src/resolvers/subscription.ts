import { requireViewer } from '@karcis/kit/viewer'
import type { Context } from '../request-context.ts'
import { watchBooking } from '../domain/view-booking.ts'
import type { SubscriptionBookingChangedArgs, SubscriptionResolvers } from '../generated/resolvers-types.ts'

export const Subscription: SubscriptionResolvers = {
  bookingChanged: {
    subscribe: (_, { id }, ctx) => watchBooking(ctx.deps, requireViewer(ctx), id),
    resolve: (_change: unknown, { id }: SubscriptionBookingChangedArgs, ctx: Context) =>
      ctx.loaders.booking.load(id),
  },
}
