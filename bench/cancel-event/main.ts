import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openBooks } from '@karcis/infra/books/audit'
import type { Viewer } from '@karcis/kit/service-token'
import pg from 'pg'
import { viewer } from '../event-on-sale.ts'
import { type Platform, startPlatform } from './platform.ts'
import { forgetStatements, printStatements } from './statements.ts'
import { cpuOfFamily } from '../router/cpu.ts'
import { describeWindows, printCpu, printMemory, printProgress, type Progress } from './report.ts'
import { type Shop, sellAtOnce, sellAtRate, type Window } from './sales.ts'
import { type SoldEvent, writeSold, writeWallets } from './sold-bookings.ts'

const BUYERS = 400
/** How many buy at once where the question is how fast it goes. */
const AT_ONCE = 8
const LOOK_MS = 250
/** Until the jobs, caches and plans of all processes are warm. */
const WARM_MS = 5_000

const { values } = parseArgs({
  options: {
    bookings: { type: 'string', default: '100000' },
    alone: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '5' },
    'round-bookings': { type: 'string', default: '4000' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '8' },
    'xendit-every': { type: 'string', default: '10' },
    watch: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})

/**
 * `npm run bench:cancel-event`: an event with many paid bookings is called off while another one sells. How long that takes, until the money, the tickets,
 * the providers and the credit notes have followed; what the processes need for it; and what the other event's sale has of it: in one
 * cancellation of `--bookings`, and in `--rounds` of `--round-bookings`, each beside a quiet window; before these one of `--alone`, while nobody buys
 * anything. `--profile DIR` writes CPU profiles there, and tells what that one cost in Postgres, by statement and trigger.
 */
async function benchCancelEvent(): Promise<void> {
  const everyNth = Number(values['xendit-every'])
  const ms = Number(values.seconds) * 1_000
  const rate = Number(values.rate)
  await using stack = new AsyncDisposableStack()
  const platform = await startPlatform(stack, values.profile)
  const shop = await openShop(platform)
  const db = new pg.Client(platform.urls.booking)
  await db.connect()
  stack.defer(() => db.end())
  const sold = async (count: number): Promise<SoldEvent> => {
    const event = await platform.eventOnSale()
    const started = performance.now()
    await writeSold(platform.urls, event, count, { everyNth, payAtXendit: platform.payAtXendit })
    console.log(`${count} paid bookings written in ${((performance.now() - started) / 1_000).toFixed(0)} s`)
    return event
  }
  /** Sales at a rate, then as fast as it goes. */
  const sell = async (): Promise<Record<'steady' | 'fast', Window>> => ({
    steady: await sellAtRate(shop, rate, ms),
    fast: await sellAtOnce(shop, AT_ONCE, ms),
  })

  const rounds = Number(values.rounds)
  const events: SoldEvent[] = []
  for (let round = 0; round < rounds; round++) events.push(await sold(Number(values['round-bookings'])))
  const lonely = Number(values.alone) > 0 ? await sold(Number(values.alone)) : null
  const big = Number(values.bookings) > 0 ? await sold(Number(values.bookings)) : null
  await sellAtOnce(shop, AT_ONCE, WARM_MS)

  if (lonely) {
    if (values.profile) await forgetStatements(platform.postgres)
    const before = cpuOf(platform)
    const watch = watchCancellation(platform, db, lonely)
    await platform.callOff(lonely)
    const progress = await watch.done
    printProgress('nobody else buys', progress)
    printCpu(before, cpuOf(platform), Number(values.alone))
    printMemory(progress)
    if (values.profile) await printStatements(platform.postgres, Number(values.alone))
  }
  if (big) {
    const before = await sell()
    const watch = watchCancellation(platform, db, big)
    await platform.callOff(big)
    const during: Awaited<ReturnType<typeof sell>>[] = []
    await sellDuring(watch, during, sell)
    const progress = await watch.done
    const after = await sell()
    printProgress('while another one sells', progress)
    printMemory(progress)
    describeWindows('One event called off: the sale of another', { before: [before], during, after: [after] })
  }
  const quiet: Awaited<ReturnType<typeof sell>>[] = []
  const busy: Awaited<ReturnType<typeof sell>>[] = []
  let last: Promise<unknown> = Promise.resolve()
  for (const event of events) {
    quiet.push(await sell())
    const watch = watchCancellation(platform, db, event)
    await platform.callOff(event)
    await sellDuring(watch, busy, sell)
    last = watch.done
  }
  await last
  if (rounds > 0) describeWindows(`${rounds} rounds`, { quiet, cancelling: busy })

  await using books = openBooks(platform.urls)
  const wrong = (await books.audit()).filter(({ count }) => count > 0)
  console.log(
    wrong.length === 0 ? '\nThe books are right.' : `\nThe books: ${JSON.stringify(wrong, null, 1)}`,
  )
}

/** CPU time of each process so far, in µs. */
const cpuOf = ({ processes, postgres }: Platform): Record<string, number> => ({
  ...Object.fromEntries(Object.entries(processes).map(([name, process]) => [name, process.cpu()])),
  postgres: cpuOfFamily(postgres.pid),
})

/** Windows that have ended while it still went on; one at least. */
async function sellDuring<Sold>(
  watch: { isRefunding(): boolean },
  windows: Sold[],
  sell: () => Promise<Sold>,
): Promise<void> {
  for (let first = true; first || watch.isRefunding(); first = false) {
    const window = await sell()
    if (first || watch.isRefunding()) windows.push(window)
  }
}

async function openShop(platform: Platform): Promise<Shop> {
  const { ticketTypeId } = await platform.eventOnSale()
  const buyers: Viewer[] = Array.from({ length: BUYERS }, () => viewer('CUSTOMER'))
  const db = new pg.Client(platform.urls.booking)
  await db.connect()
  await writeWallets(
    db,
    buyers.map(({ id }) => id),
  )
  await db.end()
  return { ticket: platform.ticket, booking: platform.booking, ticketTypeId, buyers }
}

/** Looks again and again at how far the cancellation of an event is, until nothing is left of it: credit notes come last, a minute apart. */
function watchCancellation({ processes }: Platform, db: pg.Client, { eventId }: SoldEvent) {
  let refunding = true
  const started = performance.now()
  async function watch(): Promise<Progress[]> {
    const seen: Progress[] = []
    for (;;) {
      const { rows } = await db.query<Omit<Progress, 'ms' | 'memory'>>(
        `SELECT count(*) FILTER (WHERE status = 'REFUNDED')::int AS refunded, count(*)::int AS bookings,
          count(*) FILTER (WHERE status = 'REFUNDED' AND fulfilled)::int AS ended,
          (SELECT count(*)::int FROM refunds WHERE status = 'PENDING') AS asked,
          (SELECT count(*)::int FROM kit.outbox WHERE delivered_at IS NULL) AS untold,
          (SELECT count(*)::int FROM invoices WHERE event_id = $1 AND kind = 'CREDIT_NOTE') AS credited
         FROM bookings WHERE event_id = $1`,
        [eventId],
      )
      const [row] = rows
      if (!row) throw new Error('nothing is known of it')
      for (const [name, { failure }] of Object.entries(processes))
        if (failure()) throw new Error(`${name} ${failure()}`)
      const memory = { booking: processes.booking.memory(), ticket: processes.ticket.memory() }
      seen.push({ ...row, ms: performance.now() - started, memory })
      if (values.watch) console.log(JSON.stringify(seen.at(-1)))
      refunding = row.ended < row.bookings || row.asked > 0
      if (!refunding && row.credited === row.bookings) return seen
      await sleep(seen.length < 40 ? LOOK_MS : 8 * LOOK_MS)
    }
  }
  const done = watch()
  done.catch(() => (refunding = false))
  return { isRefunding: () => refunding, done }
}

await benchCancelEvent()
