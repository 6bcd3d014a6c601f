import { DateTime } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { Event, EventForSale, EventPendingChanges } from './event.ts'
import { Mutation } from './mutation.ts'
import { Category, EventSeries, Room, RoomScheduleEntry, RoomSeatLayout, User, Venue } from './places.ts'
import { Query } from './query.ts'
import { Subscription } from './subscription.ts'

/** GraphQL in and out of this subgraph. */
export const resolvers: Resolvers = {
  DateTime,
  Query,
  Mutation,
  Subscription,
  Event,
  EventForSale,
  EventPendingChanges,
  EventSeries,
  Category,
  Venue,
  Room,
  RoomSeatLayout,
  RoomScheduleEntry,
  User,
}
