import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import type pg from 'pg'

/** How many of the rows that are wrong a finding shows; the count tells of all. */
export const SHOWN = 20

export type Pools = Readonly<Record<SubgraphName, pg.Pool>>

/** How an audit is made. */
export interface AuditOptions {
  /** For how long something may be under way before it counts as late, in seconds. */
  readonly graceSeconds: number
  /** Whether what can be sent or begun again safely is. */
  readonly repair: boolean
}

/** What one check has looked at, and what it found. */
export interface Finding {
  /** Short name of the check. */
  readonly check: string
  /** What is so when all is right, as a sentence's end. */
  readonly rule: string
  /** The databases that it read. */
  readonly databases: readonly SubgraphName[]
  /** How many are wrong. */
  readonly count: number
  /** Which, the first few. */
  readonly rows: readonly Row[]
  /** What was begun to mend them; only of an audit that repairs. */
  readonly repaired?: Repaired
}

export interface Repaired {
  readonly count: number
  readonly how: string
}

/** Ids and figures of something that is wrong, by name. */
export type Row = Readonly<Record<string, unknown>>

/**
 * A rule within one database, whose breaches one statement finds. It holds at every commit, so the statement's snapshot is enough to
 * judge a running platform by.
 */
export interface Check {
  readonly name: string
  readonly rule: string
  /** SELECT of what breaks the rule; nothing when all is right. */
  breaches(options: AuditOptions): string
  readonly repair?: {
    readonly how: string
    /** Run first in the repair's transaction: the lock under which the breaches are looked for again. */
    readonly lock?: string
    /** @param breaches the SELECT again, to be put into parentheses. @returns SQL that mends, and gives how many as `count`. */
    sql(breaches: string): string
  }
}

/** How long a repair waits for what sales have locked. */
const LOCK_TIMEOUT = '5s'

/** Looks for what breaks one rule in one database, and mends it where that is asked for and can be done. */
export async function runCheck(
  pools: Pools,
  database: SubgraphName,
  check: Check,
  options: AuditOptions,
): Promise<Finding> {
  const breaches = check.breaches(options)
  const { rows } = await pools[database].query<Row & { breaches_in_all: number }>(
    `SELECT breach.*, count(*) OVER ()::int AS breaches_in_all FROM (${breaches}) breach LIMIT ${SHOWN}`,
  )
  const finding = {
    check: check.name,
    rule: check.rule,
    databases: [database],
    count: rows[0]?.breaches_in_all ?? 0,
    rows: rows.map(({ breaches_in_all: _, ...row }) => row),
  }
  if (!options.repair || !check.repair || finding.count === 0) return finding
  const { how, lock = '', sql } = check.repair
  const count = await inTransaction(pools[database], async (client) => {
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'; ${lock}`)
    const repaired = await client.query<{ count: number }>(sql(breaches))
    return repaired.rows[0]?.count ?? 0
  })
  return { ...finding, repaired: { count, how } }
}

async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let failed: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    failed = error as Error
    throw error
  } finally {
    client.release(failed) // a connection whose transaction failed is closed, and with it the transaction
  }
}
