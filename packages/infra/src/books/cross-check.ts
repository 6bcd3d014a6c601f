import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import type pg from 'pg'
import type { AuditOptions, Pools, Repaired, Row } from './report.ts'

/** How many rows of one database are compared with another at once. */
const BATCH = 2_000
/** Below every id. */
const NIL = '00000000-0000-0000-0000-000000000000'

/**
 * A rule between databases. These have no moment in common, so what looks wrong is read again, in an order in which a platform at work
 * cannot make it look so.
 */
export interface CrossCheck {
  readonly name: string
  readonly rule: string
  readonly databases: readonly SubgraphName[]
  /** Gives what breaks the rule, batch by batch. */
  breaches(pools: Pools, options: AuditOptions): AsyncIterable<Row[]>
  readonly repair?: {
    readonly how: string
    /** @returns how many of a batch it has mended, or set going. */
    run(pools: Pools, breaches: readonly Row[]): Promise<Repaired['count']>
  }
}

export const idOf = ({ id }: { id: string }): string => id

/** Rows by their `id`, of a query that takes ids. */
export async function byId<T extends pg.QueryResultRow & { id: string }>(
  pool: pg.Pool,
  sql: string,
  ids: readonly string[],
): Promise<Map<string, T>> {
  const { rows } = await pool.query<T>(sql, [ids])
  return new Map(rows.map((row) => [row.id, row]))
}

/** All rows of a table in batches, in the order of a key. @param sql takes the key to begin after, and how many rows. */
export async function* inOrder<T extends pg.QueryResultRow & { id: string }>(
  pool: pg.Pool,
  sql: string,
  { first = NIL, keyOf = idOf }: { first?: string; keyOf?: (row: T) => string } = {},
): AsyncGenerator<T[]> {
  for (let after = first; ; ) {
    const { rows } = await pool.query<T>(sql, [after, BATCH])
    const last = rows.at(-1)
    if (!last) return
    yield rows
    if (rows.length < BATCH) return
    after = keyOf(last)
  }
}
