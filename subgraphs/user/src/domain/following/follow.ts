import { transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { lockAccount } from '../accounts/account-store.ts'
import { type UserView, viewFor } from '../accounts/user-view.ts'
import type { Deps } from '../deps.ts'
import { FollowsTooMany } from '../errors.ts'
import { deleteFollow, insertFollow } from './follow-store.ts'

const MAX_FOLLOWED = 1_000

/**
 * Has the viewer told of new events of an organizer; nothing changes when they are already.
 * @throws NotFound for who is no organizer, FollowsTooMany, BadUserInput, Unauthenticated
 */
export async function followOrganizer(deps: Deps, viewer: Viewer, rawId: string): Promise<UserView> {
  const organizerId = parseInput(idSchema, rawId, 'id')
  if (organizerId === viewer.id) throw new BadUserInput([{ path: 'id', message: 'must be somebody else' }])
  const organizer = await deps.accountById(organizerId)
  if (!organizer || organizer.deletedAt || (organizer.role !== 'ORGANIZER' && organizer.role !== 'ADMIN'))
    throw new NotFound('organizer', organizerId)
  await transaction(deps.db, async (tx) => {
    if (!(await lockAccount(tx, viewer.id))) throw new Unauthenticated()
    if ((await insertFollow(tx, { userId: viewer.id, organizerId })) > MAX_FOLLOWED)
      throw new FollowsTooMany(MAX_FOLLOWED)
  })
  return viewFor(viewer, organizer)
}

/** Has the viewer told of them no more, whatever has become of them. @throws NotFound for whom there is not, BadUserInput */
export async function unfollowOrganizer(deps: Deps, viewer: Viewer, rawId: string): Promise<UserView> {
  const organizerId = parseInput(idSchema, rawId, 'id')
  await transaction(deps.db, (tx) => deleteFollow(tx, { userId: viewer.id, organizerId }))
  const organizer = await deps.accountById(organizerId)
  if (!organizer) throw new NotFound('organizer', organizerId)
  return viewFor(viewer, organizer)
}
