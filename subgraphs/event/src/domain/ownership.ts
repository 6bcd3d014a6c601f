import { Forbidden } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'

/** Whether the viewer owns a thing. Admins own everything; a thing without an owner is theirs alone. */
export const owns = (viewer: Viewer | null, ownerId: string | null): boolean =>
  viewer !== null && (viewer.role === 'ADMIN' || viewer.id === ownerId)

/** @param what as in "venue". @throws Forbidden unless the viewer owns the thing. */
export function requireOwner(viewer: Viewer | null, ownerId: string | null, what: string): void {
  if (!owns(viewer, ownerId)) throw new Forbidden(`This ${what} is not yours to change.`)
}
