import { requireViewer } from '@karcis/kit/viewer'
import type { Context } from '../deps.ts'
import { type Hold, requireOwnHold } from '../allocation/hold.ts'
import { holdsById } from '../allocation/hold-store.ts'
import { requireId } from '../input.ts'

/** A hold of the viewer; admins see everyone's. @throws Unauthenticated, NotFound. */
export async function seeHold({ deps, ...scope }: Context, id: string): Promise<Hold> {
  const viewer = requireViewer(scope)
  requireId(id, 'id')
  return requireOwnHold((await holdsById(deps.db, [id]))[0], id, viewer)
}
