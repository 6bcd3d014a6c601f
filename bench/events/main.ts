import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { eventSettings } from '@karcis/event/env'
import type { Deps } from '@karcis/event/domain/deps'
import { listEvents } from '@karcis/event/domain/browsing/list-events'
import { createEventSubgraph } from '@karcis/event/server'
import { databaseName, migrate } from '@karcis/infra/migrate'
import { createDatabases, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { temporaryDirectory } from '@karcis/infra/setup'
import { explain, statementsOf } from '@karcis/testkit/plans'
import pg from 'pg'
import { SECRET } from '../event-on-sale.ts'
import { CASES, type Case } from './cases.ts'
import { writeEvents, writeWhatIsKnown } from './million.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '60' },
    /** Keeps the data in a folder, or takes what is there. */
    in: { type: 'string' },
    /** Only writes the data. */
    fill: { type: 'boolean', default: false },
  },
})

/** Tables that nobody may read through. */
const LARGE = /Seq Scan on (events|event_listings|event_texts)\b/

/**
 * `npm run bench:events`: each filter and each order of `events`, over so many events, as the resolver asks for a page of them; beside it
 * the same by hand in SQL over a bare connection. For both p50 and p99, and for ours the number of events on all pages with what counting
 * them takes. Fails when a statement of ours reads one of the large tables through.
 */
async function benchEvents(): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const directory = values.in ?? stack.use(temporaryDirectory('karcis-bench-')).path
  const postgres = stack.use(await startPostgres({ dataDir: `${directory}/postgres`, durable: false }))
  const url = postgres.url(databaseName('event'))
  await createDatabases(postgres.url('postgres'), [databaseName('event')])
  await migrate('event', url)
  const db = new pg.Client(url)
  await db.connect()
  stack.defer(() => db.end())
  await fill(db)
  if (values.fill) return

  const redis = stack.use(await startRedis({ dataDir: `${directory}/redis`, durable: false }))
  const nobody = 'http://127.0.0.1:9'
  const { deps } = stack.use(
    await createEventSubgraph(
      eventSettings.parse({
        NODE_ENV: 'test',
        LOG_LEVEL: 'warn',
        PORT: '0',
        SERVICE_SECRET: SECRET,
        REDIS_URL: redis.url,
        DATABASE_URL: url,
        USER_URL: nobody,
        TICKET_URL: nobody,
        BOOKING_URL: nobody,
      }),
    ),
  )
  console.log(
    '| list | p50 ms | p99 ms | by hand p50 | p99 | on all pages | counted in ms | way |\n|---|---|---|---|---|---|---|---|',
  )
  let readThrough = 0
  for (const one of CASES) readThrough += await measure(deps, db, one)
  if (readThrough > 0) throw new Error(`${readThrough} statements read a large table through`)
}

async function fill(db: pg.Client): Promise<void> {
  const { rows } = await db.query<{ written: boolean }>(
    'SELECT EXISTS (SELECT FROM event_listings) AS written',
  )
  if (rows[0]?.written) return
  const began = performance.now()
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(0)
  await writeEvents(db, Number(values.events), (written) =>
    console.error(`${written} events after ${seconds()} s`),
  )
  await writeWhatIsKnown(db)
  console.error(`all that is known of them after ${seconds()} s`)
}

const FIRST = { first: 20 }

/** Prints one line. @returns how many statements read a large table through. */
async function measure(deps: Deps, db: pg.Client, { name, filter, orders, hand }: Case): Promise<number> {
  const ask = () => listEvents(deps, null, orders, filter, FIRST)
  const ours = await timesOf(ask)
  const byHand = await timesOf(() => db.query(hand))
  const page = await ask()
  const began = performance.now()
  const total = await page.totalCount()
  const counted = performance.now() - began
  const plans = await plansOf(deps, async () => (await ask()).totalCount())
  const wrong = plans.filter((plan) => LARGE.test(plan))
  for (const plan of wrong) console.error(`${name} reads a table through:\n${plan}`)
  const shown = [ours.p50, ours.p99, byHand.p50, byHand.p99].map((ms) => ms.toFixed(1))
  console.log(`| ${[name, ...shown, total, counted.toFixed(0), wayOf(plans)].join(' | ')} |`)
  return wrong.length
}

async function timesOf(ask: () => Promise<unknown>): Promise<{ p50: number; p99: number }> {
  const times: number[] = []
  // What is read from the disk for the first time may take longer than a search is allowed to.
  for (let round = 0; round < 3; round++) await ask().catch(() => undefined)
  const until = performance.now() + 4_000
  for (let round = 0; round < Number(values.rounds) && (round < 3 || performance.now() < until); round++) {
    const began = performance.now()
    await ask()
    times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  const at = (part: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

/** How Postgres goes about the statements of a list: those over the pool are planned for their values, those over `reads` for any. */
async function plansOf(deps: Deps, run: () => Promise<unknown>): Promise<string[]> {
  const asked = await statementsOf(deps, run)
  const lists = asked.filter(({ query }) => /FROM (events e|event_texts t|event_listings l)/.test(query.text))
  // As `searching` has it.
  const bounded = asked.some(({ query }) => query.text.includes('enable_seqscan'))
  return Promise.all(lists.map((each) => explain(deps.db, each, bounded ? ['enable_seqscan = off'] : [])))
}

/** The indexes of the plan of the page, which is the last statement before the one that counts. */
function wayOf(plans: string[]): string {
  const plan = plans.findLast((text) => /Limit/.test(text.split('\n')[0] ?? '')) ?? plans[0] ?? ''
  const found = [
    ...plan.matchAll(/(?:Scan|Scan Backward) (?:using|on) (event(?:s|_listings|_texts)_\w+)/g),
  ].map(([, index]) => index)
  return [...new Set(found)].map((index) => `\`${index}\``).join(', ')
}

await benchEvents()
