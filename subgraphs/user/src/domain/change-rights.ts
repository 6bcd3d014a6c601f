import { Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import type { Context, Tx } from './deps.ts'
import { type Account, lockAmongAdmins, markAuthChanged, type Role, updateAccount } from './account-store.ts'
import { announce } from './auth-news.ts'
import { suspensionReasonSchema } from './inputs.ts'
import { type Revocation, revokeSessionsOf } from './session-store.ts'
import { type UserView, wholeView } from './user-view.ts'

/** What a change of rights leaves behind. */
interface Changed {
  account: Account
  revoked: Revocation[]
}

/** Gives a person another role. Admins only. @throws NotFound, BadUserInput, Conflict, Forbidden, Unauthenticated */
export const setUserRole = (ctx: Context, id: string, role: Role): Promise<UserView> =>
  changeRights(ctx, id, role !== 'ADMIN', async (tx) => ({
    account: await updateAccount(tx, id, { role }),
    revoked: [],
  }))

/** Shuts a person out and ends its sessions. Admins only. @throws as `setUserRole` */
export async function suspendUser(ctx: Context, id: string, reason: string): Promise<UserView> {
  const suspensionReason = parseInput(suspensionReasonSchema, reason, 'reason')
  return changeRights(ctx, id, true, async (tx, before) => ({
    account: await updateAccount(tx, id, { suspendedAt: before.suspendedAt ?? new Date(), suspensionReason }),
    revoked: await revokeSessionsOf(tx, id),
  }))
}

/** Lets a suspended person in again. Admins only. @throws as `setUserRole` */
export const unsuspendUser = (ctx: Context, id: string): Promise<UserView> =>
  changeRights(ctx, id, false, async (tx) => ({
    account: await updateAccount(tx, id, { suspendedAt: null, suspensionReason: null }),
    revoked: [],
  }))

/** @param lessens whether an admin would be none afterwards: the last one has to stay. */
async function changeRights(
  ctx: Context,
  id: string,
  lessens: boolean,
  change: (tx: Tx, before: Account) => Promise<Changed>,
): Promise<UserView> {
  requireRole(ctx, 'ADMIN')
  parseInput(idSchema, id, 'id')
  const { account, revoked, at } = await ctx.deps.db.$transaction(async (tx) => {
    const { account: before, anotherAdmin } = await lockAmongAdmins(tx, id)
    if (!before) throw new NotFound('user', id)
    if (lessens) requireAnotherAdmin(before, anotherAdmin)
    return { ...(await change(tx, before)), at: await markAuthChanged(tx, id) }
  })
  announce(ctx.deps, revoked, { account, at })
  return wholeView(account)
}

/** @throws Conflict when the account is the only admin who can act. */
export function requireAnotherAdmin({ role, suspendedAt }: Account, anotherAdmin: boolean): void {
  if (role === 'ADMIN' && suspendedAt === null && !anotherAdmin) throw new Conflict('This is the last admin.')
}
