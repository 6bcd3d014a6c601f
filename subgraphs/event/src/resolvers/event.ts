import { maySee, shownStatus } from '../domain/event.ts'
import { googleCalendarUrl, mapUrl } from '../domain/links.ts'
import { keeps } from '../domain/ownership.ts'
import { locationOf, placeOf } from '../domain/place.ts'
import type {
  EventForSaleResolvers,
  EventPendingChangesResolvers,
  EventResolvers,
} from '../generated/resolvers-types.ts'
import { loadOptional } from './load-optional.ts'

export const Event: EventResolvers = {
  __resolveReference: async ({ id }, ctx) => {
    const event = await ctx.loaders.event.load(id)
    return event && maySee(event, ctx.viewer) ? event : null
  },
  status: (event, _, ctx) => shownStatus(event, ctx.viewer),
  message: (event, _, ctx) => (keeps(ctx.viewer, event.organizerId) ? event.message : null),
  category: (event, _, ctx) => ctx.loaders.category.load(event.categoryId),
  venue: (event, _, ctx) => loadOptional(ctx.loaders.venue, event.venueId),
  room: (event, _, ctx) => loadOptional(ctx.loaders.room, event.roomId),
  location: (event, _, ctx) => locationOf(ctx, event),
  series: (event, _, ctx) => loadOptional(ctx.loaders.series, event.seriesId),
  organizer: (event) => ({ id: event.organizerId }),
  views: async (event, _, ctx) => (await ctx.loaders.views.load(event.id))?.views ?? 0,
  pendingChanges: (event, _, ctx) =>
    event.hasPendingChanges && keeps(ctx.viewer, event.organizerId)
      ? ctx.loaders.pendingChanges.load(event.id)
      : null,
  googleCalendarUrl: async (event, _, ctx) => googleCalendarUrl(event, await placeOf(ctx, event)),
  mapUrl: async (event, _, ctx) => {
    const place = await placeOf(ctx, event)
    return place && mapUrl(place)
  },
}

export const EventPendingChanges: EventPendingChangesResolvers = {
  venue: (changes, _, ctx) => loadOptional(ctx.loaders.venue, changes.venueId),
  room: (changes, _, ctx) => loadOptional(ctx.loaders.room, changes.roomId),
  location: (changes, _, ctx) => locationOf(ctx, changes),
}

export const EventForSale: EventForSaleResolvers = {
  status: (event) => event.status,
}
