import { type Duty, hasDuty } from '@karcis/kit/contracts/event-staff'
import { BadUserInput, Forbidden, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { requireRole, requireViewer } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import { wrongField } from '../errors.ts'
import type { Event } from '../events/event.ts'
import { type EventSchedule, firstSent, roomProblem } from '../events/event-schedule.ts'
import { opensTo, requireOwner } from '../ownership.ts'

/**
 * The event, for its organizer, its staff with a role for this, or an admin.
 * @param argument by which the id came. @param duty what is to be done; without one it is the organizer's alone.
 * @throws Unauthenticated, BadUserInput, NotFound, Forbidden.
 */
export async function ownedEvent(
  { batchedReads }: Deps,
  viewer: Viewer | null,
  id: string,
  argument = 'id',
  duty: Duty = 'OWN',
): Promise<Event> {
  requireViewer({ viewer })
  parseInput(idSchema, id, argument)
  const event = await batchedReads.event(id)
  if (!event) throw new NotFound('event', id)
  requireDuty(viewer, event, duty)
  return event
}

/** @throws Forbidden unless the viewer organizes the event, and still may, is on its staff with a role for this, or is an admin. */
export function requireDuty(viewer: Viewer | null, { organizerId, staff }: Event, duty: Duty): void {
  if (hasDuty(viewer, staff, duty)) return
  requireRole({ viewer }, 'ORGANIZER')
  requireOwner(viewer, organizerId, 'event')
}

/** Who plans an event: its organizer, also where their staff does it for them; or the admin who does. */
export const plannerOf = (viewer: Viewer | null, { organizerId }: Event): Viewer | null =>
  viewer === null || viewer.role === 'ADMIN' ? viewer : { ...viewer, id: organizerId, role: 'ORGANIZER' }

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
