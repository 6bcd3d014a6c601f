import { Forbidden } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { wrongField } from '../errors.ts'
import { opensTo } from '../ownership.ts'
import type { Location } from './location-store.ts'

/**
 * Refuses a location that the viewer may not use.
 * @param locationId null or undefined, for none, passes.
 * @throws Forbidden when it belongs to another organizer; BadUserInput when there is none.
 */
export async function requireUsableLocation(
  read: (id: string) => Promise<Location | null>,
  viewer: Viewer | null,
  locationId: string | null | undefined,
): Promise<void> {
  if (locationId == null) return
  const location = await read(locationId)
  if (!location) throw wrongField('input.locationId', 'there is no such location')()
  if (!opensTo(viewer, location)) throw new Forbidden('This location belongs to another organizer.')
}
