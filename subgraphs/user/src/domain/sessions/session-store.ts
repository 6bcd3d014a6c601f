import { createHash, randomBytes } from 'node:crypto'
import { Unauthenticated } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { SignedInPerson } from '@karcis/kit/service-token'
import type { Db, Tx } from '../database.ts'

const TOKEN_BYTES = 32
const REFRESH_DAYS = 30

/** A session that has just ended. */
export interface Revocation {
  id: string
  revokedAt: Date
}

/** A session, and when and how its owner last showed who they are. */
export interface ProvedSession {
  sessionId: string
  /** Null where that is not known. */
  authenticatedAt: Date | null
  amr: string[]
}

/** What a session gives its owner. On our side the token itself exists nowhere else. */
export interface OpenSession extends ProvedSession {
  refreshToken: string
}

const hashOf = (token: string) => createHash('sha256').update(token).digest()

/** Starts a session with its first refresh token. @param amr how its owner has shown who they are. */
export async function insertSession(tx: Tx, userId: string, amr: string[]): Promise<OpenSession> {
  const sessionId = newId()
  const [session] = await tx.$queryRaw<[{ authenticatedAt: Date }]>`
    INSERT INTO sessions (id, user_id, authenticated_at, amr)
    VALUES (${sessionId}::uuid, ${userId}::uuid, clock_timestamp(), ${amr}::text[])
    RETURNING authenticated_at AS "authenticatedAt"`
  const refreshToken = randomBytes(TOKEN_BYTES).toString('base64url')
  await insertRefreshToken(tx, sessionId, { id: newId(), token: refreshToken })
  return { sessionId, refreshToken, amr, ...session }
}

/**
 * Notes that the owner of a session has shown once more who they are. The caller has locked the account.
 * @param amr how, beside all that they have shown before. @throws Unauthenticated when the session has ended.
 */
export async function updateProof(
  tx: Tx,
  { id: userId, sessionId }: SignedInPerson,
  amr: string[],
): Promise<ProvedSession> {
  const [session] = await tx.$queryRaw<
    ProvedSession[]
  >`UPDATE sessions SET authenticated_at = clock_timestamp(),
      amr = amr || ARRAY(SELECT shown FROM unnest(${amr}::text[]) shown WHERE shown <> ALL (amr))
    WHERE id = ${sessionId}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL
    RETURNING id AS "sessionId", authenticated_at AS "authenticatedAt", amr`
  if (!session) throw new Unauthenticated('This session has ended: sign in again.')
  return session
}

/** Adds the token that will work next. Its 30 days start now, and the session's with it, so a session lasts as long as it is used. */
export async function insertRefreshToken(
  tx: Tx,
  sessionId: string,
  { id, token }: { id: string; token: string },
): Promise<void> {
  await tx.$executeRaw`WITH token AS (
      INSERT INTO refresh_tokens (id, session_id, token_hash, expires_at)
      VALUES (${id}::uuid, ${sessionId}::uuid, ${hashOf(token)}, now() + make_interval(days => ${REFRESH_DAYS}::int))
      RETURNING session_id, expires_at
    ) UPDATE sessions SET expires_at = token.expires_at FROM token WHERE sessions.id = token.session_id`
}

/** A refresh token that was issued, and whose it is. */
export interface KnownToken {
  id: string
  sessionId: string
  userId: string
}

/** Finds a token, used or not, whatever became of its session. */
export async function findRefreshToken(db: Db | Tx, token: string): Promise<KnownToken | null> {
  const found = await db.refreshToken.findUnique({
    where: { tokenHash: hashOf(token) },
    select: { id: true, session: { select: { id: true, userId: true } } },
  })
  return found && { id: found.id, sessionId: found.session.id, userId: found.session.userId }
}

/**
 * Marks a refresh token as used, for the one that comes after it.
 * @returns false when it had been: of any number that come at once, one finds it unused.
 */
export async function useRefreshToken(tx: Tx, id: string, successorId: string): Promise<boolean> {
  const used = await tx.$executeRaw`UPDATE refresh_tokens
    SET used_at = clock_timestamp(), successor_id = ${successorId}::uuid
    WHERE id = ${id}::uuid AND used_at IS NULL`
  return used === 1
}

/**
 * The tokens that came after a used one, down to the one that can be used now: empty unless it was used no longer ago than
 * the grace. Those behind it were used later, so the grace of none of them is over before its own.
 */
export async function findSuccessors(tx: Tx, id: string, graceSeconds: number): Promise<string[]> {
  const chain = await tx.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE chain (id, successor_id, step) AS (
      SELECT id, successor_id, 0 FROM refresh_tokens
      WHERE id = ${id}::uuid AND used_at > clock_timestamp() - make_interval(secs => ${graceSeconds}::int)
      UNION ALL
      SELECT next.id, next.successor_id, chain.step + 1
      FROM chain JOIN refresh_tokens next ON next.id = chain.successor_id
    )
    SELECT id FROM chain WHERE step > 0 ORDER BY step`
  return chain.map((token) => token.id)
}

/** Locks a session. @returns what a token of it is still worth, by the database's clock. */
export async function lockSession(
  tx: Tx,
  sessionId: string,
  tokenId: string,
): Promise<ProvedSession & { revoked: boolean; expired: boolean }> {
  const [row] = await tx.$queryRaw<(ProvedSession & { revoked: boolean; expired: boolean })[]>`
    SELECT s.id AS "sessionId", s.authenticated_at AS "authenticatedAt", s.amr,
      s.revoked_at IS NOT NULL AS revoked, t.expires_at <= now() AS expired
    FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id
    WHERE s.id = ${sessionId}::uuid AND t.id = ${tokenId}::uuid FOR UPDATE OF s`
  return row ?? { sessionId, authenticatedAt: null, amr: [], revoked: true, expired: true }
}

/** Ends one session. @returns it, unless it had ended before. */
export const revokeSession = (tx: Tx, sessionId: string): Promise<Revocation[]> =>
  tx.$queryRaw<Revocation[]>`UPDATE sessions SET revoked_at = clock_timestamp()
    WHERE id = ${sessionId}::uuid AND revoked_at IS NULL RETURNING id, revoked_at AS "revokedAt"`

/** Ends all sessions of a person and all sign-ins that are under way, except one session if it is given. The caller has locked the account. @returns those it ended. */
export const revokeSessionsOf = (
  tx: Tx,
  userId: string,
  except: string | null = null,
): Promise<Revocation[]> =>
  tx.$queryRaw<
    Revocation[]
  >`WITH under_way AS (DELETE FROM sign_in_challenges WHERE user_id = ${userId}::uuid)
    UPDATE sessions SET revoked_at = clock_timestamp()
    WHERE user_id = ${userId}::uuid AND revoked_at IS NULL AND id IS DISTINCT FROM ${except}::uuid
    RETURNING id, revoked_at AS "revokedAt"`
