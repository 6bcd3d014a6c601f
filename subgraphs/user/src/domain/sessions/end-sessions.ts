import { transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { lockAccount } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import { publishAuthChanges } from './auth-changes.ts'
import { findRefreshToken, findSessionOf, revokeSession, revokeSessionsOf } from './session-store.ts'
import { type SessionView, viewSession } from './sessions.ts'

/**
 * Ends the session that a refresh token or a browser's cookie belongs to, or without one the viewer's; or all of that person. Ending what has
 * ended, or never was, is a success: the caller has what they wanted.
 * @throws Unauthenticated when there is neither a token nor a viewer; BadUserInput for an empty token, which says neither.
 */
export async function logOut(
  deps: Deps,
  client: Client,
  viewer: Viewer | null,
  refreshToken: string | null | undefined,
  everywhere: boolean,
): Promise<true> {
  if (refreshToken === '') {
    throw new BadUserInput([
      { path: 'refreshToken', message: 'must not be empty; leave it out to end your own session' },
    ])
  }
  const token = refreshToken ?? client.cookies?.given.session
  client.cookies?.clear('session')
  const session = token ? await findRefreshToken(deps.db, token) : sessionOf(viewer)
  if (!session) return true
  const revoked = await transaction(deps.db, async (tx) => {
    if (!everywhere) return revokeSession(tx, session.sessionId)
    await lockAccount(tx, session.userId) // a sign-in under way ends up either before this or after it
    return revokeSessionsOf(tx, session.userId)
  })
  publishAuthChanges(deps, revoked)
  return true
}

function sessionOf(viewer: Viewer | null): { sessionId: string; userId: string } {
  if (!viewer) throw new Unauthenticated()
  return { userId: viewer.id, sessionId: viewer.sessionId }
}

/**
 * Ends one of the viewer's own sessions, this one or another. What has ended already stays as it is.
 * @throws NotFound for what is none of theirs; BadUserInput
 */
export async function endSession(deps: Deps, viewer: Viewer, sessionId: string): Promise<SessionView> {
  const id = parseInput(idSchema, sessionId, 'id')
  if (!(await findSessionOf(deps.db, viewer.id, id))) throw new NotFound('session', id)
  publishAuthChanges(deps, await transaction(deps.db, (tx) => revokeSession(tx, id)))
  const ended = await findSessionOf(deps.db, viewer.id, id)
  if (!ended) throw new NotFound('session', id)
  return viewSession(viewer, ended)
}
