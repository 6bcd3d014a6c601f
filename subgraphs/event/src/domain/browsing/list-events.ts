import { BadUserInput } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { requireRole } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import type { Event, EventStatus } from '../events/event.ts'
import type { EventFilter, EventOrder, EventPage } from '../events/event-list-store.ts'
import * as store from '../events/event-list-store.ts'
import { listPopularEvents } from '../events/view-store.ts'
import { isStorable } from '../input.ts'

/**
 * A page of the events that fit and that the viewer may see: approved ones, their own, all for an admin.
 * @param filter of which everything given must fit; each word of `search` occurs in title, description, venue or city.
 * @throws BadUserInput for the filter or the page.
 */
export async function listEvents(
  deps: Deps,
  viewer: Viewer | null,
  { search, ...filter }: EventFilter & { search?: string | null },
  order: EventOrder,
  page: PageArgs,
): Promise<EventPage> {
  const words = searchWords(search ?? '')
  if (filter.city && !isStorable(filter.city))
    throw new BadUserInput([{ path: 'filter.city', message: 'must be plain text' }])
  return store.listEvents(deps, viewer, filter, words, order, page)
}

/** A page of the events that the viewer organizes, the newest first. @throws Forbidden unless they are an organizer. */
export async function listMyEvents(
  deps: Deps,
  viewer: Viewer | null,
  status: EventStatus | null | undefined,
  page: PageArgs,
): Promise<EventPage> {
  const { id: organizerId } = requireRole({ viewer }, 'ORGANIZER')
  return store.listEvents(deps, viewer, { organizerId, status }, [], 'CREATED_AT_DESC', page)
}

/** Approved events yet to end, the most viewed first. @param first how many, 1 to 100. @throws BadUserInput */
export async function popularEvents(deps: Deps, first: number): Promise<Event[]> {
  if (first < 1 || first > 100) throw new BadUserInput([{ path: 'first', message: 'must be from 1 to 100' }])
  return listPopularEvents(deps.db, first)
}

function searchWords(search: string): string[] {
  const words = search.split(/\s+/).filter((word) => word !== '')
  if (search.length > 200 || words.length > 20 || !isStorable(search)) {
    throw new BadUserInput([
      { path: 'filter.search', message: 'must be plain text of at most 200 characters and 20 words' },
    ])
  }
  return words
}
