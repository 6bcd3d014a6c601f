import { transaction } from '@karcis/kit/database'
import { NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import { wrongField } from '../errors.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import { lockEvent, moveEventToOrganizer } from '../events/event-store.ts'
import { deleteStaff } from '../staff/staff-store.ts'
import { findRightsLost, ORGANIZER, type Organizer, requireRights } from '../organizing/organizer-rights.ts'

/**
 * Gives an event to another organizer, with all that was sold. Admins only. To the one who has it already, nothing changes.
 * @throws NotFound; BadUserInput when the new organizer is none, or is suspended; ServiceUnavailable when that cannot be told.
 */
export async function transferEvent(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
  organizerId: string,
): Promise<Event> {
  requireRole({ viewer }, 'ADMIN')
  const eventId = parseInput(idSchema, id, 'id')
  const newOrganizer = parseInput(idSchema, organizerId, 'organizerId')
  const rights = await findRightsLost(deps.db, newOrganizer)
  await requireOrganizer(deps, viewer, newOrganizer)
  const event = await transaction(deps.db, async (tx) => {
    await requireRights(tx, newOrganizer, rights)
    const before = await lockEvent(tx, eventId)
    if (before && before.organizerId !== newOrganizer)
      await deleteStaff(tx, eventId, { userId: newOrganizer }) // who organizes it needs no role
    const after =
      before?.organizerId === newOrganizer ? before : await moveEventToOrganizer(tx, eventId, newOrganizer)
    if (!after) throw new NotFound('event', id)
    return after
  })
  publishChange(deps.live, event)
  return event
}

async function requireOrganizer({ clients }: Deps, viewer: Viewer | null, id: string): Promise<void> {
  if (!clients.user) throw new ServiceUnavailable()
  const { user } = await clients.user.query<Organizer>(ORGANIZER, { id }, viewer)
  if (!user) throw wrongField('organizerId', 'there is no such user')()
  if (user.role !== 'ORGANIZER' && user.role !== 'ADMIN')
    throw wrongField('organizerId', 'must be an organizer')()
  if (user.suspendedAt) throw wrongField('organizerId', 'must not be suspended')()
}
