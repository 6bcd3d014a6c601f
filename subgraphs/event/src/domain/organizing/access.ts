import { Forbidden, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { requireRole } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import { wrongField } from '../errors.ts'
import type { Event } from '../events/event.ts'
import { opensTo, requireOwner } from '../ownership.ts'

/** The event, for its organizer or an admin; who that is never changes. @throws Unauthenticated, NotFound, Forbidden. */
export async function ownedEvent({ batchedReads }: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  requireRole({ viewer }, 'ORGANIZER')
  const event = await batchedReads.event(id)
  if (!event) throw new NotFound('event', id)
  requireOwner(viewer, event.organizerId, 'event')
  return event
}

/**
 * Refuses a venue that the viewer may not use.
 * @param venueId null, for an event without a venue, passes.
 * @throws Forbidden when the venue belongs to another organizer; BadUserInput when there is none.
 */
export async function requireUsableVenue(
  { batchedReads }: Deps,
  viewer: Viewer | null,
  venueId: string | null,
): Promise<void> {
  if (venueId === null) return
  const venue = await batchedReads.venue(venueId)
  if (!venue) throw wrongField('input.venueId', 'there is no such venue')()
  if (!opensTo(viewer, venue)) {
    throw new Forbidden('This venue belongs to another organizer.')
  }
}
