import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Tx } from './database.ts'
import { IdempotencyKeyReused } from './errors.ts'

const LIFETIME = '24 hours'

/** What a client makes up to name one attempt. */
export const idempotencyKeySchema = z
  .string()
  .min(1, 'must not be empty')
  .max(255, 'must have at most 255 characters')

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
  const hash = createHash('sha256').update(JSON.stringify(attempt.input)).digest('hex')
  await tx.$executeRaw`DELETE FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key} AND expires_at <= now()`
  const claimed = await tx.$executeRaw`
    INSERT INTO idempotency_keys (user_id, operation, key, input_hash, result_id, expires_at)
    VALUES (${userId}::uuid, ${operation}, ${key}, ${hash}, ${resultId}::uuid, now() + ${LIFETIME}::interval)
    ON CONFLICT DO NOTHING`
  if (claimed === 1) return { resultId, first: true }

  const [earlier] = await tx.$queryRaw<{ hash: string; resultId: string }[]>`
    SELECT input_hash AS hash, result_id AS "resultId" FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key}`
  if (earlier?.hash !== hash) throw new IdempotencyKeyReused(key)
  return { resultId: earlier.resultId, first: false }
}

/** Deletes the keys whose time is past. */
export async function deleteExpiredKeys(tx: Tx): Promise<void> {
  await tx.$executeRaw`DELETE FROM idempotency_keys WHERE expires_at <= now()`
}
