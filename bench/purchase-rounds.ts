import type { Postgres } from '@karcis/infra/postgres'
import pg from 'pg'
import { cpuOf, cpuOfFamily } from './router/cpu.ts'
import { median } from './router/figures.ts'
import { analyze, inParallel, rateCells } from './rounds.ts'

/** Who purchases, and in which databases that leaves its traces. */
interface Contender {
  name: string
  databases: readonly string[]
  purchase(): Promise<void>
}

/** What one round took, per purchase. */
interface Round {
  perSecond: number
  statements: number
  transactions: number
  flushes: number
  walBytes: number
  /** CPU time in µs: of this process, the load and all use cases in it; and of the server. */
  nodeUs: number
  postgresUs: number
}

/** Statements that were sent through node-postgres in this process: all there are here, Prisma's among them. */
let sent = 0

// oxlint-disable-next-line typescript/no-explicit-any -- the overloads of node-postgres, passed on as they are
const query: (...args: any[]) => any = pg.Client.prototype.query

/** Counts every statement from now on. */
function countStatements(): void {
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  pg.Client.prototype.query = function counted(...args: any[]): any {
    sent += 1
    return query.apply(this, args)
  }
}

/**
 * Runs the contenders in turn, round after round, so that the machine's moods meet them all, and prints medians, ranges and the ratio
 * of the last to the first, the reference. What a contender leaves to be done later (jobs, events) is part of its round. After the warming up
 * all tables are analyzed, as those of a server are that has been in use: without, plans are those for empty tables.
 * @param admin a connection to the server, as superuser.
 */
export async function comparePurchases(
  postgres: Postgres,
  admin: pg.Client,
  contenders: readonly Contender[],
  { rounds, count, concurrency }: { rounds: number; count: number; concurrency: number },
): Promise<void> {
  countStatements()
  const all = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]))
  const run = async ({ purchase, databases }: Contender): Promise<Round> => {
    const before = await counters(postgres, admin, databases)
    const statements = sent
    const started = performance.now()
    await inParallel(count, concurrency, purchase)
    const seconds = (performance.now() - started) / 1_000
    const asked = sent - statements
    const after = await counters(postgres, admin, databases)
    return {
      perSecond: count / seconds,
      statements: asked / count,
      transactions: (after.transactions - before.transactions) / count,
      flushes: (after.flushes - before.flushes) / count,
      walBytes: (after.walBytes - before.walBytes) / count,
      nodeUs: (after.nodeUs - before.nodeUs) / count,
      postgresUs: (after.postgresUs - before.postgresUs) / count,
    }
  }
  for (const contender of contenders) {
    await run(contender) // warm
    for (const database of contender.databases) await analyze(postgres.url(database))
  }
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders) all.get(contender.name)?.push(await run(contender))

  const reference = all.get(contenders[0]?.name ?? '') ?? []
  console.log(
    `\nPurchases: ${rounds} interleaved rounds of ${count}, ${concurrency} at a time; median (and range)\n`,
  )
  console.log(
    '|  | purchases/s | × bare | statements | transactions | WAL flushes | WAL KB | Node CPU ms | Postgres CPU ms |',
  )
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|')
  for (const [name, rows] of all) {
    const of = (key: keyof Round): number => median(rows.map((row) => row[key]))
    const cells = [
      name,
      ...rateCells(rows.map(ratesOf), reference.map(ratesOf)),
      of('statements').toFixed(1),
      of('transactions').toFixed(1),
      of('flushes').toFixed(2),
      (of('walBytes') / 1_024).toFixed(1),
      (of('nodeUs') / 1_000).toFixed(1),
      (of('postgresUs') / 1_000).toFixed(1),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

async function counters(postgres: Postgres, admin: pg.Client, databases: readonly string[]) {
  await admin.query('SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()')
  const { rows } = await admin.query<{ transactions: string; flushes: string; wal: string }>(
    `SELECT (SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = ANY($1)) AS transactions,
      (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal') AS flushes, (SELECT wal_bytes FROM pg_stat_wal) AS wal`,
    [databases],
  )
  const [row] = rows
  return {
    transactions: Number(row?.transactions),
    flushes: Number(row?.flushes),
    walBytes: Number(row?.wal),
    nodeUs: cpuOf(process.pid),
    postgresUs: cpuOfFamily(postgres.pid),
  }
}

const ratesOf = ({ perSecond }: Round): number => perSecond
