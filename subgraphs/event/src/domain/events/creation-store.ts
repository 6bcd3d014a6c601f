import { createHash } from 'node:crypto'
import type { Reads } from '@karcis/kit/reads'
import type { Tx } from '../database.ts'
import { IdempotencyKeyReused } from '../errors.ts'

const LIFETIME = '24 hours'

/** A client's promise that inputs of somebody with this key are one and the same. */
export interface Creation {
  userId: string
  key: string
  /** What was asked, without the key, as JSON that is equal for equal inputs. */
  input: unknown
}

const hashOf = ({ input }: Creation): Buffer => createHash('sha256').update(JSON.stringify(input)).digest()

/** The id of the event that was added by a key; null when none was. @throws IdempotencyKeyReused when it was added by another input. */
export async function findCreated(db: Reads, creation: Creation): Promise<string | null> {
  const [row] = await db.$queryRaw<{ eventId: string; same: boolean }[]>`
    SELECT event_id AS "eventId", input_hash = ${hashOf(creation)} AS same FROM event_creations
    WHERE user_id = ${creation.userId}::uuid AND key = ${creation.key} AND created_at > now() - ${LIFETIME}::interval`
  if (row && !row.same) throw new IdempotencyKeyReused(creation.key)
  return row?.eventId ?? null
}

/**
 * Claims a key for an event that the same transaction adds. Who comes with it at the same time waits until that has committed or failed.
 * @returns false when another has it.
 */
export async function insertCreation(tx: Tx, creation: Creation, eventId: string): Promise<boolean> {
  const { userId, key } = creation
  await tx.$executeRaw`DELETE FROM event_creations
    WHERE user_id = ${userId}::uuid AND key = ${key} AND created_at <= now() - ${LIFETIME}::interval`
  const claimed = await tx.$executeRaw`INSERT INTO event_creations (user_id, key, input_hash, event_id)
    VALUES (${userId}::uuid, ${key}, ${hashOf(creation)}, ${eventId}::uuid) ON CONFLICT DO NOTHING`
  return claimed === 1
}
