import { createHash } from 'node:crypto'
import type { Tx } from '../database.ts'

/** No more than a hash of the address is kept: it may be nobody's, or somebody's who never signed up. */
const keyOf = (email: string) => createHash('sha256').update(email).digest()

/**
 * Counts a try at the password of an address, in a window that begins with the first. Kept in Postgres: every process counts on the
 * same row, and no two count as one.
 * @param email normalized; whether somebody has it plays no part.
 * @returns how many there were in this window, this one included, and how long it still lasts.
 */
export async function countLoginAttempt(
  tx: Tx,
  email: string,
  windowMinutes: number,
): Promise<{ attempts: number; secondsLeft: number }> {
  const [row] = await tx.$queryRaw<[{ attempts: number; secondsLeft: number }]>`
    INSERT INTO login_attempts AS seen (key, attempts, window_ends_at)
    VALUES (${keyOf(email)}, 1, now() + make_interval(mins => ${windowMinutes}::int))
    ON CONFLICT (key) DO UPDATE SET
      attempts = CASE WHEN seen.window_ends_at <= now() THEN 1 ELSE seen.attempts + 1 END,
      window_ends_at = CASE WHEN seen.window_ends_at <= now() THEN excluded.window_ends_at ELSE seen.window_ends_at END
    RETURNING attempts, greatest(1, ceil(extract(epoch FROM window_ends_at - now())))::int AS "secondsLeft"`
  return row
}

/** Starts the count of an address anew. */
export async function deleteLoginAttempts(tx: Tx, email: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM login_attempts WHERE key = ${keyOf(email)}`
}

/** Deletes every count whose window is over. */
export async function deletePastLoginAttempts(tx: Tx): Promise<void> {
  await tx.$executeRaw`DELETE FROM login_attempts WHERE window_ends_at < now()`
}
