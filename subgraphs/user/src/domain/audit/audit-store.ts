import { randomBytes } from 'node:crypto'
import { addressDigest, CHAINED_COLUMNS, type ChainedEntry } from '@karcis/kit/audit-chain'
import type { Audited } from '@karcis/kit/contracts/audit'
import { postgresErrorOf } from '@karcis/kit/database'
import { type Connection, keysetList, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'

const { raw, sql } = Prisma

const SALT_BYTES = 16

/**
 * Writes an entry, once: of a deed that is known already nothing happens. Of whoever has just erased their account no address is kept.
 * @param at when it was done; now unless given.
 */
export async function insertAuditEntry(tx: Tx, entry: Audited, at: string | null = null): Promise<void> {
  const { deedId, actorId, role, action, ids, code, address, requestId } = entry
  const salt = address === null ? null : randomBytes(SALT_BYTES)
  const digest = address !== null && salt ? addressDigest(salt, address) : null
  await tx.$executeRaw`WITH entry AS (
      INSERT INTO audit_entries (id, at, actor_id, role, action, ids, code, address_digest, request_id)
      VALUES (${deedId}::uuid, coalesce(${at}::timestamptz, now()), ${actorId}::uuid,
        coalesce(${role}, (SELECT role::text FROM users WHERE id = ${actorId}::uuid)), ${action}, ${ids}::uuid[], ${code}, ${digest}, ${requestId})
      ON CONFLICT (id) DO NOTHING RETURNING id
    ) INSERT INTO audit_addresses (entry_id, address, salt) SELECT id, ${address}, ${salt} FROM entry
      WHERE ${address}::text IS NOT NULL AND NOT EXISTS (SELECT FROM users WHERE id = ${actorId}::uuid AND deleted_at IS NOT NULL)`
}

/** The last link of the chain, its hash in hexadecimal; null before there is one. */
export async function findLastLink(tx: Tx): Promise<{ seq: bigint; hash: string } | null> {
  const [last] = await tx.$queryRaw<{ seq: bigint; hash: string }[]>`
    SELECT seq, encode(hash, 'hex') AS hash FROM audit_chain ORDER BY seq DESC LIMIT 1`
  return last ?? null
}

/** Entries that are not chained yet, oldest first; locked, but for those that another process has locked. */
export const listPending = (tx: Tx, limit: number): PromiseLike<ChainedEntry[]> =>
  tx.$queryRaw<
    ChainedEntry[]
  >`SELECT ${raw(CHAINED_COLUMNS)} FROM audit_pending p JOIN audit_entries e ON e.id = p.entry_id
    ORDER BY e.at, e.id LIMIT ${limit} FOR UPDATE OF p SKIP LOCKED`

/** A link that is to be. */
export interface NewLink {
  seq: bigint
  entryId: string
  /** In hexadecimal. */
  hash: string
}

/** Adds links to the end of the chain. @returns false when another process has, meanwhile: the numbers are taken, and the transaction is over. */
export async function insertLinks(tx: Tx, links: readonly NewLink[]): Promise<boolean> {
  const entryIds = links.map(({ entryId }) => entryId)
  try {
    await tx.$executeRaw`WITH link AS (
        INSERT INTO audit_chain (seq, entry_id, previous, hash)
        SELECT seq, entry_id, nullif(seq - 1, 0), decode(hash, 'hex')
        FROM unnest(${links.map(({ seq }) => seq)}::bigint[], ${entryIds}::uuid[], ${links.map(({ hash }) => hash)}::text[]) AS l (seq, entry_id, hash)
      ) DELETE FROM audit_pending WHERE entry_id = ANY(${entryIds}::uuid[])`
    return true
  } catch (error) {
    if (postgresErrorOf(error).constraint === 'audit_chain_pkey') return false
    throw error
  }
}

/** An entry as admins see it. */
export interface LoggedDeed {
  id: string
  at: Date
  actorId: string | null
  role: Audited['role'] | 'GUEST'
  action: string
  ids: string[]
  code: string | null
  /** Null also once it was forgotten. */
  address: string | null
  requestId: string
  /** Its place in the chain, and the hash there in hexadecimal; null for the moment before it has one. */
  seq: bigint | null
  hash: string | null
}

/** A page of entries. */
export type AuditPage = Connection<LoggedDeed>

/** What is looked for; what is null does not restrict. */
export interface AuditFilter {
  actorId: string | null
  action: string | null
  from: Date | null
  to: Date | null
}

const LIST = keysetList<LoggedDeed>(
  'audit-log',
  [
    { column: sql`e.at`, type: 'timestamptz', of: ({ at }) => at.toISOString() },
    { column: sql`e.id`, type: 'uuid', of: ({ id }) => id },
  ],
  'descending',
)

/** Entries, newest first. @throws BadUserInput for wrong paging. */
export function listAuditEntries(
  db: Db,
  { actorId, action, from, to }: AuditFilter,
  args: PageArgs,
): Promise<AuditPage> {
  const matches = sql`(${actorId}::uuid IS NULL OR e.actor_id = ${actorId}::uuid) AND (${action}::text IS NULL OR e.action = ${action})
    AND (${from}::timestamptz IS NULL OR e.at >= ${from}::timestamptz) AND (${to}::timestamptz IS NULL OR e.at < ${to}::timestamptz)`
  return LIST.read(args, {
    rows: ({ where, tail }) => db.$queryRaw<LoggedDeed[]>`
      SELECT e.id::text AS id, e.at, e.actor_id::text AS "actorId", e.role, e.action, e.ids::text[] AS ids, e.code,
        a.address, e.request_id AS "requestId", c.seq, encode(c.hash, 'hex') AS hash
      FROM audit_entries e LEFT JOIN audit_addresses a ON a.entry_id = e.id LEFT JOIN audit_chain c ON c.entry_id = e.id
      WHERE ${matches} AND ${where} ${tail}`,
    async count() {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM audit_entries e WHERE ${matches}`
      return row?.count ?? 0
    },
  })
}

/** Forgets where somebody acted from; that they did stays. */
export async function deleteAuditAddressesOf(tx: Tx, actorId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM audit_addresses a USING audit_entries e
    WHERE e.id = a.entry_id AND e.actor_id = ${actorId}::uuid`
}
