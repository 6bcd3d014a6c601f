import { mapAsync } from '@karcis/kit/async-queue'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { ifVisible, maySeeEvent, referenceTo } from '../domain/events/event-copy.ts'
import {
  ifOffered,
  isOffered,
  priceRange,
  runsEvent,
  type TicketType,
} from '../domain/inventory/ticket-type.ts'
import { importTicketTypes } from '../domain/organizing/import-ticket-types.ts'
import {
  createTicketType,
  deleteTicketType,
  updateTicketType,
} from '../domain/organizing/manage-ticket-types.ts'
import { watchStock } from '../domain/viewing/read-seats.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'

export const ticketTypes = {
  Query: {
    ticketTypesByEvent: (_, { eventId }, ctx) => ticketTypesOf(ctx, parseInput(idSchema, eventId, 'eventId')),
    ticketType: async (_, { id }, { viewer, loaders }) =>
      ifOffered(viewer, await loaders.ticketType.load(id)),
  },
  Mutation: {
    createTicketType: (_, { input }, ctx) => createTicketType(ctx.deps, requireViewer(ctx), input),
    updateTicketType: (_, { input }, ctx) => updateTicketType(ctx.deps, requireViewer(ctx), input),
    importTicketTypes: (_, { input }, ctx) => importTicketTypes(ctx.deps, requireViewer(ctx), input),
    deleteTicketType: (_, { id }, ctx) => deleteTicketType(ctx.deps, requireViewer(ctx), id),
  },
  Subscription: {
    ticketStockChanged: {
      async subscribe(_, { eventId }, { deps, viewer }) {
        return mapAsync(await watchStock(deps, viewer, eventId), (ticketStockChanged) => ({
          ticketStockChanged,
        }))
      },
    },
  },
  TicketType: {
    // Also one that is hidden: only what somebody has, or has done, refers to it.
    __resolveReference: async ({ id }, { viewer, loaders }) =>
      ifVisible(viewer, await loaders.ticketType.load(id)),
    accessCodeRequired: ({ accessCodes }) => accessCodes.length > 0,
    heldBack: (type, _, { viewer }) => (runsEvent(viewer, type) ? type.heldBack : null),
    hiddenUntilSoldOut: (type, _, { viewer }) => (runsEvent(viewer, type) ? type.hiddenUntilSoldOut : null),
    event: (type, _, { viewer }) => (maySeeEvent(viewer, type) ? { id: type.eventId } : null),
  },
  Event: {
    __resolveReference: ({ id }) => referenceTo(id),
    ticketTypes: ({ id }, _, ctx) => ticketTypesOf(ctx, id),
    priceRange: async ({ id }, _, ctx) => priceRange(await ticketTypesOf(ctx, id)),
  },
} satisfies Resolvers

/** Those of an event that the viewer is offered. */
async function ticketTypesOf({ viewer, loaders }: Context, eventId: string): Promise<TicketType[]> {
  const types = (await loaders.ticketTypesOfEvent.load(eventId)) ?? []
  return types.filter((type) => isOffered(viewer, type))
}
