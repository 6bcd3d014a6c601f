import { Forbidden } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'

/** Whether somebody keeps a thing: its owner does, and every admin. A thing without owner is kept by admins. */
export const keeps = (viewer: Viewer | null, ownerId: string | null): boolean =>
  viewer !== null && (viewer.role === 'ADMIN' || viewer.id === ownerId)

/** @throws Forbidden unless the viewer keeps the thing. */
export function requireKeeper(viewer: Viewer | null, ownerId: string | null, what: string): void {
  if (!keeps(viewer, ownerId)) throw new Forbidden(`This ${what} is not yours to change.`)
}
