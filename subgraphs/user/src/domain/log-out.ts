import { requireViewer } from '@karcis/kit/viewer'
import type { Context } from './deps.ts'
import { lockAccount } from './account-store.ts'
import { announce } from './auth-news.ts'
import { findRefreshToken, revokeSession, revokeSessionsOf } from './session-store.ts'

/**
 * Ends the session that a refresh token belongs to, or without one the viewer's; or all of that person. Ending what has
 * ended, or never was, is a success: the caller has what it wanted.
 * @throws Unauthenticated when there is neither a token nor a viewer.
 */
export async function logOut(
  ctx: Context,
  refreshToken: string | null | undefined,
  everywhere: boolean,
): Promise<true> {
  const { deps } = ctx
  const session = refreshToken ? await findRefreshToken(deps.db, refreshToken) : ofViewer(ctx)
  if (!session) return true
  const revoked = await deps.db.$transaction(async (tx) => {
    if (!everywhere) return revokeSession(tx, session.sessionId)
    await lockAccount(tx, session.userId) // a sign-in under way ends up either before this or after it
    return revokeSessionsOf(tx, session.userId)
  })
  announce(deps, revoked)
  return true
}

function ofViewer(ctx: Context): { sessionId: string; userId: string } {
  const { id, sessionId } = requireViewer(ctx)
  return { userId: id, sessionId }
}
