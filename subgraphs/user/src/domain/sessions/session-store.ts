import { newToken, tokenHash } from '@karcis/kit/secret-tokens'
import { deedUnderWay } from '@karcis/kit/deeds'
import { Unauthenticated } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { type Connection, idPage, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { SignedInPerson } from '@karcis/kit/service-token'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { Deps } from '../deps.ts'

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
  /** Until the token expires, or the session with it. */
  expiresInSeconds: number
}

/** What is noted of a client that uses a session. */
export interface Traces {
  userAgent: string | null
  /** Range of addresses. */
  network: string | null
}

type Lifetime = Pick<Deps, 'sessionMaxSeconds'>

/** Starts a session with its first refresh token. @param amr how its owner has shown who they are. */
export async function insertSession(
  lifetime: Lifetime,
  tx: Tx,
  userId: string,
  { signedInBy, amr, ...traces }: Traces & { signedInBy: string; amr: string[] },
): Promise<OpenSession> {
  deedUnderWay()?.actedBy(userId)
  const sessionId = newId()
  await tx.$executeRaw`INSERT INTO sessions (id, user_id, signed_in_by, authenticated_at, amr)
    VALUES (${sessionId}::uuid, ${userId}::uuid, ${signedInBy}, clock_timestamp(), ${amr}::text[])`
  const token = newToken()
  return insertRefreshToken(lifetime, tx, sessionId, { id: newId(), token }, traces)
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

/**
 * Adds the token that will work next. Its 30 days start now, and the session's with it, so a session lasts as long as it is used, up to
 * its longest. The one write of a refresh that the session's row has anyway also says when, by what and from where it was used last.
 */
export async function insertRefreshToken(
  { sessionMaxSeconds }: Lifetime,
  tx: Tx,
  sessionId: string,
  { id, token }: { id: string; token: string },
  { userAgent, network }: Traces,
): Promise<OpenSession> {
  const [{ seconds, ...session }] = await tx.$queryRaw<[ProvedSession & { seconds: number }]>`WITH token AS (
      INSERT INTO refresh_tokens (id, session_id, token_hash, expires_at)
      SELECT ${id}::uuid, s.id, ${tokenHash(token)}, least(now() + make_interval(days => ${REFRESH_DAYS}::int),
        s.created_at + make_interval(secs => ${sessionMaxSeconds}::float8))
      FROM sessions s WHERE s.id = ${sessionId}::uuid
      RETURNING session_id, expires_at
    ) UPDATE sessions SET expires_at = token.expires_at, last_seen_at = now(),
      user_agent = coalesce(${userAgent}::text, user_agent), network = coalesce(${network}::text, network)
    FROM token WHERE sessions.id = token.session_id
    RETURNING sessions.id AS "sessionId", authenticated_at AS "authenticatedAt", amr,
      extract(epoch FROM sessions.expires_at - now())::int AS seconds`
  return { ...session, refreshToken: token, expiresInSeconds: seconds }
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
    where: { tokenHash: tokenHash(token) },
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

/** What a token is still worth, by the database's clock. */
interface Worth extends ProvedSession {
  revoked: boolean
  expired: boolean
  /** That the session has lasted as long as any may. */
  over: boolean
  /** Until the session expires. */
  seconds: number
}

/** Locks a session. @returns what a token of it is still worth. */
export async function lockSession(
  { sessionMaxSeconds }: Lifetime,
  tx: Tx,
  sessionId: string,
  tokenId: string,
): Promise<Worth> {
  const [row] = await tx.$queryRaw<Worth[]>`
    SELECT s.id AS "sessionId", s.authenticated_at AS "authenticatedAt", s.amr, s.revoked_at IS NOT NULL AS revoked, t.expires_at <= now() AS expired,
      s.created_at + make_interval(secs => ${sessionMaxSeconds}::float8) <= now() AS over,
      extract(epoch FROM s.expires_at - now())::int AS seconds
    FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id
    WHERE s.id = ${sessionId}::uuid AND t.id = ${tokenId}::uuid FOR UPDATE OF s`
  return (
    row ?? { sessionId, authenticatedAt: null, amr: [], revoked: true, expired: true, over: true, seconds: 0 }
  )
}

/** A session as its owner may look at it. */
export interface SessionRow extends Traces {
  id: string
  signedInBy: string | null
  createdAt: Date
  lastSeenAt: Date | null
  expiresAt: Date
  revokedAt: Date | null
}

const SHOWN = {
  id: true,
  signedInBy: true,
  userAgent: true,
  network: true,
  createdAt: true,
  lastSeenAt: true,
  expiresAt: true,
  revokedAt: true,
} satisfies Prisma.SessionSelect

const SESSIONS = newestFirst<SessionRow>('sessions')

/** A page of the sessions of a person that can still be gone on with, newest first. @throws BadUserInput for wrong paging. */
export function listSessions(
  db: Db,
  { sessionMaxSeconds }: Lifetime,
  userId: string,
  args: PageArgs,
): Promise<Connection<SessionRow>> {
  const now = Date.now()
  const where: Prisma.SessionWhereInput = {
    userId,
    revokedAt: null,
    expiresAt: { gt: new Date(now) },
    createdAt: { gt: new Date(now - sessionMaxSeconds * 1000) },
  }
  return SESSIONS.read(args, {
    rows(page) {
      const { where: onPage, ...order } = idPage(page)
      return db.session.findMany({ where: { AND: [where, onPage] }, ...order, select: SHOWN })
    },
    count: () => db.session.count({ where }),
  })
}

/** A session of a person, ended or not; null when it is none of theirs. */
export const findSessionOf = (db: Db, userId: string, id: string): Promise<SessionRow | null> =>
  db.session.findUnique({ where: { id, userId }, select: SHOWN })

/** Forgets by what and from where the sessions of a person were used. */
export async function forgetTracesOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`UPDATE sessions SET user_agent = NULL, network = NULL
    WHERE user_id = ${userId}::uuid AND (user_agent IS NOT NULL OR network IS NOT NULL)`
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
