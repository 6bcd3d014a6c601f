import { createHash } from 'node:crypto'

/** An entry of the audit log as it is chained, all of it as Postgres writes it as text. */
export interface ChainedEntry {
  id: string
  /** UTC, as `2026-11-26T14:08:00.123Z`. */
  at: string
  actorId: string | null
  role: string | null
  action: string
  ids: readonly string[]
  code: string | null
  /** In hexadecimal. */
  addressDigest: string | null
  requestId: string
}

/** The columns of `audit_entries e` in the form of a `ChainedEntry`. */
export const CHAINED_COLUMNS = `e.id::text AS id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
  e.actor_id::text AS "actorId", e.role, e.action, e.ids::text[] AS ids, e.code,
  encode(e.address_digest, 'hex') AS "addressDigest", e.request_id AS "requestId"`

/** What the first link has before it. */
export const NO_LINK = '0'.repeat(64)

/** The hash of a link (hexadecimal): over its number, the hash of the one before, and its entry. */
export function linkHash(seq: bigint, previousHash: string, entry: ChainedEntry): string {
  const { id, at, actorId, role, action, ids, code, addressDigest, requestId } = entry
  const facts = [id, at, actorId, role, action, ids, code, addressDigest, requestId]
  return createHash('sha256')
    .update(JSON.stringify([seq.toString(), previousHash, facts]))
    .digest('hex')
}

/** What an entry keeps of the address that it was asked from: nobody finds the address by it without the salt. */
export const addressDigest = (salt: Uint8Array, address: string): Buffer =>
  createHash('sha256').update(salt).update(address).digest()
