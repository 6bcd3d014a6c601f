import { createCategory, deleteCategory, updateCategory } from '../domain/categories.ts'
import { createEvent } from '../domain/create-event.ts'
import { deleteEvent } from '../domain/delete-event.ts'
import { createLocation, deleteLocation, updateLocation } from '../domain/locations.ts'
import { reviewEvent } from '../domain/review-event.ts'
import { blockSchedule, unblockSchedule } from '../domain/room-schedule.ts'
import { createRoom, deleteRoom, updateRoom } from '../domain/rooms.ts'
import { createEventSeries, deleteEventSeries, updateEventSeries } from '../domain/series.ts'
import { submitEvent } from '../domain/submit-event.ts'
import { updateEvent } from '../domain/update-event.ts'
import { createVenue, deleteVenue, updateVenue } from '../domain/venues.ts'
import { recordEventView } from '../domain/views.ts'
import type { Context } from '../domain/deps.ts'
import { clearLoaders } from '../domain/loaders.ts'
import type { MutationResolvers } from '../generated/resolvers-types.ts'

const mutations: MutationResolvers = {
  createCategory: (_, { input }, ctx) => createCategory(ctx, input),
  updateCategory: (_, { input }, ctx) => updateCategory(ctx, input),
  deleteCategory: (_, { id }, ctx) => deleteCategory(ctx, id),
  createLocation: (_, { input }, ctx) => createLocation(ctx, input),
  updateLocation: (_, { input }, ctx) => updateLocation(ctx, input),
  deleteLocation: (_, { id }, ctx) => deleteLocation(ctx, id),
  createVenue: (_, { input }, ctx) => createVenue(ctx, input),
  updateVenue: (_, { input }, ctx) => updateVenue(ctx, input),
  deleteVenue: (_, { id }, ctx) => deleteVenue(ctx, id),
  createRoom: (_, { input }, ctx) => createRoom(ctx, input),
  updateRoom: (_, { input }, ctx) => updateRoom(ctx, input),
  deleteRoom: (_, { id }, ctx) => deleteRoom(ctx, id),
  blockSchedule: (_, { input }, ctx) => blockSchedule(ctx, input),
  unblockSchedule: (_, { id }, ctx) => unblockSchedule(ctx, id),
  createEventSeries: (_, { input }, ctx) => createEventSeries(ctx, input),
  updateEventSeries: (_, { input }, ctx) => updateEventSeries(ctx, input),
  deleteEventSeries: (_, { id }, ctx) => deleteEventSeries(ctx, id),
  createEvent: (_, { input }, ctx) => createEvent(ctx, input),
  updateEvent: (_, { input }, ctx) => updateEvent(ctx, input),
  submitEvent: (_, { id }, ctx) => submitEvent(ctx, id),
  reviewEvent: (_, { id, input }, ctx) => reviewEvent(ctx, id, input),
  deleteEvent: (_, { id }, ctx) => deleteEvent(ctx, id),
  recordEventView: (_, { id }, ctx) => recordEventView(ctx, id),
}

type AnyResolver = (parent: object, args: never, ctx: Context, info: never) => unknown

/** Mutations of one request run one after the other; each, and what is asked of its result, reads anew. */
const readingAnew =
  (resolve: AnyResolver): AnyResolver =>
  async (parent, args, ctx, info) => {
    clearLoaders(ctx.loaders)
    const result = await resolve(parent, args, ctx, info)
    clearLoaders(ctx.loaders)
    return result
  }

export const Mutation = Object.fromEntries(
  Object.entries(mutations).map(([name, resolve]) => [name, readingAnew(resolve as AnyResolver)]),
) as MutationResolvers
