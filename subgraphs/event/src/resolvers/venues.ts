import { blockSchedule, roomSchedule, unblockSchedule } from '../domain/hosting/room-schedule.ts'
import { createRoom, deleteRoom, updateRoom } from '../domain/hosting/rooms.ts'
import { createVenue, deleteVenue, listVenues, updateVenue } from '../domain/hosting/venues.ts'
import { mapOf } from '../domain/events/maps.ts'
import { mapUrl } from '../domain/events/place.ts'
import { ifVisible } from '../domain/events/event.ts'
import { ifOpen, opensTo, owns } from '../domain/ownership.ts'
import { seatCount } from '../domain/venues/seat-layout.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { loadOptional } from '../request-context.ts'

/** Venues, their rooms, and when each room is taken. */
export const venues = {
  Query: {
    venues: (_, { filter, ...page }, { deps, viewer }) => listVenues(deps, viewer, filter, page),
    venue: async (_, { id }, { loaders, viewer }) => ifOpen(await loaders.venue.load(id), viewer),
    roomSchedule: (_, { roomId, from, to }, { deps, viewer }) => roomSchedule(deps, viewer, roomId, from, to),
  },
  Mutation: {
    createVenue: (_, { input }, { deps, viewer }) => createVenue(deps, viewer, input),
    updateVenue: (_, { input }, { deps, viewer }) => updateVenue(deps, viewer, input),
    deleteVenue: (_, { id }, { deps, viewer }) => deleteVenue(deps, viewer, id),
    createRoom: (_, { input }, { deps, viewer }) => createRoom(deps, viewer, input),
    updateRoom: (_, { input }, { deps, viewer }) => updateRoom(deps, viewer, input),
    deleteRoom: (_, { id }, { deps, viewer }) => deleteRoom(deps, viewer, id),
    blockSchedule: (_, { input }, { deps, viewer }) => blockSchedule(deps, viewer, input),
    unblockSchedule: (_, { id }, { deps, viewer }) => unblockSchedule(deps, viewer, id),
  },
  Venue: {
    __resolveReference: async ({ id }, { loaders, viewer }) => ifOpen(await loaders.venue.load(id), viewer),
    location: (venue, _, { loaders }) => loadOptional(loaders.location, venue.locationId),
    mapUrl: (venue) => mapUrl(venue),
    mapEmbedUrl: async (venue, _, { loaders, deps: { settings } }) =>
      mapOf(settings.MAP_EMBED_URL, venue, await loadOptional(loaders.location, venue.locationId)),
    mapImageUrl: async (venue, _, { loaders, deps: { settings } }) =>
      mapOf(settings.MAP_STATIC_URL, venue, await loadOptional(loaders.location, venue.locationId)),
    public: (venue) => venue.ownerId === null,
    owner: (venue) => (venue.ownerId === null ? null : { id: venue.ownerId }),
    rooms: async (venue, _, { loaders, viewer }) =>
      opensTo(viewer, venue) ? ((await loaders.roomsOfVenue.load(venue.id)) ?? []) : [],
  },
  Room: {
    venue: (room, _, { loaders }) => loaders.venue.load(room.venueId),
  },
  RoomSeatLayout: { seatCount },
  RoomScheduleEntry: {
    room: (entry, _, { loaders }) => loaders.room.load(entry.roomId),
    event: async (entry, _, { loaders, viewer }) =>
      ifVisible(await loadOptional(loaders.event, entry.eventId), viewer),
    reason: async (entry, _, { loaders, viewer }) => {
      if (!viewer) return null
      const room = await loaders.room.load(entry.roomId)
      const venue = room && (await loaders.venue.load(room.venueId))
      return venue && owns(viewer, venue.ownerId) ? entry.reason : null
    },
  },
} satisfies Resolvers
