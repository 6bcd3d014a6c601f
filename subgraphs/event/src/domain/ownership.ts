import { Forbidden } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'

/** Whether the viewer owns something. Admins own everything; what has no owner is theirs alone. */
export const owns = (viewer: Viewer | null, ownerId: string | null): boolean =>
  viewer !== null && (viewer.role === 'ADMIN' || viewer.id === ownerId)

/** @param what as in "venue". @throws Forbidden unless the viewer is the owner. */
export function requireOwner(viewer: Viewer | null, ownerId: string | null, what: string): void {
  if (!owns(viewer, ownerId)) throw new Forbidden(`This ${what} is not yours to change.`)
}
