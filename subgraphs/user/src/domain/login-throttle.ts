import { createHash } from 'node:crypto'
import type { Db } from './deps.ts'
import { TooManyAttempts } from './errors.ts'

const MAX_ATTEMPTS = 10
const WINDOW_MINUTES = 15

const keyOf = (email: string) => createHash('sha256').update(email).digest()

/**
 * Counts a try at an account's password, before the password is looked at, so that a thousand at once are no better off
 * than one after the other. Kept in Postgres: every process counts on the same row.
 * @param email normalized; whether somebody has it plays no part.
 * @throws TooManyAttempts past 10 in 15 minutes without success.
 */
export async function countAttempt(db: Db, email: string): Promise<void> {
  const [row] = await db.$queryRaw<[{ attempts: number; retry_after: number }]>`
    INSERT INTO login_attempts AS seen (key, attempts, window_ends_at)
    VALUES (${keyOf(email)}, 1, now() + make_interval(mins => ${WINDOW_MINUTES}::int))
    ON CONFLICT (key) DO UPDATE SET
      attempts = CASE WHEN seen.window_ends_at <= now() THEN 1 ELSE seen.attempts + 1 END,
      window_ends_at = CASE WHEN seen.window_ends_at <= now() THEN excluded.window_ends_at ELSE seen.window_ends_at END
    RETURNING attempts, greatest(1, ceil(extract(epoch FROM window_ends_at - now())))::int AS retry_after`
  if (row.attempts > MAX_ATTEMPTS) throw new TooManyAttempts(row.retry_after)
}

/** Starts the count anew: the right password was given, or the account is gone. */
export async function forgetAttempts(db: Db, email: string): Promise<void> {
  await db.$executeRaw`DELETE FROM login_attempts WHERE key = ${keyOf(email)}`
}
