import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { newId } from '@karcis/kit/ids'
import { createServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { startMailServer } from '@karcis/testkit/mail-server'
import pg from 'pg'
import { type Platform, startPlatform } from '../cancel-event/platform.ts'
import { cpuOf, cpuSince, describeStretches, type Stretch } from '../cancel-event/report.ts'
import { openShop, type Shop, sellAtOnce, sellAtRate, type Window } from '../cancel-event/sales.ts'
import { SECRET } from '../event-on-sale.ts'
import { percentile } from '../router/figures.ts'
import { type Arrival, describeOrder, mostWithinASecond } from './order.ts'

const AT_ONCE = 8
const WARM_MS = 5_000
const WHOLE_STRETCH_MS = 30_000
const MB = 1_024 * 1_024
/** Between two links to sign in that somebody asks for while the burst leaves. */
const LINK_EVERY_MS = 1_000

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '50' },
    turns: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '5' },
    'sale-rate': { type: 'string', default: '8' },
    /** Lets all of them leave in the end, however long that takes. */
    whole: { type: 'boolean', default: false },
  },
})

/**
 * `npm run bench:messages`: so many people are told of one thing at once, while others buy. Two processes send what comes of it at `--rate` mails a second to a mail server in this process, and somebody asks for a link
 * to sign in each second. What the sale has of it, in stretches as of `bench:cancel-event`: while the crowd is told, and then in turns with mails leaving and with none; which rate and order the mails
 * have; how long a link takes that is asked for behind them; what the processes have in memory. With `--whole` all of them leave in the end, beside a steady sale.
 */
async function benchMessages(): Promise<void> {
  const people = Number(values.messages)
  const rate = Number(values.rate)
  const ms = Number(values.seconds) * 1_000
  const arrivals: Arrival[] = []
  const links = new Map<string, number>()
  await using stack = new AsyncDisposableStack()
  const mails = stack.use(
    await startMailServer(({ to, raw }) => {
      const at = performance.now()
      const id = /^Message-ID: <([^@]+)@/im.exec(raw.subarray(0, 4_000).toString('latin1'))?.[1]
      if (id !== undefined) arrivals.push({ id, to, at })
    }),
  )
  const platform = await startPlatform(stack, {
    userSettings: {
      SMTP_URL: mails.url,
      MAIL_FROM: 'Karcis <tickets@karcis.example>',
      EMAIL_PER_SECOND: String(rate),
    },
    furtherUsers: 1,
  })
  const db = new pg.Client(platform.urls.user)
  await db.connect()
  stack.defer(() => db.end())
  const shop = await openShop(platform)
  const eventId = await writeCrowd(db, people)
  const stretches: Stretch[] = []
  const memory: number[][] = []
  const sell = async (beside: string): Promise<void> => {
    const steady = await sellAtRate(shop, Number(values['sale-rate']), ms)
    const used = cpuOf(platform)
    const fast = await sellAtOnce(shop, AT_ONCE, ms)
    stretches.push({ beside, steady, fast, cpu: cpuSince(used, cpuOf(platform)) })
    memory.push([platform.processes.user, ...platform.furtherUsers].map((child) => child.memory() / MB))
  }
  /** Lets mails leave, or keeps them. */
  const leave = (may: boolean) =>
    db.query(`UPDATE delivery_paces SET next_at = now() + make_interval(hours => $1)`, [may ? 0 : 10])

  await sellAtOnce(shop, AT_ONCE, WARM_MS)
  for (let turn = 0; turn < Number(values.turns) / 2; turn++) await sell('nothing')
  await leave(false)
  await announce(platform, eventId)
  const isTold = async (): Promise<boolean> => {
    const { rows } = await db.query<{ seconds: number | null }>(
      `SELECT extract(epoch FROM done_at - created_at)::float8 AS seconds FROM announcements WHERE kind = 'ALMOST_SOLD_OUT'`,
    )
    const seconds = rows[0]?.seconds ?? null
    if (seconds !== null) console.log(`\n${people} people are told in ${seconds.toFixed(0)} s`)
    return seconds !== null
  }
  // Beside a sale that takes all there is, telling all of them would take an hour: the rest hears of it once that is over.
  for (let turn = 0; turn < Number(values.turns) && !(await isTold()); turn++) await sell('a crowd is told')
  while (!(await isTold())) await sleep(1_000)

  const windows: [from: number, to: number][] = []
  for (let turn = 0; turn < Number(values.turns); turn++) {
    const from = performance.now()
    await leave(true)
    const asking = new AbortController()
    const asked = askForLinks(platform, db, links, asking.signal)
    await sell('mails leave')
    asking.abort()
    await asked
    windows.push([from, performance.now()])
    await leave(false)
    await sleep(500)
    await sell('nothing')
  }
  await leave(true)
  await eventually(() => {
    if (![...links.keys()].every((address) => arrivals.some(({ to }) => to === address)))
      throw new Error('a link is still on its way')
  }, 60_000)
  describeStretches(stretches)
  if (values.whole) await letAllLeave(db, shop, leave)

  const burst = arrivals.filter(({ to }) => !links.has(to))
  const within = windows.map(([from, to]) => burst.filter(({ at }) => at >= from && at < to).length)
  const seconds = windows.reduce((sum, [from, to]) => sum + (to - from) / 1_000, 0)
  const sent = within.reduce((sum, one) => sum + one, 0)
  console.log(`\n| mails | |\n|---|---:|`)
  console.log(`| rate that is set, a second | ${rate} |`)
  console.log(`| left, a second | ${(sent / seconds).toFixed(1)} |`)
  console.log(`| most within any second | ${mostWithinASecond(arrivals)} |`)
  for (const [what, figure] of await describeOrder(db, burst)) console.log(`| ${what} | ${figure} |`)
  const took = [...links].map(([address, at]) => (arrivals.find(({ to }) => to === address)?.at ?? 0) - at)
  console.log(
    `| a link to sign in, asked for meanwhile (${took.length}): p50, most, ms | ${percentile(took, 0.5).toFixed(0)}, ${Math.max(...took).toFixed(0)} |`,
  )
  console.log('\n| MB resident | at the start | at the end | most |\n|---|---:|---:|---:|')
  for (const [n, name] of ['user', 'user 2'].entries()) {
    const all = memory.map((each) => each[n] ?? 0)
    console.log(
      `| ${name} | ${(all[0] ?? 0).toFixed(0)} | ${(all.at(-1) ?? 0).toFixed(0)} | ${Math.max(...all).toFixed(0)} |`,
    )
  }
}

/** Beside a steady sale, of which the time before and the time after are the reference: all mails that still wait. Prints how it went. */
async function letAllLeave(
  db: pg.Client,
  shop: Shop,
  leave: (may: boolean) => Promise<unknown>,
): Promise<void> {
  const sellFor = (ms: number) => sellAtRate(shop, Number(values['sale-rate']), ms)
  const countWaiting = async (): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM deliveries WHERE state = 'WAITING'`,
    )
    return rows[0]?.count ?? 0
  }
  await leave(false)
  const quiet = await sellFor(WHOLE_STRETCH_MS)
  const waiting = await countWaiting()
  await leave(true)
  const began = performance.now()
  const busy: Window[] = []
  while ((await countWaiting()) > 0) busy.push(await sellFor(WHOLE_STRETCH_MS))
  const seconds = (performance.now() - began) / 1_000
  const after = await sellFor(WHOLE_STRETCH_MS)
  console.log(`\n${waiting} mails left beside the sale in ${seconds.toFixed(0)} s\n`)
  console.log('| beside the sale | purchases | failed | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|')
  const stretches: [beside: string, windows: Window[]][] = [
    ['nothing, before', [quiet]],
    ['all mails', busy],
    ['nothing, after', [after]],
  ]
  for (const [name, windows] of stretches) {
    const took = windows.flatMap((window) => window.took)
    const failed = windows.reduce((sum, window) => sum + window.failed, 0)
    const figures = [took.length, failed, percentile(took, 0.5).toFixed(0), percentile(took, 0.99).toFixed(0)]
    console.log(`| ${[name, ...figures].join(' | ')} |`)
  }
}

/** So many people who have one event on their wishlist. @returns its id. */
async function writeCrowd(db: pg.Client, people: number): Promise<string> {
  const eventId = newId()
  await db.query(
    `INSERT INTO event_copies (id, organizer_id, title, status, starts_at, ends_at, timezone, version, place, place_version)
      VALUES ($1, $2, 'Konser', 'APPROVED', now() + interval '9 days', now() + interval '10 days', 'Asia/Jakarta', 1, 'Gedung Kesenian', 1)`,
    [eventId, newId()],
  )
  await db.query(
    `WITH new AS (INSERT INTO users (id, email, name) SELECT uuidv7(), 'crowd' || n || '@karcis.test', 'Crowd' FROM generate_series(1, $2::int) n RETURNING id)
      INSERT INTO wishlist_items (id, user_id, event_id) SELECT uuidv7(), id, $1 FROM new`,
    [eventId, people],
  )
  await db.query('VACUUM (ANALYZE)')
  return eventId
}

/** Tells the user subgraph, as ticket does, that it is almost sold out. */
async function announce({ processes }: Platform, eventId: string): Promise<void> {
  const client = createServiceClient(
    `http://127.0.0.1:${processes.user.port}`,
    createServiceTokens(SECRET, 'ticket').to('user'),
  )
  const event = {
    id: newId(),
    type: 'ticket.almost-sold-out',
    aggregateId: eventId,
    payload: { eventId, left: 7 },
    occurredAt: new Date().toISOString(),
  }
  await client.post('/internal/events', { events: [event] })
}

/** Has people of their own ask for a link to sign in, one after the other. @param links when each was asked for, by address. */
async function askForLinks(
  { user }: Platform,
  db: pg.Client,
  links: Map<string, number>,
  stopped: AbortSignal,
): Promise<void> {
  while (!stopped.aborted) {
    const email = `link${links.size}@karcis.test`
    await db.query(
      `INSERT INTO users (id, email, name, email_verified_at) VALUES (uuidv7(), $1, 'Link', now())`,
      [email],
    )
    links.set(email, performance.now())
    await user.query('mutation ($email: String!) { requestMagicLink(email: $email) }', { email })
    await sleep(LINK_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined)
  }
}

await benchMessages()
