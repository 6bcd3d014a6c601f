import { BadUserInput } from '@karcis/kit/errors'
import { byKey, type IdLoader } from '@karcis/kit/batch-loader'
import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { filterTextSchema, instantSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { Event, EventStatus } from '../events/event.ts'
import {
  type EventFilter,
  type EventList,
  type EventPage,
  type EventParent,
  listEventsOf,
  listEvents as listFiltered,
  NO_WORDS,
} from '../events/event-list-store.ts'
import { parseSearch, searchEvents } from './search.ts'

const filterSchema = z.object({
  search: filterTextSchema(200).nullish(),
  categoryId: idSchema.nullish(),
  city: filterTextSchema(80).nullish(),
  locationId: idSchema.nullish(),
  venueId: idSchema.nullish(),
  organizerId: idSchema.nullish(),
  seriesId: idSchema.nullish(),
  startsFrom: instantSchema.nullish(),
  startsTo: instantSchema.nullish(),
  online: z.boolean().nullish(),
  status: z.enum(['DRAFT', 'PENDING', 'APPROVED', 'REJECTED', 'CANCELLED', 'COMPLETED']).nullish(),
})

/**
 * A page of the events that fit and that the viewer may see: approved ones, their own, all for an admin.
 * @param filter of which everything given must fit; each word of `search` occurs in title, description, venue or city.
 * @throws BadUserInput for the filter or the page; ServiceUnavailable when a search takes too long.
 */
export async function listEvents(
  deps: Deps,
  viewer: Viewer | null,
  list: EventList,
  given: EventFilter & { search?: string | null },
  page: PageArgs,
): Promise<EventPage> {
  const { search, ...filter } = parseInput(filterSchema, given, 'filter')
  const query = { list, viewer, filter }
  if (search == null) return listFiltered(deps, { ...query, words: NO_WORDS }, page)
  return searchEvents(deps, { ...query, words: parseSearch(search) }, page)
}

/** A page of the events at a venue, as `listEvents`. @throws BadUserInput for the id or the page. */
export async function listEventsAtVenue(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
  page: PageArgs,
): Promise<EventPage> {
  const filter = { venueId: parseInput(idSchema, id, 'venueId') }
  return listFiltered(deps, { list: 'eventsByVenue', viewer, filter, words: NO_WORDS }, page)
}

/** A page of the events that the viewer organizes, the newest first. @throws Forbidden unless they are an organizer. */
export async function listMyEvents(
  deps: Deps,
  viewer: Viewer | null,
  status: EventStatus | null | undefined,
  page: PageArgs,
): Promise<EventPage> {
  const { id: organizerId } = requireRole({ viewer }, 'ORGANIZER')
  const filter = { organizerId, status }
  return listFiltered(deps, { list: 'myEvents', viewer, filter, words: NO_WORDS }, page)
}

/** Approved events yet to end, the most viewed first. @param first how many, 1 to 100. @throws BadUserInput */
export async function popularEvents({ batchedReads }: Deps, first: number): Promise<Event[]> {
  if (first < 1 || first > 100) throw new BadUserInput([{ path: 'first', message: 'must be from 1 to 100' }])
  return (await batchedReads.popular()).slice(0, first)
}

/** Pages of the events of things in a list, as many as are asked for in one turn by one query. */
export interface EventsOf {
  /** Null for what is no id. @throws BadUserInput for the page. */
  load(parent: EventParent, id: string, page: PageArgs): Promise<EventPage | null>
  clearAll(): void
}

/** @param viewer for whom; make one for each request. */
export function createEventsOf(deps: Deps, viewer: Viewer | null): EventsOf {
  const loaders = new Map<string, IdLoader<EventPage>>()
  return {
    load(parent, id, { first, after, last, before }) {
      const page = { first, after, last, before }
      const key = JSON.stringify([parent, page])
      const known = loaders.get(key)
      const loader = known ?? byKey((ids) => listEventsOf(deps, viewer, parent, ids, page))
      if (!known) loaders.set(key, loader)
      return loader.load(id)
    },
    clearAll: () => loaders.clear(),
  }
}
