import { createHash } from 'node:crypto'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Db, Tx } from './database.ts'
import { IdempotencyKeyReused } from './errors.ts'

const LIFETIME = '24 hours'

/** A client's promise that requests with this key are one and the same. */
export interface Attempt {
  userId: string
  operation: 'createBooking' | 'bookHold' | 'confirmPayment'
  key: string
  /** What was asked, without the key, as JSON that is equal for equal requests. */
  input: unknown
  /** What the result will be, if this is the first attempt. */
  resultId: string
}

/**
 * Claims a key for a result, or finds the result that an earlier attempt claimed it for. An attempt that comes at the
 * same time waits until this one has committed or failed.
 * @returns the id of the result, and whether this attempt is the first.
 * @throws IdempotencyKeyReused when the earlier attempt asked for something else.
 */
export async function claimKey(tx: Tx, attempt: Attempt): Promise<{ resultId: string; first: boolean }> {
  const { userId, operation, key, resultId } = attempt
  await tx.$executeRaw`DELETE FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key} AND expires_at <= now()`
  const claimed = await tx.$executeRaw`
    INSERT INTO idempotency_keys (user_id, operation, key, input_hash, result_id, expires_at)
    VALUES (${userId}::uuid, ${operation}, ${key}, ${hashOf(attempt)}, ${resultId}::uuid, now() + ${LIFETIME}::interval)
    ON CONFLICT DO NOTHING`
  if (claimed === 1) return { resultId, first: true }
  const earlier = await findKey(tx, attempt)
  if (earlier === null) throw new ServiceUnavailable() // given up in this very moment; the next try has it for itself
  return { resultId: earlier, first: false }
}

/**
 * The id of the result that an earlier attempt claimed a key for; null when nobody has.
 * @throws IdempotencyKeyReused when the earlier attempt asked for something else.
 */
export async function findKey(db: Db | Tx, attempt: Omit<Attempt, 'resultId'>): Promise<string | null> {
  const { userId, operation, key } = attempt
  const [earlier] = await db.$queryRaw<{ hash: string; resultId: string }[]>`
    SELECT input_hash AS hash, result_id AS "resultId" FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key} AND expires_at > now()`
  if (earlier && earlier.hash !== hashOf(attempt)) throw new IdempotencyKeyReused(key)
  return earlier?.resultId ?? null
}

/** Gives up a key whose attempt was refused, so that a corrected one may use it; not when it has become a booking after all. */
export async function deleteKey(tx: Tx, { userId, operation, key, resultId }: Attempt): Promise<void> {
  await tx.$executeRaw`DELETE FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key} AND result_id = ${resultId}::uuid
      AND NOT EXISTS (SELECT FROM bookings WHERE id = ${resultId}::uuid)`
}

const hashOf = ({ input }: Pick<Attempt, 'input'>): string =>
  createHash('sha256').update(JSON.stringify(input)).digest('hex')

/** Deletes the keys whose time is past. */
export async function deleteExpiredKeys(tx: Tx): Promise<void> {
  await tx.$executeRaw`DELETE FROM idempotency_keys WHERE expires_at <= now()`
}
