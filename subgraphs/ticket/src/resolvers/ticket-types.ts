import { mapAsync } from '@karcis/kit/async-queue'
import { requireViewer } from '@karcis/kit/viewer'
import { priceRange } from '../domain/inventory/ticket-type.ts'
import {
  createTicketType,
  deleteTicketType,
  updateTicketType,
} from '../domain/organizing/manage-ticket-types.ts'
import { watchStock } from '../domain/viewing/read-seats.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const ticketTypes = {
  Query: {
    ticketTypesByEvent: async (_, { eventId }, { loaders }) =>
      (await loaders.ticketTypesOfEvent.load(eventId)) ?? [],
    ticketType: (_, { id }, { loaders }) => loaders.ticketType.load(id),
  },
  Mutation: {
    createTicketType: (_, { input }, ctx) => createTicketType(ctx.deps, requireViewer(ctx), input),
    updateTicketType: (_, { input }, ctx) => updateTicketType(ctx.deps, requireViewer(ctx), input),
    deleteTicketType: (_, { id }, ctx) => deleteTicketType(ctx.deps, requireViewer(ctx), id),
  },
  Subscription: {
    ticketStockChanged: {
      async subscribe(_, { eventId }, { deps }) {
        return mapAsync(await watchStock(deps, eventId), (ticketStockChanged) => ({ ticketStockChanged }))
      },
    },
  },
  TicketType: {
    __resolveReference: ({ id }, { loaders }) => loaders.ticketType.load(id),
    event: ({ eventId }) => ({ id: eventId }),
  },
  Event: {
    __resolveReference: ({ id }) => ({ id }),
    ticketTypes: async ({ id }, _, { loaders }) => (await loaders.ticketTypesOfEvent.load(id)) ?? [],
    priceRange: async ({ id }, _, { loaders }) =>
      priceRange((await loaders.ticketTypesOfEvent.load(id)) ?? []),
  },
} satisfies Resolvers
