import { requireRole, requireService } from '@karcis/kit/viewer'
import { listCategories } from '../domain/categories.ts'
import { maySee } from '../domain/event.ts'
import { listEvents } from '../domain/event-list.ts'
import { listLocations } from '../domain/locations.ts'
import { roomSchedule } from '../domain/room-schedule.ts'
import { listVenues } from '../domain/venues.ts'
import { popularEvents } from '../domain/views.ts'
import type { QueryResolvers } from '../generated/resolvers-types.ts'

export const Query: QueryResolvers = {
  events: (_, { filter, orderBy, ...page }, ctx) =>
    listEvents(ctx, filter ?? {}, orderBy ?? 'STARTS_AT_ASC', page),
  event: async (_, { id }, ctx) => {
    const event = await ctx.loaders.event.load(id)
    return event && maySee(event, ctx.viewer) ? event : null
  },
  eventsByVenue: (_, { venueId, ...page }, ctx) => listEvents(ctx, { venueId }, 'STARTS_AT_ASC', page),
  myEvents: (_, { status, ...page }, ctx) => {
    const { id } = requireRole(ctx, 'ORGANIZER')
    return listEvents(ctx, { organizerId: id, status }, 'CREATED_AT_DESC', page)
  },
  popularEvents: (_, { first }, ctx) => popularEvents(ctx, first ?? 10),
  categories: (_, _args, ctx) => listCategories(ctx),
  category: (_, { id }, ctx) => ctx.loaders.category.load(id),
  locations: (_, _args, ctx) => listLocations(ctx),
  location: (_, { id }, ctx) => ctx.loaders.location.load(id),
  venues: (_, { filter, ...page }, ctx) => listVenues(ctx, filter, page),
  venue: (_, { id }, ctx) => ctx.loaders.venue.load(id),
  roomSchedule: (_, { roomId, from, to }, ctx) => roomSchedule(ctx, roomId, from, to),
  eventSeries: (_, { id }, ctx) => ctx.loaders.series.load(id),
  eventForSale: (_, { id }, ctx) => {
    requireService(ctx, 'ticket', 'booking')
    return ctx.loaders.event.load(id)
  },
}
