import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireOwnEvent } from '../allocation/known-events.ts'
import type { CheckInChange } from '../check-ins/check-in.ts'
import { findDoorRevision } from '../check-ins/check-in-store.ts'
import { type CheckInCounts, countCheckIns } from '../check-ins/check-in-counts.ts'
import type { Deps } from '../deps.ts'
import { type Asker, requireScanner } from './access.ts'

/** How many have come in to an event. @throws Unauthenticated, Forbidden, NotFound, BadUserInput. */
export async function readCheckInStats(deps: Deps, asker: Asker, id: string): Promise<CheckInCounts> {
  const eventId = parseInput(idSchema, id, 'eventId')
  await requireScanner(deps, asker, eventId)
  return countCheckIns(deps.db, eventId)
}

/**
 * Check-ins of an event of the viewer's as they are recorded.
 * @param sinceRevision what the watcher has; null for those from now on. One that the door has not reached yet comes from elsewhere: such
 *   a watcher is given all. @throws Forbidden, NotFound, BadUserInput.
 */
export async function watchCheckIns(
  deps: Deps,
  viewer: Viewer,
  id: string,
  sinceRevision: number | null,
): Promise<AsyncIterableIterator<CheckInChange>> {
  const eventId = parseInput(idSchema, id, 'eventId')
  await requireOwnEvent(deps, viewer, eventId)
  const revision = await findDoorRevision(deps.db, eventId)
  const since = sinceRevision ?? revision
  return deps.live.checkIns.watch(eventId, since > revision ? 0 : Math.max(0, since))
}
