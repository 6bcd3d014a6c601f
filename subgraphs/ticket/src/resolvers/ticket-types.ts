import { createTicketType } from '../domain/organizing/create-ticket-type.ts'
import { deleteTicketType } from '../domain/organizing/delete-ticket-type.ts'
import { priceRange } from '../domain/inventory/ticket-type.ts'
import { updateTicketType } from '../domain/organizing/update-ticket-type.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const ticketTypeResolvers = {
  Query: {
    ticketTypesByEvent: (_, { eventId }, { loaders }) => loaders.ticketTypesOfEvent.load(eventId),
    ticketType: (_, { id }, { loaders }) => loaders.ticketType.load(id),
  },
  Mutation: {
    createTicketType: (_, { input }, context) => createTicketType(context, input),
    updateTicketType: (_, { input }, context) => updateTicketType(context, input),
    deleteTicketType: (_, { id }, context) => deleteTicketType(context, id),
  },
  TicketType: {
    __resolveReference: ({ id }, { loaders }) => loaders.ticketType.load(id),
    event: ({ eventId }) => ({ id: eventId }),
  },
  Event: {
    __resolveReference: ({ id }) => ({ id }),
    ticketTypes: ({ id }, _, { loaders }) => loaders.ticketTypesOfEvent.load(id),
    priceRange: async ({ id }, _, { loaders }) => priceRange(await loaders.ticketTypesOfEvent.load(id)),
  },
} satisfies Resolvers
