import type { Context } from '../domain/deps.ts'
import { maySee } from '../domain/event.ts'
import { watchEvent } from '../domain/event-live.ts'
import type { SubscriptionResolvers } from '../generated/resolvers-types.ts'

export const Subscription: SubscriptionResolvers = {
  eventChanged: {
    subscribe: (_, { id }, ctx) => watchEvent(ctx, id),
    resolve: async ({ eventChanged: id }: { eventChanged: string }, _args: unknown, ctx: Context) => {
      const event = await ctx.loaders.event.load(id)
      return event && maySee(event, ctx.viewer) ? event : null
    },
  },
}
