import { BadUserInput } from '@karcis/kit/errors'
import { imageUrl } from '@karcis/kit/contracts/files'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { requireService, requireViewer } from '@karcis/kit/viewer'
import { personalDataOfEvents } from '../domain/serving/personal-data.ts'
import type { GraphQLResolveInfo } from 'graphql'
import { reviewEvent } from '../domain/administering/review-event.ts'
import { transferEvent } from '../domain/administering/transfer-event.ts'
import { calendarUrlOf } from '../domain/browsing/event-calendar.ts'
import {
  listEvents,
  listEventsAtVenue,
  listMyEvents,
  popularEvents,
  readFacets,
} from '../domain/browsing/list-events.ts'
import { listUpcomingEvents } from '../domain/browsing/upcoming-events.ts'
import { preloadEvent } from '../domain/browsing/preload-event.ts'
import { findEvent, recordEventView, watchEvent } from '../domain/browsing/view-event.ts'
import { ifVisible, mayDo, shownStatus } from '../domain/events/event.ts'
import { mapOf } from '../domain/events/maps.ts'
import { googleCalendarUrl, locationOf, mapUrl, placeOf } from '../domain/events/place.ts'
import { cancelEvent } from '../domain/organizing/cancel-event.ts'
import { duplicateEvent, repeatEvent } from '../domain/organizing/duplicate-event.ts'
import { createEvent } from '../domain/organizing/create-event.ts'
import { deleteEvent, submitEvent } from '../domain/organizing/submit-event.ts'
import { pauseSales, resumeSales } from '../domain/organizing/pause-sales.ts'
import { rescheduleEvent } from '../domain/organizing/reschedule-event.ts'
import { updateEvent } from '../domain/organizing/update-event.ts'
import {
  calendarEvents,
  eventPlace,
  eventsToCome,
  fixCurrency,
  roomRights,
  seatLayoutOfRoom,
} from '../domain/serving/for-subgraphs.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { type Context, loadOptional } from '../request-context.ts'

/** Events: lists, one of them, their changes, and what others refer to them by. */
export const events = {
  Query: {
    events: (_, { filter, orderBy, ...page }, { deps, viewer }, info) => {
      if (filter?.search != null) countSearch(info)
      return listEvents(deps, viewer, orderBy ?? [], filter ?? {}, page)
    },
    facets: (_, { filter }, { deps, viewer }, info) => {
      countSearch(info)
      return readFacets(deps, viewer, filter ?? {})
    },
    event: (_, which, { deps, viewer }) => findEvent(deps, viewer, which),
    eventsByVenue: (_, { venueId, ...page }, { deps, viewer }) =>
      listEventsAtVenue(deps, viewer, venueId, page),
    myEvents: (_, { status, ...page }, { deps, viewer }) => listMyEvents(deps, viewer, status, page),
    upcomingEvents: (_, page, ctx) => listUpcomingEvents(ctx.deps, requireViewer(ctx), page),
    popularEvents: (_, { first }, { deps }) => popularEvents(deps, first ?? 10),
    eventForSale: (_, { id }, ctx) => {
      requireService(ctx, 'ticket', 'booking', 'user')
      return ctx.loaders.event.load(id)
    },
    eventPlace: (_, { id }, ctx) => {
      requireService(ctx, 'ticket', 'user')
      return eventPlace(ctx.deps, id)
    },
    calendarEvents: (_, { ids }, ctx) => {
      requireService(ctx, 'ticket', 'user')
      return calendarEvents(ctx.deps, ids)
    },
    eventVisible: async (_, { id }, ctx) => {
      requireService(ctx, 'user')
      return (await loadVisible(ctx, parseInput(idSchema, id, 'id'))) !== null
    },
    seatLayoutOfRoom: (_, { roomId }, ctx) => {
      requireService(ctx, 'ticket')
      return seatLayoutOfRoom(ctx.deps, roomId)
    },
    roomRights: (_, { roomId }, ctx) => {
      requireService(ctx, 'ticket')
      return roomRights(ctx.deps, ctx.viewer, roomId)
    },
    personalDataOfEvents(_, { userId }, ctx) {
      requireService(ctx, 'user')
      return personalDataOfEvents(ctx.deps, userId)
    },
    eventsToCome: (_, { organizerId }, ctx) => {
      requireService(ctx, 'user')
      return eventsToCome(ctx.deps, organizerId)
    },
  },
  Mutation: {
    createEvent: (_, { input }, { deps, viewer }) => createEvent(deps, viewer, input),
    duplicateEvent: (_, { input }, { deps, viewer }) => duplicateEvent(deps, viewer, input),
    repeatEvent: (_, { input }, { deps, viewer }) => repeatEvent(deps, viewer, input),
    updateEvent: (_, { input }, { deps, viewer }) => updateEvent(deps, viewer, input),
    submitEvent: (_, { id }, { deps, viewer }) => submitEvent(deps, viewer, id),
    reviewEvent: (_, { id, input }, { deps, viewer }) => reviewEvent(deps, viewer, id, input),
    deleteEvent: (_, { id }, { deps, viewer }) => deleteEvent(deps, viewer, id),
    cancelEvent: (_, { id, reason }, { deps, viewer }) => cancelEvent(deps, viewer, id, reason),
    rescheduleEvent: (_, { input }, { deps, viewer }) => rescheduleEvent(deps, viewer, input),
    pauseSales: (_, { eventId, reason }, { deps, viewer }) => pauseSales(deps, viewer, eventId, reason),
    resumeSales: (_, { eventId }, { deps, viewer }) => resumeSales(deps, viewer, eventId),
    transferEvent: (_, { id, organizerId }, { deps, viewer }) => transferEvent(deps, viewer, id, organizerId),
    fixCurrency: (_, { eventId }, ctx) => {
      requireService(ctx, 'ticket')
      return fixCurrency(ctx.deps, eventId)
    },
    preloadEvent: (_, { id }, { deps, viewer }) => preloadEvent(deps, viewer, id),
    recordEventView: (_, { id }, { deps, viewer, clientAddress }, info) => {
      const visitor = { viewer, address: clientAddress ?? null, first: countIn(viewsCounted, info) === 1 }
      return recordEventView(deps, visitor, id)
    },
  },
  Subscription: {
    eventChanged: {
      subscribe: (_, { id }, { deps, viewer }) => watchEvent(deps, viewer, id),
      resolve: (id: string, _: unknown, ctx: Context) => loadVisible(ctx, id),
    },
  },
  Event: {
    __resolveReference: ({ id }, ctx) => loadVisible(ctx, id),
    status: (event, _, { viewer }) => shownStatus(event, viewer),
    message: (event, _, { viewer }) => (mayDo(viewer, event, 'EDIT') ? event.message : null),
    category: (event, _, { loaders }) => loaders.category.load(event.categoryId),
    venue: (event, _, { loaders }) => loadOptional(loaders.venue, event.venueId),
    room: (event, _, { loaders }) => loadOptional(loaders.room, event.roomId),
    location: (event, _, { loaders }) => locationOf(loaders, event),
    series: (event, _, { loaders }) => loadOptional(loaders.series, event.seriesId),
    organizer: (event) => ({ id: event.organizerId }),
    views: async (event, _, { loaders }) => (await loaders.views.load(event.id)) ?? 0,
    pendingChanges: (event, _, { loaders, viewer }) =>
      event.hasPendingChanges && mayDo(viewer, event, 'EDIT') ? loaders.pendingChanges.load(event.id) : null,
    calendarUrl: calendarUrlOf,
    googleCalendarUrl: async (event, _, { loaders }) =>
      googleCalendarUrl(event, await placeOf(loaders, event)),
    mapUrl: async (event, _, { loaders }) => {
      const place = await placeOf(loaders, event)
      return place && mapUrl(place)
    },
    mapEmbedUrl: async (event, _, { loaders, deps: { settings } }) =>
      mapOf(settings.MAP_EMBED_URL, await placeOf(loaders, event), await locationOf(loaders, event)),
    mapImageUrl: async (event, _, { loaders, deps: { settings } }) =>
      mapOf(settings.MAP_STATIC_URL, await placeOf(loaders, event), await locationOf(loaders, event)),
  },
  CategoryFacet: {
    category: ({ value }, _, { loaders }) => loaders.category.load(value),
  },
  CityFacet: { city: ({ value }) => value },
  PriceFacet: {
    from: ({ value }) => value.from,
    to: ({ value }) => value.to,
    currency: ({ value }) => value.currency,
  },
  MonthFacet: { month: ({ value }) => value },
  OnlineFacet: { online: ({ value }) => value },
  Image: {
    url: (image, { width }) => imageUrl(image, width),
  },
  EventPendingChanges: {
    venue: (changes, _, { loaders }) => loadOptional(loaders.venue, changes.venueId),
    room: (changes, _, { loaders }) => loadOptional(loaders.room, changes.roomId),
    location: (changes, _, { loaders }) => locationOf(loaders, changes),
  },
  EventForSale: {
    status: (event) => event.status,
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    organizedEvents: (user, page, { loaders }) => loaders.eventsOf.load('organizer', user.id, page),
  },
} satisfies Resolvers

/** The most searches in one operation, whatever their aliases. */
const MAX_SEARCHES = 3

/** How often something was asked for in an operation. Each execution has variables of its own, even when it has none. */
const searches = new WeakMap<object, number>()
const viewsCounted = new WeakMap<object, number>()

function countIn(counts: WeakMap<object, number>, { variableValues }: GraphQLResolveInfo): number {
  const count = (counts.get(variableValues) ?? 0) + 1
  counts.set(variableValues, count)
  return count
}

function countSearch(info: GraphQLResolveInfo): void {
  if (countIn(searches, info) <= MAX_SEARCHES) return
  const message = `must not be in more than ${MAX_SEARCHES} lists of one request`
  throw new BadUserInput([{ path: 'filter.search', message }])
}

async function loadVisible({ loaders, viewer }: Context, id: string) {
  return ifVisible(await loaders.event.load(id), viewer)
}
