import { mapAsync } from '@karcis/kit/async-queue'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
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
 * Check-ins of an event as they are recorded, for as long as the asker has to do with its door.
 * @param sinceRevision what the watcher has; null for those from now on. One that the door has not reached yet comes from elsewhere: such
 *   a watcher is given all. @throws Unauthenticated, Forbidden, NotFound, BadUserInput.
 */
export async function watchCheckIns(
  deps: Deps,
  asker: Asker,
  id: string,
  sinceRevision: number | null,
): Promise<AsyncIterableIterator<CheckInChange>> {
  const eventId = parseInput(idSchema, id, 'eventId')
  await requireScanner(deps, asker, eventId)
  const revision = await findDoorRevision(deps.db, eventId)
  const since = sinceRevision ?? revision
  const changes = deps.live.checkIns.watch(eventId, since > revision ? 0 : Math.max(0, since))
  // Looked at again each time: whoever is not on the staff any more, or was revoked, hears nothing more.
  return mapAsync(changes, async (change) => {
    await requireScanner(deps, asker, eventId)
    return change
  })
}
