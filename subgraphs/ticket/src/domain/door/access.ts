import { Forbidden, Unauthenticated } from '@karcis/kit/errors'
import type { Caller } from '@karcis/kit/service-token'
import { requireViewer } from '@karcis/kit/viewer'
import { requireDuty } from '../allocation/known-events.ts'
import type { Scanner } from '../check-ins/check-in.ts'
import { findDoorDevice } from '../check-ins/door-device-store.ts'
import type { Deps } from '../deps.ts'

/** Who asks: the parts of a request that tell. */
export type Asker = Pick<Caller, 'viewer' | 'device'>

/** What a person says of where they scan. A scanner is what it was made to be. */
interface Given {
  deviceId?: string | null | undefined
  gate?: string | null | undefined
}

/**
 * Who scans for an event: a scanner of it that was not revoked, its organizer, or an admin.
 * @throws Unauthenticated, Forbidden, NotFound, ServiceUnavailable.
 */
export async function requireScanner(
  deps: Deps,
  asker: Asker,
  eventId: string,
  { deviceId, gate }: Given = {},
): Promise<Scanner> {
  if (!asker.device) {
    const viewer = requireViewer(asker)
    await requireDuty(deps, viewer, eventId, 'ADMIT')
    return { deviceId: deviceId ?? viewer.id, gate: gate ?? null }
  }
  const device = await findDoorDevice(deps.db, asker.device.id)
  if (!device || device.revokedAt) throw new Unauthenticated('This scanner is not in use any more.')
  if (device.eventId !== eventId) throw new Forbidden('This scanner is for another event.')
  if (deviceId != null && deviceId !== device.id) throw new Forbidden('This is the name of another scanner.')
  return { deviceId: device.id, gate: device.gate }
}
