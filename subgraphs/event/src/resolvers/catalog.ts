import { NotFound } from '@karcis/kit/errors'
import { createCategory, deleteCategory, updateCategory } from '../domain/administering/categories.ts'
import { decideCategorySuggestion } from '../domain/administering/decide-suggestion.ts'
import { createLocation, deleteLocation, listLocations, updateLocation } from '../domain/hosting/locations.ts'
import { listCategories } from '../domain/events/category-store.ts'
import {
  createEventSeries,
  deleteEventSeries,
  findVisibleSeries,
  updateEventSeries,
} from '../domain/organizing/series.ts'
import { listCategorySuggestions, suggestCategory } from '../domain/organizing/suggest-category.ts'
import { ifOpen } from '../domain/ownership.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { loadOptional } from '../request-context.ts'

/** What events are sorted under: categories, locations and series. */
export const catalog = {
  Query: {
    categories: (_, _args, { deps }) => listCategories(deps.db),
    category: (_, { id }, { loaders }) => loaders.category.load(id),
    categorySuggestions: (_, { status, ...page }, { deps, viewer }) =>
      listCategorySuggestions(deps, viewer, status, page),
    locations: (_, _args, { deps, viewer }) => listLocations(deps, viewer),
    location: async (_, { id }, { loaders, viewer }) => ifOpen(await loaders.location.load(id), viewer),
    eventSeries: (_, { id }, { deps, viewer }) => findVisibleSeries(deps, viewer, id),
  },
  Mutation: {
    createCategory: (_, { input }, { deps, viewer }) => createCategory(deps, viewer, input),
    updateCategory: (_, { input }, { deps, viewer }) => updateCategory(deps, viewer, input),
    deleteCategory: (_, { id }, { deps, viewer }) => deleteCategory(deps, viewer, id),
    suggestCategory: (_, { input }, { deps, viewer }) => suggestCategory(deps, viewer, input),
    decideCategorySuggestion: (_, { id, input }, { deps, viewer }) =>
      decideCategorySuggestion(deps, viewer, id, input),
    createLocation: (_, { input }, { deps, viewer }) => createLocation(deps, viewer, input),
    updateLocation: (_, { input }, { deps, viewer }) => updateLocation(deps, viewer, input),
    deleteLocation: (_, { id }, { deps, viewer }) => deleteLocation(deps, viewer, id),
    createEventSeries: (_, { input }, { deps, viewer }) => createEventSeries(deps, viewer, input),
    updateEventSeries: (_, { input }, { deps, viewer }) => updateEventSeries(deps, viewer, input),
    deleteEventSeries: (_, { id }, { deps, viewer }) => deleteEventSeries(deps, viewer, id),
  },
  Category: {
    __resolveReference: ({ id }, { loaders }) => loaders.category.load(id),
  },
  CategorySuggestion: {
    organizer: ({ organizerId }) => ({ id: organizerId }),
    category: ({ categoryId }, _, { loaders }) => loadOptional(loaders.category, categoryId),
  },
  Location: {
    public: ({ ownerId }) => ownerId === null,
    owner: ({ ownerId }) => (ownerId === null ? null : { id: ownerId }),
  },
  EventSeries: {
    organizer: (series) => ({ id: series.organizerId }),
    events: async (series, page, { loaders }) => {
      const events = await loaders.eventsOf.load('series', series.id, page)
      if (!events) throw new NotFound('series', series.id)
      return events
    },
  },
} satisfies Resolvers
