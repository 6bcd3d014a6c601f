import { DateTime, Money } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { holdResolvers } from './holds.ts'
import { internalResolvers } from './internal.ts'
import { seatResolvers } from './seats.ts'
import { subscriptionResolvers } from './subscriptions.ts'
import { ticketTypeResolvers } from './ticket-types.ts'
import { ticketResolvers } from './tickets.ts'

/** Everything that schema/ticket.graphql names. */
export const resolvers: Resolvers = {
  DateTime,
  Money,
  ...ticketTypeResolvers,
  ...seatResolvers,
  ...holdResolvers,
  ...ticketResolvers,
  ...subscriptionResolvers,
  Event: { ...ticketTypeResolvers.Event, ...seatResolvers.Event },
  Query: {
    ...ticketTypeResolvers.Query,
    ...seatResolvers.Query,
    ...holdResolvers.Query,
    ...ticketResolvers.Query,
  },
  Mutation: {
    ...ticketTypeResolvers.Mutation,
    ...seatResolvers.Mutation,
    ...holdResolvers.Mutation,
    ...internalResolvers.Mutation,
  },
}
