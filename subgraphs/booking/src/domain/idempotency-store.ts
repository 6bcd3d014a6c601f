import { createHash } from 'node:crypto'
import { KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../generated/prisma/client.ts'
import type { Tx } from './database.ts'
import { IdempotencyKeyReused } from './errors.ts'

const LIFETIME = '24 hours'
/** For so long a refusal is remembered: attempts that were sent at the same time have come to their end by then. */
const REFUSAL_LIFETIME = '1 minute'

/** A client's promise that requests with this key are one and the same. */
export interface Attempt {
  userId: string
  operation:
    | 'createBooking'
    | 'confirmPayment'
    | 'requestPayout'
    | 'checkout'
    | 'addToCart'
    | 'topUpWallet'
    | 'requestRefund'
  key: string
  /** What was asked, without the key, as JSON that is equal for equal requests. */
  input: unknown
  /** What the result will be, if this is the first attempt. */
  resultId: string
}

/**
 * Claims a key for a result, or finds the result that an earlier attempt claimed it for. An attempt that comes at the
 * same time waits until this one has committed or failed. A key whose attempts were refused is free again.
 * @param elapsedMs for how long this attempt is under way: what was refused since then was sent at the same time, and is answered alike.
 * @returns the id of the result, and whether this attempt is the first.
 * @throws IdempotencyKeyReused when the earlier attempt asked for something else; the refusal of one that was sent at the same time.
 */
export async function claimKey(
  tx: Tx,
  attempt: Attempt,
  elapsedMs = 0,
): Promise<{ resultId: string; first: boolean }> {
  const { userId, operation, key, resultId } = attempt
  const claimed = await tx.$executeRaw`
    WITH old AS (${oldKey(attempt, elapsedMs)} RETURNING key)
    INSERT INTO idempotency_keys (user_id, operation, key, input_hash, result_id, expires_at)
    SELECT ${userId}::uuid, ${operation}, ${key}, ${hashOf(attempt)}, ${resultId}::uuid, now() + ${LIFETIME}::interval
    FROM (SELECT count(*) FROM old) AS gone -- before this is inserted
    ON CONFLICT DO NOTHING`
  if (claimed === 1) return { resultId, first: true }
  const earlier = await findKey(tx, attempt)
  // Refused while this one is under way; or given up in this very moment, and the next try has it for itself.
  if (earlier === null) throw (await findRefusal(tx, attempt)) ?? new ServiceUnavailable()
  return { resultId: earlier, first: false }
}

/** Deletes a key that has had its time, or was refused before the last `elapsedMs`. */
const oldKey = ({ userId, operation, key }: Attempt, elapsedMs: number): Prisma.Sql =>
  Prisma.sql`DELETE FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key}
      AND (expires_at <= now() OR refusal IS NOT NULL
        AND expires_at <= now() + ${REFUSAL_LIFETIME}::interval - make_interval(secs => ${elapsedMs / 1_000}::float8))`

/**
 * The id of the result that an earlier attempt claimed a key for; null when nobody has, or what came of it was a refusal.
 * @throws IdempotencyKeyReused when the earlier attempt asked for something else.
 */
export async function findKey(db: Reads, attempt: Omit<Attempt, 'resultId'>): Promise<string | null> {
  const { userId, operation, key } = attempt
  const [earlier] = await db.$queryRaw<{ hash: string; resultId: string }[]>`
    SELECT input_hash AS hash, result_id AS "resultId" FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key} AND expires_at > now() AND refusal IS NULL`
  if (earlier && earlier.hash !== hashOf(attempt)) throw new IdempotencyKeyReused(key)
  return earlier?.resultId ?? null
}

/** Frees the keys that were claimed for a result which will never be; what was refused is known by that. */
export async function forgetKeysOf(
  tx: Tx,
  userId: string,
  operation: Attempt['operation'],
  resultId: string,
): Promise<void> {
  await tx.$executeRaw`DELETE FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND result_id = ${resultId}::uuid AND refusal IS NULL`
}

/** What the same request was refused with. */
async function findRefusal(tx: Tx, attempt: Attempt): Promise<KarcisError | null> {
  const { userId, operation, key } = attempt
  const [row] = await tx.$queryRaw<{ refusal: Refusal | null }[]>`SELECT refusal FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key} AND input_hash = ${hashOf(attempt)}`
  return toError(row?.refusal)
}

/**
 * Of requests that are served in one transaction those whose key is theirs, and those without one. The keys are asked for in one order
 * for all, so that no two such transactions wait for each other.
 */
export async function withOwnKeys<Request extends { attempt: Attempt | null }>(
  requests: readonly Request[],
  isTheirs: (attempt: Attempt, request: Request) => Promise<boolean>,
): Promise<Request[]> {
  const orderOf = ({ attempt }: Request) => (attempt ? `${attempt.userId} ${attempt.key}` : '')
  const own: Request[] = []
  for (const request of requests.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))) {
    if (!request.attempt || (await isTheirs(request.attempt, request))) own.push(request)
  }
  return own
}

/**
 * Claims a key once more as its result is written, and locks it: that the result was refused is not said any more from now on.
 * @returns whether the key is this result's; another attempt may have it by now.
 * @throws the refusal that an attempt for the same result has been answered with meanwhile.
 */
export async function confirmKey(tx: Tx, attempt: Attempt): Promise<boolean> {
  await tx.$executeRaw`
    INSERT INTO idempotency_keys (user_id, operation, key, input_hash, result_id, expires_at)
    VALUES (${attempt.userId}::uuid, ${attempt.operation}, ${attempt.key}, ${hashOf(attempt)}, ${attempt.resultId}::uuid,
      now() + ${LIFETIME}::interval)
    ON CONFLICT DO NOTHING`
  const claim = await lockKey(tx, attempt)
  if (claim.refusal) throw claim.refusal
  return claim.isOwn
}

/**
 * Writes down that an attempt was refused, so that a corrected one may have the key, and that those for the same result which are under
 * way are refused alike.
 * @param made whether there is a result after all: an attempt sent at the same time may have come to it.
 * @returns the refusal that counts: the first there was for this result; null when the key is not, or no longer, this result's, or
 *   there is a result.
 */
export async function refuseKey(
  tx: Tx,
  attempt: Attempt,
  refusal: KarcisError,
  made: () => Promise<boolean>,
): Promise<KarcisError | null> {
  const claim = await lockKey(tx, attempt)
  if (claim.refusal) return claim.refusal
  if (!claim.isOwn || (await made())) return null
  const { userId, operation, key } = attempt
  await tx.$executeRaw`UPDATE idempotency_keys
    SET refusal = ${asJson(refusal)}::jsonb, expires_at = now() + ${REFUSAL_LIFETIME}::interval
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key}`
  return refusal
}

/**
 * Writes down that an attempt was refused which has claimed its key in a transaction that is no more. One that waited for the key
 * meanwhile is waited for.
 * @param elapsedMs as of `claimKey`.
 * @returns the refusal that counts: the first there was; null when an attempt that was sent at the same time has come to the result.
 */
export async function refuseUnclaimed(
  tx: Tx,
  attempt: Attempt,
  refusal: KarcisError,
  elapsedMs: number,
): Promise<KarcisError | null> {
  const { userId, operation, key, resultId } = attempt
  await tx.$executeRaw(oldKey(attempt, elapsedMs))
  await tx.$executeRaw`
    INSERT INTO idempotency_keys (user_id, operation, key, input_hash, result_id, refusal, expires_at)
    VALUES (${userId}::uuid, ${operation}, ${key}, ${hashOf(attempt)}, ${resultId}::uuid, ${asJson(refusal)}::jsonb,
      now() + ${REFUSAL_LIFETIME}::interval)
    ON CONFLICT DO NOTHING`
  const claim = await lockKey(tx, attempt)
  return claim.isOwn ? claim.refusal : refusal
}

/** Locks a key until the transaction ends. @returns whether it is claimed for this very result of this very input, and what that was refused with. */
async function lockKey(tx: Tx, attempt: Attempt): Promise<{ isOwn: boolean; refusal: KarcisError | null }> {
  const { userId, operation, key, resultId } = attempt
  const [row] = await tx.$queryRaw<{ isOwn: boolean; refusal: Refusal | null }[]>`
    SELECT result_id = ${resultId}::uuid AND input_hash = ${hashOf(attempt)} AS "isOwn", refusal FROM idempotency_keys
    WHERE user_id = ${userId}::uuid AND operation = ${operation} AND key = ${key} FOR UPDATE`
  const isOwn = row?.isOwn === true
  return { isOwn, refusal: isOwn ? toError(row.refusal) : null }
}

const asJson = ({ code, message, facts }: KarcisError): string => JSON.stringify({ code, message, facts })

type Refusal = Pick<KarcisError, 'code' | 'message' | 'facts'>

const toError = (refusal: Refusal | null | undefined): KarcisError | null =>
  refusal ? new KarcisError(refusal.code, refusal.message, refusal.facts) : null

const hashOf = ({ input }: Pick<Attempt, 'input'>): string =>
  createHash('sha256').update(JSON.stringify(input)).digest('hex')
