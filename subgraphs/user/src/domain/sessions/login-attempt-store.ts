import type { Db, Tx } from '../database.ts'

/** How tries are slowed down. */
export interface Pace {
  /** So many cost no time. */
  free: number
  /** Wait after the last free one; twice as long after each further one. */
  firstDelaySeconds: number
  maxDelaySeconds: number
  /** After so long without a try it begins anew. */
  forgottenAfterSeconds: number
}

/** What tries are counted by. */
export interface AttemptLimit {
  /** A keyed hash: it may be of an address that is nobody's, or of somebody who never signed up. */
  key: Buffer
  pace: Pace
}

/**
 * Counts a try before its password is looked at, unless it comes too early. Kept in Postgres: every process counts on the same row, and
 * no two tries count as one.
 * @returns null when it may be made; when not, how long to wait, and it is not counted.
 */
export async function countLoginAttempt(tx: Tx, { key, pace }: AttemptLimit): Promise<number | null> {
  const { free, firstDelaySeconds, maxDelaySeconds, forgottenAfterSeconds } = pace
  const counted = await tx.$executeRaw`
    INSERT INTO login_attempts AS seen (key, attempts, window_ends_at)
    VALUES (${key}, 1, now() + make_interval(secs => ${forgottenAfterSeconds}::int))
    ON CONFLICT (key) DO UPDATE SET
      attempts = CASE WHEN seen.window_ends_at <= now() THEN 1 ELSE seen.attempts + 1 END,
      window_ends_at = excluded.window_ends_at,
      blocked_until = CASE WHEN seen.window_ends_at > now() AND seen.attempts + 1 >= ${free}::int
        THEN now() + make_interval(secs => least(${maxDelaySeconds}::int,
          ${firstDelaySeconds}::int * 2 ^ least(seen.attempts + 1 - ${free}::int, 20)))
      END
    WHERE seen.blocked_until IS NULL OR seen.blocked_until <= now() OR seen.window_ends_at <= now()`
  if (counted === 1) return null
  const [row] = await tx.$queryRaw<{ seconds: number }[]>`
    SELECT greatest(1, ceil(extract(epoch FROM blocked_until - now())))::int AS seconds
    FROM login_attempts WHERE key = ${key}`
  return row?.seconds ?? 1
}

/** Takes a try back that was none in the end, and lets the next be made at once. */
export async function uncountLoginAttempt(tx: Tx, key: Buffer): Promise<void> {
  await tx.$executeRaw`UPDATE login_attempts SET attempts = attempts - 1, blocked_until = NULL
    WHERE key = ${key} AND attempts > 1`
}

/** Starts a count anew. */
export async function deleteLoginAttempts(tx: Tx, key: Buffer): Promise<void> {
  await tx.$executeRaw`DELETE FROM login_attempts WHERE key = ${key}`
}

/** Whether somebody has signed in from a place. @param userId null for nobody: it costs the same. */
export async function isKnownPlace(db: Db, userId: string | null, place: Buffer): Promise<boolean> {
  const found = await db.$queryRaw<unknown[]>`
    SELECT true FROM known_places WHERE user_id = ${userId}::uuid AND place = ${place}`
  return found.length > 0
}

/**
 * Notes that somebody has signed in from a place.
 * @returns whether it is a new one beside others that are known: a first place is not new, for there is nothing that it differs from.
 */
export async function upsertKnownPlace(tx: Tx, userId: string, place: Buffer): Promise<boolean> {
  const [row] = await tx.$queryRaw<[{ isNew: boolean }]>`WITH known AS (
      SELECT count(*) AS places FROM known_places WHERE user_id = ${userId}::uuid
    ), noted AS (
      INSERT INTO known_places (user_id, place) VALUES (${userId}::uuid, ${place})
      ON CONFLICT (user_id, place) DO UPDATE SET seen_at = now() RETURNING xmax = 0 AS inserted
    ) SELECT inserted AND places > 0 AS "isNew" FROM noted, known`
  return row.isNew
}

/** Forgets where somebody has signed in. */
export async function deleteKnownPlacesOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM known_places WHERE user_id = ${userId}::uuid`
}
