import { Forbidden } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'

/** Whether the viewer owns something. Admins own everything; what has no owner is theirs alone. */
export const owns = (viewer: Viewer | null, ownerId: string | null): boolean =>
  viewer !== null && (viewer.role === 'ADMIN' || viewer.id === ownerId)

/** Whether the viewer may look into a venue or location and use it: what has no owner is open to all. */
export const opensTo = (viewer: Viewer | null, { ownerId }: { ownerId: string | null }): boolean =>
  ownerId === null || owns(viewer, ownerId)

/** The venue or location, if there is one and it is open to the viewer. */
export const ifOpen = <T extends { ownerId: string | null }>(
  place: T | null,
  viewer: Viewer | null,
): T | null => (place && opensTo(viewer, place) ? place : null)

/** @param what as in "venue". @throws Forbidden unless the viewer is the owner. */
export function requireOwner(viewer: Viewer | null, ownerId: string | null, what: string): void {
  if (!owns(viewer, ownerId)) throw new Forbidden(`This ${what} is not yours to change.`)
}
