import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import pg from 'pg'
import { CROSS_CHECKS } from './across.ts'
import type { CrossCheck } from './cross-check.ts'
import { MONEY_CHECKS } from './money.ts'
import { type AuditOptions, type Finding, type Pools, type Row, runCheck, SHOWN } from './report.ts'
import { STOCK_CHECKS } from './stock.ts'
import { WORK_CHECKS } from './work.ts'

/** What the four databases say of each other, read past every API. */
export interface Books extends AsyncDisposable {
  /**
   * Looks for every way in which seats, stock, tickets, money, jobs and events can disagree, while the platform runs or not.
   * @param options.only names of checks, when not all of them.
   * @returns one finding per check, those included that found nothing.
   */
  audit(options?: Partial<AuditOptions> & { only?: readonly string[] }): Promise<Finding[]>
  /** How much is under way just now, by name: all zero once a platform that nobody uses has come to rest. */
  underWay(): Promise<Record<string, number>>
}

/** Sweeps run each minute, so after two something has gone wrong. */
export const GRACE_SECONDS = 120

/** @param urls the four databases, as their owner or as the role of their subgraph. Nothing is written unless asked to repair. */
export function openBooks(urls: Readonly<Record<SubgraphName, string>>): Books {
  const pools = Object.fromEntries(SUBGRAPHS.map((name) => [name, openPool(urls[name])])) as Record<
    SubgraphName,
    pg.Pool
  >
  return {
    async audit({ only, graceSeconds = GRACE_SECONDS, repair = false } = {}) {
      const options = { graceSeconds, repair }
      const findings: Finding[] = []
      for (const { name, run } of checks()) {
        if (!only || only.includes(name)) findings.push(await run(pools, options))
      }
      return findings
    },
    underWay: () => countUnderWay(pools),
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(pools).map((pool) => pool.end()))
    },
  }
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 2,
    connectionTimeoutMillis: 10_000,
    application_name: 'karcis-books',
  })
  pool.on('error', () => undefined) // a lost connection fails the query that is under way
  return pool
}

interface AnyCheck {
  readonly name: string
  run(pools: Pools, options: AuditOptions): Promise<Finding>
}

/** Every check: first what is within a database, then what is between two. */
function checks(): AnyCheck[] {
  const within = [
    ...STOCK_CHECKS.map((check) => ({ database: 'ticket', check }) as const),
    ...MONEY_CHECKS.map((check) => ({ database: 'booking', check }) as const),
    ...SUBGRAPHS.flatMap((database) => WORK_CHECKS.map((check) => ({ database, check }))),
  ]
  return [
    ...within.map(({ database, check }) => ({
      name: check.name,
      run: (pools: Pools, options: AuditOptions) => runCheck(pools, database, check, options),
    })),
    ...CROSS_CHECKS.map((check) => ({
      name: check.name,
      run: (pools: Pools, options: AuditOptions) => runCrossCheck(pools, check, options),
    })),
  ]
}

async function runCrossCheck(pools: Pools, check: CrossCheck, options: AuditOptions): Promise<Finding> {
  const { name, rule, databases, repair } = check
  let count = 0
  let repaired = 0
  const rows: Row[] = []
  for await (const batch of check.breaches(pools, options)) {
    count += batch.length
    rows.push(...batch.slice(0, SHOWN - rows.length))
    if (options.repair && repair && batch.length > 0) repaired += await repair.run(pools, batch)
  }
  const finding = { check: name, rule, databases, count, rows }
  return options.repair && repair && count > 0
    ? { ...finding, repaired: { count: repaired, how: repair.how } }
    : finding
}

async function countUnderWay(pools: Pools): Promise<Record<string, number>> {
  const count = async (pool: pg.Pool, from: string): Promise<number> =>
    (await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`)).rows[0]?.n ?? 0
  const everywhere = async (from: string): Promise<number> => {
    const counts = await Promise.all(Object.values(pools).map((pool) => count(pool, from)))
    return counts.reduce((sum, n) => sum + n, 0)
  }
  const [holds, unpaid, unfulfilled, events, jobs] = await Promise.all([
    count(pools.ticket, `holds WHERE status = 'ACTIVE'`),
    count(pools.booking, `bookings WHERE status = 'PENDING'`),
    count(pools.booking, 'bookings WHERE NOT fulfilled'),
    everywhere('kit.outbox WHERE delivered_at IS NULL'),
    everywhere(
      'graphile_worker._private_jobs WHERE run_at <= now() OR attempts > 0 OR locked_at IS NOT NULL',
    ),
  ])
  return {
    'open holds': holds,
    'unpaid bookings': unpaid,
    'unfulfilled bookings': unfulfilled,
    'undelivered events': events,
    'jobs to do': jobs,
  }
}
