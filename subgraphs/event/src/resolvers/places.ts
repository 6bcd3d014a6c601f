import { maySee } from '../domain/event.ts'
import { listEvents } from '../domain/event-list.ts'
import { keeps } from '../domain/ownership.ts'
import { seatCount } from '../domain/seat-layout.ts'
import type {
  CategoryResolvers,
  EventSeriesResolvers,
  RoomResolvers,
  RoomScheduleEntryResolvers,
  RoomSeatLayoutResolvers,
  UserResolvers,
  VenueResolvers,
} from '../generated/resolvers-types.ts'
import { loadOptional } from './load-optional.ts'

export const Category: CategoryResolvers = {
  __resolveReference: ({ id }, ctx) => ctx.loaders.category.load(id),
}

export const Venue: VenueResolvers = {
  __resolveReference: ({ id }, ctx) => ctx.loaders.venue.load(id),
  location: (venue, _, ctx) => loadOptional(ctx.loaders.location, venue.locationId),
  public: (venue) => venue.ownerId === null,
  owner: (venue) => (venue.ownerId === null ? null : { id: venue.ownerId }),
  rooms: async (venue, _, ctx) => (await ctx.loaders.roomsOfVenue.load(venue.id)) ?? [],
}

export const Room: RoomResolvers = {
  venue: (room, _, ctx) => ctx.loaders.venue.load(room.venueId),
}

export const RoomSeatLayout: RoomSeatLayoutResolvers = { seatCount }

export const RoomScheduleEntry: RoomScheduleEntryResolvers = {
  room: (entry, _, ctx) => ctx.loaders.room.load(entry.roomId),
  event: async (entry, _, ctx) => {
    const event = await loadOptional(ctx.loaders.event, entry.eventId)
    return event && maySee(event, ctx.viewer) ? event : null
  },
  reason: async (entry, _, ctx) => {
    if (!ctx.viewer) return null
    const room = await ctx.loaders.room.load(entry.roomId)
    const venue = room && (await ctx.loaders.venue.load(room.venueId))
    return venue && keeps(ctx.viewer, venue.ownerId) ? entry.reason : null
  },
}

export const EventSeries: EventSeriesResolvers = {
  organizer: (series) => ({ id: series.organizerId }),
  events: (series, page, ctx) => listEvents(ctx, { seriesId: series.id }, 'STARTS_AT_ASC', page),
}

export const User: UserResolvers = {
  __resolveReference: ({ id }) => ({ id }),
  organizedEvents: (user, page, ctx) => listEvents(ctx, { organizerId: user.id }, 'STARTS_AT_ASC', page),
}
