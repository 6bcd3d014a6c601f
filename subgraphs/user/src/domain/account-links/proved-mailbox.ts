import { recordEvent } from '@karcis/kit/events'
import { type Account, type LockedAccount, updateAccount } from '../accounts/account-store.ts'
import { fullView, type UserView, viewFor } from '../accounts/user-view.ts'
import type { Viewer } from '@karcis/kit/service-token'
import type { Tx } from '../database.ts'
import { LinkUsed } from '../errors.ts'
import { deleteIdentitiesOf } from '../sign-in/identity-store.ts'
import type { Link } from './link-store.ts'

/** Makes sure that a link is about the address that the account has now. @throws LinkUsed once it has another one, or is gone. */
export function requireSameAddress(
  account: LockedAccount | null,
  { email }: Link,
): asserts account is LockedAccount {
  if (account?.email !== email) throw new LinkUsed()
}

/** Notes that the owner of an account reads the mailbox of its address, and tells the ticket subgraph, once. The caller has locked the account. */
export async function noteVerified(tx: Tx, account: Account): Promise<Account> {
  if (account.emailVerifiedAt || !account.email) return account
  const verified = await updateAccount(tx, account.id, { emailVerifiedAt: new Date() })
  await recordEmailVerified(tx, account.id, account.email)
  return verified
}

/**
 * Takes away every way into an account but links to its address, because whoever made them may not be its owner. The caller has locked the
 * account, and ends its sessions.
 */
export async function removeWaysIn(tx: Tx, userId: string): Promise<Account> {
  await deleteIdentitiesOf(tx, userId)
  return updateAccount(tx, userId, { passwordHash: null })
}

/** What was given to the address before its owner had an account becomes theirs. */
export const recordEmailVerified = (tx: Tx, userId: string, email: string): Promise<void> =>
  recordEvent(tx, {
    type: 'user.email-verified',
    aggregateId: userId,
    payload: { userId, email },
    consumers: ['ticket'],
  })

/** What whoever brought a link sees of the account: nothing that the link itself does not say, unless they are signed in to it. */
export function viewByLink(viewer: Viewer | null, account: Account): UserView {
  const { email, emailVerified } = fullView(account)
  return { ...viewFor(viewer, account), email, emailVerified }
}
