import { Forbidden } from '@karcis/kit/errors'
import { type RequestScope, requireRole } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import type { EventCopy } from '../../generated/prisma/client.ts'
import { knownEvent } from '../events/event-copy.ts'

/** The event, when the viewer organizes it or is an admin. @throws Unauthenticated, Forbidden, NotFound, ServiceUnavailable. */
export async function requireOrganizer(deps: Deps, scope: RequestScope, eventId: string): Promise<EventCopy> {
  const viewer = requireRole(scope, 'ORGANIZER')
  const event = await knownEvent(deps, eventId)
  if (viewer.role !== 'ADMIN' && event.organizerId !== viewer.id)
    throw new Forbidden('This is not your event.')
  return event
}
