import { mapAsync } from '@karcis/kit/async-queue'
import { watchSeatMap, watchStock } from '../domain/live.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const subscriptionResolvers = {
  Subscription: {
    seatMapChanged: {
      async subscribe(_, { eventId, sinceRevision }, { deps }) {
        return mapAsync(await watchSeatMap(deps, eventId, sinceRevision ?? null), (seatMapChanged) => ({
          seatMapChanged,
        }))
      },
    },
    ticketStockChanged: {
      async subscribe(_, { eventId }, { deps }) {
        return mapAsync(await watchStock(deps, eventId), (ticketStockChanged) => ({ ticketStockChanged }))
      },
    },
  },
} satisfies Resolvers
