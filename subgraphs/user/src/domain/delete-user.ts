import { Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import type { Context, Tx } from './deps.ts'
import { lockAmongAdmins, markAuthChanged, updateAccount } from './account-store.ts'
import { announce } from './auth-news.ts'
import { requireAnotherAdmin } from './change-rights.ts'
import { forgetAttempts } from './login-throttle.ts'
import { revokeSessionsOf } from './session-store.ts'
import { isPrivyTo, type UserView, viewFor } from './user-view.ts'

/** What is left of a person in its row; a CHECK holds us to it. */
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
 * @throws Forbidden, NotFound, BadUserInput, Conflict (last admin), Unauthenticated
 */
export async function deleteUser(ctx: Context, id: string): Promise<UserView> {
  const viewer = requireViewer(ctx)
  parseInput(idSchema, id, 'id')
  if (!isPrivyTo(viewer, id)) throw new Forbidden('Only the person itself and admins may erase an account.')
  const { account, revoked, at } = await ctx.deps.db.$transaction(async (tx) => {
    const { account: before, anotherAdmin } = await lockAmongAdmins(tx, id)
    if (!before) throw new NotFound('user', id)
    requireAnotherAdmin(before, anotherAdmin)
    if (before.email) await forgetAttempts(tx, before.email)
    await eraseBelongings(tx, id)
    const account = await updateAccount(tx, id, { ...NOTHING, deletedAt: new Date() })
    return { account, revoked: await revokeSessionsOf(tx, id), at: await markAuthChanged(tx, id) }
  })
  announce(ctx.deps, revoked, { account, at })
  return viewFor(viewer, account)
}

async function eraseBelongings(tx: Tx, userId: string): Promise<void> {
  await tx.organizerProposal.deleteMany({ where: { userId } })
  await tx.wishlistItem.deleteMany({ where: { userId } })
}
