import { transaction } from '@karcis/kit/database'
import { Unauthenticated } from '@karcis/kit/errors'
import { type Account, lockAccountShared } from '../accounts/account-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { AccountSuspended, TokenExpired, TokenReused } from '../errors.ts'
import { type SignedIn, signIn } from './access-tokens.ts'
import { publishAuthChanges } from './auth-changes.ts'
import {
  findRefreshToken,
  insertRefreshToken,
  type KnownToken,
  lockSession,
  type Revocation,
  revokeSession,
  useRefreshToken,
} from './session-store.ts'

const sessionEnded = () => new Unauthenticated('This session has ended: sign in again.')

/**
 * Exchanges a refresh token for the next pair. Whoever comes second with a token ends the session, even if both came at once:
 * two tabs that race look exactly like a thief and their victim, and asking to sign in again is the smaller harm.
 * @throws TokenReused, TokenExpired, AccountSuspended, Unauthenticated
 */
export async function refreshSession(deps: Deps, token: string): Promise<SignedIn> {
  const known = await findRefreshToken(deps.db, token)
  if (!known) throw sessionEnded()
  const outcome = await transaction(deps.db, (tx) => rotate(tx, known))
  if (outcome.kind === 'reused') {
    publishAuthChanges(deps, outcome.revoked)
    throw new TokenReused()
  }
  return signIn(deps, outcome.account, { sessionId: known.sessionId, refreshToken: outcome.refreshToken })
}

type Outcome =
  | { kind: 'rotated'; account: Account; refreshToken: string }
  // A result and not an error, because what it does to the session has to be committed.
  | { kind: 'reused'; revoked: Revocation[] }

async function rotate(tx: Tx, { id, sessionId, userId }: KnownToken): Promise<Outcome> {
  const account = await lockAccountShared(tx, userId)
  const { revoked, expired } = await lockSession(tx, sessionId, id)
  if (!(await useRefreshToken(tx, id))) return { kind: 'reused', revoked: await revokeSession(tx, sessionId) }
  if (!account) throw sessionEnded()
  if (account.suspendedAt) throw new AccountSuspended(account.suspensionReason)
  if (revoked) throw sessionEnded()
  if (expired) throw new TokenExpired()
  return { kind: 'rotated', account, refreshToken: await insertRefreshToken(tx, sessionId) }
}
