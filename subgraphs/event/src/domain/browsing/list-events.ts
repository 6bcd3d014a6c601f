import { BadUserInput } from '@karcis/kit/errors'
import { byKey, type IdLoader } from '@karcis/kit/batch-loader'
import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, filterTextSchema, instantSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { latitudeSchema, longitudeSchema } from '../input.ts'
import { findCategoryNamed } from '../events/category-store.ts'
import type { Event, EventStatus } from '../events/event.ts'
import type { EventFilter } from '../events/event-filter.ts'
import {
  type EventPage,
  type EventParent,
  listEventsOf,
  listEvents as listFiltered,
} from '../events/event-list-store.ts'
import { countFacets, type Facets } from '../events/facet-store.ts'
import type { EventOrder } from '../events/event-order.ts'
import { slugOf } from '@karcis/kit/slugs'
import { keepSearch } from './search-history.ts'
import { parseSearch, searchEvents, searching } from './search.ts'

const amountSchema = z.number().int('must be a whole number').min(0, 'must be at least 0')
/** Half of the way around the globe. */
const MAX_RADIUS_KM = 20_038
const nearSchema = z.object({
  latitude: latitudeSchema,
  longitude: longitudeSchema,
  radiusKm: z.number().gt(0, 'must be more than 0').max(MAX_RADIUS_KM, `must be at most ${MAX_RADIUS_KM}`),
})

const filterSchema = z.object({
  search: filterTextSchema(200).nullish(),
  category: filterTextSchema(80).nullish(),
  categoryId: filterTextSchema(80).nullish(),
  city: filterTextSchema(80).nullish(),
  locationId: idSchema.nullish(),
  venueId: idSchema.nullish(),
  organizerId: idSchema.nullish(),
  seriesId: idSchema.nullish(),
  startsFrom: instantSchema.nullish(),
  startsTo: instantSchema.nullish(),
  fromDate: z.iso.date().nullish(),
  toDate: z.iso.date().nullish(),
  minPrice: amountSchema.nullish(),
  maxPrice: amountSchema.nullish(),
  currency: currencySchema.nullish(),
  near: nearSchema.nullish(),
  online: z.boolean().nullish(),
  status: z.enum(['DRAFT', 'PENDING', 'APPROVED', 'REJECTED', 'CANCELLED', 'COMPLETED']).nullish(),
})

/** What a client asks of a list. */
export type AskedFilter = Omit<EventFilter, 'categoryId'> & {
  search?: string | null | undefined
  /** An id, a slug or a name, by either argument. */
  category?: string | null | undefined
  categoryId?: string | null | undefined
}

/**
 * A page of the events that fit and that the viewer may see: approved ones, their own, all for an admin. A search is kept in their history.
 * @param given of which everything given must fit; each word of `search` occurs in title, description, venue or city.
 * @param orders of which each decides what the one before leaves equal; the soonest first without any.
 * @throws BadUserInput for the filter, the order or the page; ServiceUnavailable when a search takes too long.
 */
export async function listEvents(
  deps: Deps,
  viewer: Viewer | null,
  orders: readonly EventOrder[],
  given: AskedFilter,
  page: PageArgs,
): Promise<EventPage> {
  const { search, filter } = await parseFilter(deps, given)
  const query = { list: orders, viewer, filter }
  const { city, near, minPrice, maxPrice } = filter
  if ([search, city, near, minPrice, maxPrice].every((narrowing) => narrowing == null))
    return listFiltered(deps, query, page)
  const found = await searchEvents(deps, query, search == null ? [] : parseSearch(search), page)
  if (search != null) keepSearch(deps, viewer, search, page)
  return found
}

/**
 * What the events are about that fit: how many there are of each category, city, price, month and kind, each under all filters but its own.
 * Only of what is to come, unless the filter says a status. @throws BadUserInput, ServiceUnavailable as a search.
 */
export async function readFacets(deps: Deps, viewer: Viewer | null, given: AskedFilter): Promise<Facets> {
  const { search, filter } = await parseFilter(deps, given)
  const words = search == null ? [] : parseSearch(search)
  const wanted = { ...filter, status: filter.status ?? 'APPROVED' }
  return searching(deps, words, (tx, understood) => countFacets(tx, viewer, wanted, understood))
}

/** What a client asks for in the terms of the lists. @throws BadUserInput also when there is no such category. */
async function parseFilter(
  deps: Deps,
  given: AskedFilter,
): Promise<{ search: string | null | undefined; filter: EventFilter }> {
  const { search, category, categoryId, ...filter } = parseInput(filterSchema, given, 'filter')
  const { minPrice, maxPrice, fromDate, toDate } = filter
  const problems = [
    minPrice != null &&
      maxPrice != null &&
      minPrice > maxPrice && { path: 'filter.maxPrice', message: 'must be at least minPrice' },
    fromDate != null &&
      toDate != null &&
      fromDate > toDate && { path: 'filter.toDate', message: 'must not be before fromDate' },
  ].filter((problem) => problem !== false)
  if (problems.length > 0) throw new BadUserInput(problems)
  const named = await categoryOf(deps, category, 'filter.category')
  const identified = await categoryOf(deps, categoryId, 'filter.categoryId')
  if (named != null && identified != null && named !== identified)
    throw new BadUserInput([{ path: 'filter.category', message: 'is another category than categoryId' }])
  return { search, filter: { ...filter, categoryId: named ?? identified } }
}

async function categoryOf(
  deps: Deps,
  asked: string | null | undefined,
  path: string,
): Promise<string | null> {
  if (asked == null) return null
  const id = await findCategoryNamed(deps.reads, { name: asked, slug: slugOf(asked) })
  if (id === null) throw new BadUserInput([{ path, message: 'there is no such category' }])
  return id
}

/** A page of the events at a venue, as `listEvents`. @throws BadUserInput for the id or the page. */
export async function listEventsAtVenue(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
  page: PageArgs,
): Promise<EventPage> {
  const filter = { venueId: parseInput(idSchema, id, 'venueId') }
  return listFiltered(deps, { list: 'eventsByVenue', viewer, filter }, page)
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
  return listFiltered(deps, { list: 'myEvents', viewer, filter }, page)
}

/** Approved events yet to end, the most popular first. @param first how many, 1 to 100. @throws BadUserInput */
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
