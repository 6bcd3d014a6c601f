import { transaction } from '@karcis/kit/database'
import { Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { lockAmongAdmins, updateAccount, updateAuthChangedAt } from '../accounts/account-store.ts'
import { isSelfOrAdmin, type UserView, viewFor } from '../accounts/user-view.ts'
import type { Deps } from '../deps.ts'
import { deleteProposalsOf } from '../organizers/proposal-store.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { deleteLoginAttempts } from '../sessions/login-attempt-store.ts'
import { revokeSessionsOf } from '../sessions/session-store.ts'
import { deleteWishlistOf } from '../wishlist/wishlist-store.ts'
import { requireAnotherAdmin } from './change-rights.ts'

/** What is left of a person in their row; a CHECK holds us to it. */
const NOTHING = {
  email: null,
  passwordHash: null,
  name: '-',
  phoneNumber: null,
  address: null,
  avatarUrl: null,
  emailVerifiedAt: null,
  suspendedAt: null,
  suspensionReason: null,
  role: 'CUSTOMER',
} as const

/**
 * Erases an account, the viewer's own or as an admin anybody's: the row stays, empty, because bookings and tickets elsewhere name its id.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (last admin)
 */
export async function deleteUser(deps: Deps, viewer: Viewer, userId: string): Promise<UserView> {
  const id = parseInput(idSchema, userId, 'id')
  if (!isSelfOrAdmin(viewer, id))
    throw new Forbidden('Only the person themselves and admins may erase an account.')
  const { account, revoked, at } = await transaction(deps.db, async (tx) => {
    const { account: before, anotherAdmin } = await lockAmongAdmins(tx, id)
    if (!before) throw new NotFound('user', id)
    requireAnotherAdmin(before, anotherAdmin)
    if (before.email) await deleteLoginAttempts(tx, before.email)
    await deleteProposalsOf(tx, id)
    await deleteWishlistOf(tx, id)
    const account = await updateAccount(tx, id, { ...NOTHING, deletedAt: new Date() })
    return { account, revoked: await revokeSessionsOf(tx, id), at: await updateAuthChangedAt(tx, id) }
  })
  publishAuthChanges(deps, revoked, { account, at })
  return viewFor(viewer, account)
}
