import pg from 'pg'
import { addressDigest, CHAINED_COLUMNS, type ChainedEntry, linkHash, NO_LINK } from '@karcis/kit/audit-chain'

/** A place in the chain, by which it is to be known again elsewhere. */
export interface Head {
  seq: string
  /** In hexadecimal. */
  hash: string
}

/** What one verification of the audit log has read. */
export interface VerifiedAudit {
  /** Links that are right, from the first on. */
  readonly links: number
  /** The last of them; null of an empty log. */
  readonly head: Head | null
  /** The first that is not right; null when all are. */
  readonly wrong: { readonly seq: string; readonly entryId: string | null; readonly problem: string } | null
  /** Entries that have waited for more than a minute to be chained, as while no user subgraph runs. */
  readonly unchained: number
}

interface Link extends Omit<ChainedEntry, 'id'> {
  seq: string
  previous: string | null
  hash: string
  entryId: string
  id: string | null
  address: string | null
  salt: Buffer | null
}

const BATCH = 5_000

const LINKS = `SELECT c.seq, c.previous, encode(c.hash, 'hex') AS hash, c.entry_id::text AS "entryId", ${CHAINED_COLUMNS}, a.address, a.salt
  FROM audit_chain c LEFT JOIN audit_entries e ON e.id = c.entry_id LEFT JOIN audit_addresses a ON a.entry_id = c.entry_id
  ORDER BY c.seq`

/**
 * Works the chain of the audit log out again, in one snapshot and a stream, up to the first link that is not right.
 * @param url the user subgraph's database. @param known a place that was noted before, elsewhere: whoever has written the whole chain anew has another hash there.
 */
export async function verifyAudit(url: string, known: Head | null = null): Promise<VerifiedAudit> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'karcis-verify-audit',
    options: '-c timezone=UTC',
  })
  client.on('error', () => undefined) // a lost connection fails the query that is under way
  await client.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int FROM audit_entries e
      WHERE e.at < now() - interval '1 minute' AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.entry_id = e.id)`)
    return { ...(await follow(client, known)), unchained: rows[0]?.count ?? 0 }
  } finally {
    await client.end()
  }
}

async function follow(client: pg.Client, known: Head | null): Promise<Omit<VerifiedAudit, 'unchained'>> {
  let head: Head | null = null
  let links = 0
  await client.query(`DECLARE links NO SCROLL CURSOR FOR ${LINKS}`)
  for (;;) {
    const { rows } = await client.query<Link>(`FETCH ${BATCH} FROM links`)
    for (const link of rows) {
      const problem = problemOf(link, head, known)
      if (problem !== null) return { links, head, wrong: { seq: link.seq, entryId: link.entryId, problem } }
      head = { seq: link.seq, hash: link.hash }
      links += 1
    }
    if (rows.length < BATCH) break
  }
  const isShort = known !== null && BigInt(known.seq) > BigInt(head?.seq ?? 0)
  return {
    links,
    head,
    wrong: isShort
      ? { seq: known.seq, entryId: null, problem: 'the chain was as long as this, and ends before' }
      : null,
  }
}

/** What is wrong with a link, as a sentence; null when nothing is. */
function problemOf(link: Link, before: Head | null, known: Head | null): string | null {
  const seq = BigInt(before?.seq ?? 0) + 1n
  if (link.seq !== seq.toString()) return `the link ${seq} is missing before it`
  const { id } = link
  if (id === null) return 'its entry is missing'
  if (link.hash !== linkHash(seq, before?.hash ?? NO_LINK, { ...link, id }))
    return 'it was changed: its hash is another'
  if (known?.seq === link.seq && known.hash !== link.hash)
    return 'its hash is not the one that was noted: the chain was written anew'
  const { address, salt, addressDigest: digest } = link
  if (address !== null && salt !== null && addressDigest(salt, address).toString('hex') !== digest)
    return 'its address was changed'
  return null
}

/** The result in words, for people. */
export function describeVerifiedAudit({ links, head, wrong, unchained }: VerifiedAudit): string {
  const lines = [`audit log: ${links} entries are as they were written`]
  if (head) lines.push(`keep elsewhere, and compare with --head: ${head.seq}:${head.hash}`)
  if (wrong) lines.push(`✗ entry ${wrong.seq}${wrong.entryId ? ` (${wrong.entryId})` : ''}: ${wrong.problem}`)
  if (unchained > 0) lines.push(`✗ ${unchained} entries have waited to be chained for more than a minute`)
  return lines.join('\n')
}
