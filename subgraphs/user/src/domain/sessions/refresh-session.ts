import { transaction } from '@karcis/kit/database'
import { Unauthenticated } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { type Account, isGuestTooLong, lockAccountShared } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { AccountSuspended, TokenExpired, TokenReused } from '../errors.ts'
import { createTokenSigner, type SignedIn } from './access-tokens.ts'
import { publishAuthChanges } from './auth-changes.ts'
import { networkRange } from './devices.ts'
import {
  findRefreshToken,
  findSuccessors,
  insertRefreshToken,
  type KnownToken,
  lockSession,
  type OpenSession,
  type Revocation,
  revokeSession,
  useRefreshToken,
} from './session-store.ts'

const sessionEnded = () => new Unauthenticated('This session has ended: sign in again.')

/**
 * Exchanges a refresh token for the next pair. Two tabs that refresh at once, and whoever lost the answer and asks again, are given
 * the same next token for a short grace, whether it is given or comes as a cookie. Past it, a used token ends the session: a late repeat looks exactly like a thief and their
 * victim, and asking to sign in again is the smaller harm.
 * @param given null for the browser's cookie.
 * @throws TokenReused, TokenExpired, AccountSuspended, Unauthenticated
 */
export async function refreshSession(
  deps: Deps,
  client: Client,
  given: string | null | undefined,
): Promise<SignedIn> {
  const token = given ?? client.cookies?.given.session
  if (token === undefined) throw new Unauthenticated('There is no refresh token: sign in first.')
  try {
    return await refreshBy(deps, client, token)
  } catch (error) {
    if (OVER.some((kind) => error instanceof kind)) client.cookies?.clear('session')
    throw error
  }
}

/** After these a token is worth nothing any more. */
const OVER = [Unauthenticated, TokenExpired, TokenReused]

async function refreshBy(deps: Deps, client: Client, token: string): Promise<SignedIn> {
  const known = await findRefreshToken(deps.db, token)
  if (!known) throw sessionEnded()
  const sign = await createTokenSigner(deps) // first: what cannot be signed uses no token up
  const outcome = await transaction(deps.db, (tx) => rotate(deps, client, tx, known, token))
  if (outcome.kind === 'reused') {
    publishAuthChanges(deps, outcome.revoked)
    throw new TokenReused()
  }
  return sign(client, outcome.account, outcome.session)
}

type Outcome =
  | { kind: 'rotated'; account: Account; session: OpenSession }
  // A result and not an error, because what it does to the session has to be committed.
  | { kind: 'reused'; revoked: Revocation[] }

async function rotate(
  deps: Deps,
  { address, userAgent }: Client,
  tx: Tx,
  { id, sessionId, userId }: KnownToken,
  token: string,
): Promise<Outcome> {
  const { keyedHashes, refreshGraceSeconds, guestSessionHours } = deps
  /** Follows from the token and an id that only the database has: nothing that would sign anybody in is stored for the grace. */
  const successorOf = (before: string, successorId: string): string =>
    keyedHashes.successor(before, successorId).toString('base64url')

  const account = await lockAccountShared(tx, userId)
  const { revoked, expired, over, seconds } = await lockSession(deps, tx, sessionId, id)
  const next = newId()
  const first = await useRefreshToken(tx, id, next)
  const successors = first ? [next] : await findSuccessors(tx, id, refreshGraceSeconds)
  if (successors.length === 0) return { kind: 'reused', revoked: await revokeSession(tx, sessionId) }
  if (!account) throw sessionEnded()
  if (account.suspendedAt) throw new AccountSuspended(account.suspensionReason)
  if (revoked) throw sessionEnded()
  if (over || (first && expired)) throw new TokenExpired()
  if (account.role === 'GUEST' && (await isGuestTooLong(tx, account.id, guestSessionHours)))
    throw new TokenExpired()
  const refreshToken = successors.reduce(successorOf, token)
  const session = first
    ? await insertRefreshToken(
        deps,
        tx,
        sessionId,
        { id: next, token: refreshToken },
        { userAgent, network: networkRange(address) },
      )
    : { sessionId, refreshToken, expiresInSeconds: seconds }
  return { kind: 'rotated', account, session }
}
