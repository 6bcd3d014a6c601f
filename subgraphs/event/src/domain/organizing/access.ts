import { BadUserInput, Forbidden, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import { wrongField } from '../errors.ts'
import type { Event } from '../events/event.ts'
import { type EventSchedule, firstSent, roomProblem } from '../events/event-schedule.ts'
import { opensTo, requireOwner } from '../ownership.ts'

/** The event, for its organizer or an admin. @param argument by which the id came. @throws Unauthenticated, BadUserInput, NotFound, Forbidden. */
export async function ownedEvent(
  { batchedReads }: Deps,
  viewer: Viewer | null,
  id: string,
  argument = 'id',
): Promise<Event> {
  requireRole({ viewer }, 'ORGANIZER')
  parseInput(idSchema, id, argument)
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

/** Refuses a room that is in another venue than the schedule's. @param sent what the input says. @throws BadUserInput for a field that was sent. */
export async function requireRoomOfVenue(
  { batchedReads }: Deps,
  { roomId, venueId }: Pick<EventSchedule, 'roomId' | 'venueId'>,
  sent: Partial<EventSchedule>,
): Promise<void> {
  if (roomId === null || venueId === null) return
  const room = await batchedReads.room(roomId)
  if (room?.venueId === venueId) return
  throw new BadUserInput([{ path: firstSent(sent, 'roomId', 'venueId'), message: roomProblem(sent) }])
}
