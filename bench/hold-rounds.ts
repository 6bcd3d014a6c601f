import pg from 'pg'
import { analyze, rateCells } from './rounds.ts'
import { cpuOf, cpuOfFamily } from './router/cpu.ts'
import { median } from './router/figures.ts'
import type { TicketProcess } from './ticket-process.ts'

/** What takes places in some way. */
export interface Contender {
  name: string
  /** The database in which that leaves its traces. */
  database: string
  /** Gets `count` of what `run` sends ready: that is not measured. @returns what sends it, `concurrency` at a time. */
  prepare(count: number): Promise<(concurrency: number) => Promise<void>>
}

/** What one round took, per hold. */
interface Round {
  perSecond: number
  transactions: number
  flushes: number
  walBytes: number
  /** CPU time in µs: of the load, which is this process; of the ticket process; of Postgres and Redis. */
  loadUs: number
  ticketUs: number
  postgresUs: number
  redisUs: number
}

/**
 * Runs the contenders in turn, round after round, so that the machine's moods meet them all, and prints medians, ranges and ratios: the median
 * of what each round's rate is to that of the first, the reference. After the warming up all tables are analyzed, as those of a server are that
 * has been in use: without, plans are those for empty tables.
 */
export async function compareHolds(
  title: string,
  { postgres, redis, process: ticket }: TicketProcess,
  contenders: readonly Contender[],
  { rounds, count, concurrency }: { rounds: number; count: number; concurrency: number },
): Promise<void> {
  const admin = new pg.Client(postgres.url('postgres'))
  await admin.connect()

  async function counters(database: string) {
    await admin.query('SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()')
    const { rows } = await admin.query<{ transactions: string; flushes: string; wal: string }>(
      `SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = $1) AS transactions,
        (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal') AS flushes, (SELECT wal_bytes FROM pg_stat_wal) AS wal`,
      [database],
    )
    return {
      transactions: Number(rows[0]?.transactions),
      flushes: Number(rows[0]?.flushes),
      walBytes: Number(rows[0]?.wal),
      loadUs: cpuOf(process.pid),
      ticketUs: ticket.cpu(),
      postgresUs: cpuOfFamily(postgres.pid),
      redisUs: cpuOf(redis.pid),
    }
  }

  async function run({ database, prepare }: Contender): Promise<Round> {
    const take = await prepare(count)
    const before = await counters(database)
    const started = performance.now()
    await take(concurrency)
    const seconds = (performance.now() - started) / 1_000
    const after = await counters(database)
    const used = Object.entries(before).map(([key, value]) => [
      key,
      (after[key as keyof typeof after] - value) / count,
    ])
    return { ...(Object.fromEntries(used) as Omit<Round, 'perSecond'>), perSecond: count / seconds }
  }

  try {
    for (const contender of contenders) {
      await run(contender) // warm
      await analyze(postgres.url(contender.database))
    }
    const all = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]))
    for (let round = 0; round < rounds; round++)
      for (const contender of contenders) all.get(contender.name)?.push(await run(contender))
    console.log(
      `\n${title}: ${rounds} interleaved rounds of ${count}, ${concurrency} at a time; median (and range)\n`,
    )
    print(all, all.get(contenders[0]?.name ?? '') ?? [])
  } finally {
    await admin.end()
  }
}

function print(all: ReadonlyMap<string, readonly Round[]>, reference: readonly Round[]): void {
  console.log(
    '|  | holds/s | × bare | transactions | WAL flushes | WAL KB | load µs | ticket µs | Postgres µs | Redis µs |',
  )
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|')
  for (const [name, rows] of all) {
    const of = (key: keyof Round): number => median(rows.map((row) => row[key]))
    const cells = [
      name,
      ...rateCells(rows.map(ratesOf), reference.map(ratesOf)),
      of('transactions').toFixed(2),
      of('flushes').toFixed(3),
      (of('walBytes') / 1_024).toFixed(2),
      ...(['loadUs', 'ticketUs', 'postgresUs', 'redisUs'] as const).map((key) => of(key).toFixed(0)),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

const ratesOf = ({ perSecond }: Round): number => perSecond
