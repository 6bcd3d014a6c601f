import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openBooks } from '@karcis/infra/books/audit'
import pg from 'pg'
import { type Platform, startPlatform } from './platform.ts'
import { forgetStatements, printStatements } from './statements.ts'
import {
  cpuOf,
  cpuSince,
  describeStretches,
  printCpu,
  printMemory,
  printProgress,
  type Progress,
  type Stretch,
} from './report.ts'
import { openShop, sellAtOnce, sellAtRate } from './sales.ts'
import { type SoldEvent, writeSold } from './sold-bookings.ts'

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
    quiet: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '8' },
    'xendit-every': { type: 'string', default: '10' },
    watch: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})

/**
 * `npm run bench:cancel-event`: an event with many paid bookings is called off while another one sells. How long that takes, until the money, the tickets,
 * the providers and the credit notes have followed; what the processes need for it; and what the other event's sale has of it: in one
 * cancellation of `--bookings`, and in `--rounds` of `--round-bookings`; before these one of `--alone`, while nobody buys anything.
 *
 * The sale goes on all the time, in stretches at a rate and then as fast as it goes, of `--seconds` each. Each stretch is told by what went on beside it: money that went back,
 * credit notes, or nothing. `--quiet` of them come before each event that is called off; those of the first half and those of the second are shown apart, for what differs
 * between these two no cancellation has done. `--profile DIR` writes CPU profiles there, and tells what `--alone` cost in Postgres, by statement and trigger.
 */
async function benchCancelEvent(): Promise<void> {
  const everyNth = Number(values['xendit-every'])
  const ms = Number(values.seconds) * 1_000
  const rate = Number(values.rate)
  await using stack = new AsyncDisposableStack()
  const platform = await startPlatform(stack, { profile: values.profile })
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
  const stretches: Stretch[] = []
  /** Sales at a rate, then as fast as it goes. @param progress of what is going on beside them. */
  async function sell(progress: () => Progress | undefined): Promise<void> {
    const before = progress()
    const steady = await sellAtRate(shop, rate, ms)
    const used = cpuOf(platform)
    const fast = await sellAtOnce(shop, AT_ONCE, ms)
    const stretch = {
      beside: whatWentOn(before, progress()),
      steady,
      fast,
      cpu: cpuSince(used, cpuOf(platform)),
    }
    stretches.push(stretch)
    if (values.watch) console.log(JSON.stringify({ ...stretch, steady: undefined, fast: fast.took.length }))
  }

  const rounds = Number(values.rounds)
  const events: { event: SoldEvent; count: number }[] = []
  const lonely = Number(values.alone) > 0 ? await sold(Number(values.alone)) : null
  if (Number(values.bookings) > 0)
    events.push({ event: await sold(Number(values.bookings)), count: Number(values.bookings) })
  for (let round = 0; round < rounds; round++)
    events.push({
      event: await sold(Number(values['round-bookings'])),
      count: Number(values['round-bookings']),
    })
  await sellAtOnce(shop, AT_ONCE, WARM_MS)

  if (lonely) {
    if (values.profile) await forgetStatements(platform.postgres)
    const before = cpuOf(platform)
    const watch = watchCancellation(platform, db, lonely)
    await platform.callOff(lonely)
    const seen = await watch.done
    printProgress('nobody else buys', seen)
    printCpu(before, cpuOf(platform), Number(values.alone))
    printMemory(seen)
    if (values.profile) await printStatements(platform.postgres, Number(values.alone))
  }
  for (const { event } of events) {
    for (let n = 0; n < Number(values.quiet); n++) await sell(() => undefined)
    const watch = watchCancellation(platform, db, event)
    await platform.callOff(event)
    while (!watch.isOver()) await sell(() => watch.seen.at(-1))
    const seen = await watch.done
    printProgress('while another one sells', seen)
    printMemory(seen)
  }
  for (let n = 0; n < Number(values.quiet); n++) await sell(() => undefined)
  describeStretches(stretches)

  await using books = openBooks(platform.urls)
  const wrong = (await books.audit()).filter(({ count }) => count > 0)
  console.log(
    wrong.length === 0 ? '\nThe books are right.' : `\nThe books: ${JSON.stringify(wrong, null, 1)}`,
  )
}

/** What a cancellation did between two looks at it. */
function whatWentOn(before: Progress | undefined, after: Progress | undefined): Stretch['beside'] {
  if (!after) return 'nothing'
  if (after.ended > (before?.ended ?? 0)) return 'money back'
  return after.credited > (before?.credited ?? 0) ? 'credit notes' : 'nothing'
}

/** Looks again and again at how far the cancellation of an event is, until nothing is left of it: credit notes come last, a minute apart. */
function watchCancellation({ processes }: Platform, db: pg.Client, { eventId }: SoldEvent) {
  const seen: Progress[] = []
  let isOver = false
  const started = performance.now()
  async function watch(): Promise<Progress[]> {
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
      if (row.ended === row.bookings && row.asked === 0 && row.credited === row.bookings) return seen
      await sleep(seen.length < 40 ? LOOK_MS : 8 * LOOK_MS)
    }
  }
  const done = watch().finally(() => (isOver = true))
  done.catch(() => undefined) // thrown where it is waited for
  return { seen, isOver: () => isOver, done }
}

await benchCancelEvent()
