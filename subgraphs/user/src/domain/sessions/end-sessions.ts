import { transaction } from '@karcis/kit/database'
import { BadUserInput, Unauthenticated } from '@karcis/kit/errors'
import type { SignedInPerson } from '@karcis/kit/service-token'
import { lockAccount } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { publishAuthChanges } from './auth-changes.ts'
import { findRefreshToken, revokeSession, revokeSessionsOf } from './session-store.ts'

/**
 * Ends the session that a refresh token belongs to, or without one the viewer's; or all of that person. Ending what has
 * ended, or never was, is a success: the caller has what they wanted.
 * @throws Unauthenticated when there is neither a token nor a viewer; BadUserInput for an empty token, which says neither.
 */
export async function logOut(
  deps: Deps,
  person: SignedInPerson | null,
  refreshToken: string | null | undefined,
  everywhere: boolean,
): Promise<true> {
  if (refreshToken === '') {
    throw new BadUserInput([
      { path: 'refreshToken', message: 'must not be empty; leave it out to end your own session' },
    ])
  }
  const session = refreshToken ? await findRefreshToken(deps.db, refreshToken) : sessionOf(person)
  if (!session) return true
  const revoked = await transaction(deps.db, async (tx) => {
    if (!everywhere) return revokeSession(tx, session.sessionId)
    await lockAccount(tx, session.userId) // a sign-in under way ends up either before this or after it
    return revokeSessionsOf(tx, session.userId)
  })
  publishAuthChanges(deps, revoked)
  return true
}

function sessionOf(person: SignedInPerson | null): { sessionId: string; userId: string } {
  if (!person) throw new Unauthenticated()
  return { userId: person.id, sessionId: person.sessionId }
}
