import { Forbidden, Unauthenticated } from '@karcis/kit/errors'
import { type PageArgs, toConnection } from '@karcis/kit/pagination'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireRole, requireService, requireViewer } from '@karcis/kit/viewer'
import type { Context } from './deps.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { findAccountByEmail, listAccounts } from './account-store.ts'
import { isStorable, normalizeEmail, userFilterSchema } from './inputs.ts'
import { idKey, parseIdPage } from './page-by-id.ts'
import { isPrivyTo, type UserView, type UserViewConnection, viewFor, wholeView } from './user-view.ts'

/** The viewer. @throws Unauthenticated, also when the account was erased while its access token lived on. */
export async function readMe(ctx: Context): Promise<UserView> {
  const account = await ctx.deps.accounts(requireViewer(ctx).id)
  if (!account || account.deletedAt) throw new Unauthenticated()
  return wholeView(account)
}

/** One account, for the person itself and for admins; null when there is none. @throws Unauthenticated, Forbidden, BadUserInput */
export async function readUser(ctx: Context, id: string): Promise<UserView | null> {
  const viewer = requireViewer(ctx)
  parseInput(idSchema, id, 'id')
  if (!isPrivyTo(viewer, id)) throw new Forbidden('Only the person itself and admins may see an account.')
  return viewUser(ctx, id)
}

/** One account as the viewer may see it, batched with the others that the request asks for; null when there is none. */
export async function viewUser({ deps, viewer }: Context, id: string): Promise<UserView | null> {
  const account = await deps.accounts(id)
  return account ? viewFor(viewer, account) : null
}

/** For the event and ticket subgraphs: whose address it is. @throws Forbidden to clients. */
export async function readUserByEmail(ctx: Context, email: string): Promise<UserView | null> {
  requireService(ctx, 'event', 'ticket')
  if (!isStorable(email)) return null
  const account = await findAccountByEmail(ctx.deps.db, normalizeEmail(email))
  return account && viewFor(ctx.viewer, account)
}

/** Accounts that are not erased, newest first. Admins only. @throws Unauthenticated, Forbidden, BadUserInput */
export async function listUsers(ctx: Context, filter: unknown, args: PageArgs): Promise<UserViewConnection> {
  requireRole(ctx, 'ADMIN')
  const { db } = ctx.deps
  const { role, search } = parseInput(userFilterSchema, filter ?? {}, 'filter')
  const page = parseIdPage(args)
  const contains = search ? { contains: literally(search), mode: 'insensitive' as const } : undefined
  const where: Prisma.UserWhereInput = {
    deletedAt: null,
    ...(role && { role }),
    ...(contains && { OR: [{ name: contains }, { email: contains }] }),
  }
  const rows = await listAccounts(db, { AND: [where, { id: page.between }] }, page)
  return toConnection(rows.map(wholeView), page, idKey, () => db.user.count({ where }))
}

/** `%` and `_` are what somebody looks for, not patterns. */
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
