import { lockAccount } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import type { SignedIn } from '../sessions/access-tokens.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { openSession } from '../sessions/open-session.ts'
import { type Revocation, revokeSessionsOf } from '../sessions/session-store.ts'
import { readLink, takeLink } from './links.ts'
import { noteVerified, removeWaysIn, requireSameAddress } from './proved-mailbox.ts'

/**
 * Signs a person in by a link that was mailed to them, which shows that the address is theirs too. Until somebody has shown that, anybody
 * may have signed up with it and wait for its owner to come: so the first to show it is alone with the account, its password and its link with Google are gone and its sessions are over.
 * @throws BadUserInput, LinkUsed, LinkExpired, TooManyAttempts, AccountSuspended, and what a second factor asks for
 */
export async function logInByLink(deps: Deps, client: Client, token: string): Promise<SignedIn> {
  const link = await readLink(deps, client, token, ['SIGN_IN'])
  let revoked: Revocation[] = []
  const signedIn = await openSession(deps, client, { method: 'MAGIC_LINK' }, async (tx) => {
    const locked = await lockAccount(tx, link.userId)
    requireSameAddress(locked, link)
    await takeLink(tx, link)
    if (locked.emailVerifiedAt) return locked
    revoked = await revokeSessionsOf(tx, locked.id)
    await removeWaysIn(tx, locked.id)
    return noteVerified(tx, locked)
  })
  publishAuthChanges(deps, revoked)
  return signedIn
}
