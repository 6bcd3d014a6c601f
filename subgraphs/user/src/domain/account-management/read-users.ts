import { Forbidden, Unauthenticated } from '@karcis/kit/errors'
import { type Contact, MOST_CONTACTS } from '@karcis/kit/contracts/attendees'
import { MOST_EMAILS } from '@karcis/kit/contracts/user-asks'
import type { PageArgs } from '@karcis/kit/pagination'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { emailSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { userFilterSchema } from '../accounts/account-input.ts'
import {
  findAccountByEmail,
  findAccountsByEmail,
  findContacts,
  listAccounts,
} from '../accounts/account-store.ts'
import {
  fullView,
  isSelfOrAdmin,
  type UserView,
  type UserViewConnection,
  viewFor,
} from '../accounts/user-view.ts'
import type { Deps } from '../deps.ts'

/** The viewer. @throws Unauthenticated when the account was erased while its access token lived on. */
export async function readMe(deps: Deps, viewer: Viewer): Promise<UserView> {
  const account = await deps.accountById(viewer.id)
  if (!account || account.deletedAt) throw new Unauthenticated()
  return fullView(account)
}

/** One account, for the person themselves and for admins; null when there is none. @throws Forbidden, BadUserInput */
export async function readUser(deps: Deps, viewer: Viewer, userId: string): Promise<UserView | null> {
  const id = parseInput(idSchema, userId, 'id')
  if (!isSelfOrAdmin(viewer, id))
    throw new Forbidden('Only the person themselves and admins may see an account.')
  return viewUser(deps, viewer, id)
}

/** One account as the viewer may see it, read together with others that are asked for; null when there is none. */
export async function viewUser(deps: Deps, viewer: Viewer | null, id: string): Promise<UserView | null> {
  const account = await deps.accountById(id)
  return account ? viewFor(viewer, account) : null
}

/** Whose address it is, as the viewer may see them; null when it is nobody's. For other subgraphs: clients could probe addresses. */
export async function readUserByEmail(
  { db }: Deps,
  viewer: Viewer | null,
  email: string,
): Promise<UserView | null> {
  const address = emailSchema.safeParse(email)
  if (!address.success) return null
  const account = await findAccountByEmail(db, address.data)
  return account && viewFor(viewer, account)
}

const emailList = z.array(z.string()).max(MOST_EMAILS, `must be ${MOST_EMAILS} at most`)

/** The same of several addresses, in their order. @throws BadUserInput */
export async function readUsersByEmail(
  { db }: Deps,
  viewer: Viewer | null,
  rawEmails: readonly string[],
): Promise<(UserView | null)[]> {
  const emails = parseInput(emailList, rawEmails, 'emails').map((email) => emailSchema.safeParse(email).data)
  const accounts = await findAccountsByEmail(
    db,
    emails.filter((email) => email !== undefined),
  )
  return emails.map((email) => {
    const account = email === undefined ? undefined : accounts.get(email)
    return account ? viewFor(viewer, account) : null
  })
}

const contactIds = z.array(idSchema).max(MOST_CONTACTS, `must be ${MOST_CONTACTS} at most`)

/**
 * How to reach people, as far as they have accounts; with a search, those whose name or address contains it. For the booking subgraph, which
 * has seen to it that who asks organizes an event that they have tickets for. @throws BadUserInput
 */
export async function readContacts(
  { db }: Deps,
  rawIds: readonly string[],
  search: string | null,
): Promise<Contact[]> {
  return findContacts(db, parseInput(contactIds, rawIds, 'ids'), search)
}

/** Accounts that are not erased, newest first. Admins only. @throws Forbidden, BadUserInput */
export async function listUsers(
  { db }: Deps,
  viewer: Viewer,
  filter: unknown,
  args: PageArgs,
): Promise<UserViewConnection> {
  requireRole({ viewer }, 'ADMIN')
  const { edges, ...page } = await listAccounts(
    db,
    parseInput(userFilterSchema, filter ?? {}, 'filter'),
    args,
  )
  return { ...page, edges: edges.map(({ cursor, node }) => ({ cursor, node: fullView(node) })) }
}
