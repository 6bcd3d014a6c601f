import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { cpuOf, cpuOfFamily } from '../router/cpu.ts'
import { type Ask, askOf, openCrowd, type Outcome } from './crowd.ts'
import { runOn, type Stage, startStage } from './stage.ts'

const BUYERS = 10_000
const SEATS = 500
const SOCKETS = 500
/** Of a rush for seats of one sale: how long somebody waits for an answer. */
const RUSH_PATIENCE_MS = 60_000

/** Of an overload. */
const OVERLOAD = 20
const OVERLOAD_SOCKETS = 2_000
const PATIENCE_MS = 3_000
/** More than are asked for in a round, so that one in four is new to the end. */
const STADIUM = 20_000
/** People who ask again and again, so that the router has seen their tokens. */
const REGULARS = 1_000
/** One of so many asks for a seat that nobody has asked for; the others come too late. */
const ONE_IN = 4
const ROUND_MS = 4_000
/** Before each round, whatever the load: until an overload is no burst any more, and those who lose patience have begun to. */
const STANDING_MS = 7_000
const CONCURRENCIES = [64, 128, 256]

const HOLD = 'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id expiresAt } }'

/**
 * `npm run bench:rush -- --rounds 5 --only sell-out`: ten thousand buyers of 500 seats, and what is left of the useful answers when twenty times as many ask as can
 * be served; through the router, over connections that are kept alive.
 */
async function benchRush(rounds: number, only: string): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const cores = availableParallelism()
  const isDivided = cores > 1 && runOn(`1-${cores - 1}`)
  const stage = await startStage(undo, BUYERS)
  if (isDivided) runOn('0')
  console.log(
    isDivided
      ? 'The load has the first core to itself, all processes of the platform share the others.'
      : 'The load and the platform share all cores.',
  )
  if (only !== 'overload') await sellOut(stage, rounds)
  if (only !== 'sell-out') await overload(stage, rounds)
}

/** Each buyer asks once for one seat, all of them at the same moment. */
async function sellOut(stage: Stage, rounds: number): Promise<void> {
  console.log(`\n${BUYERS} buyers for ${SEATS} seats, over ${SOCKETS} connections`)
  const header = [
    'owners',
    'losers',
    'orphans',
    'others',
    'sold out',
    'all told',
    'losers p50',
    'p99',
    'of sending p99',
  ]
  console.log(line(['round', ...header]))
  for (let round = 0; round <= rounds; round++) {
    const { eventId, seatIds } = await stage.openSale(SEATS)
    const crowd = await openCrowd(stage.port, SOCKETS, RUSH_PATIENCE_MS)
    const asks = stage.tokens.map((token, at) =>
      askOf(stage.port, token, HOLD, { input: { eventId, seatIds: [seatIds[(at * 7_919) % SEATS]] } }),
    )
    const begun = performance.now()
    const losers: number[] = []
    const answers: number[] = []
    const counts: Record<Outcome, number> = { held: 0, gone: 0, orphan: 0, shed: 0, late: 0, broken: 0 }
    let soldOutMs = 0
    await new Promise<void>((resolve) => {
      let next = 0
      let told = 0
      const send = (): void => {
        const ask = asks[next++]
        if (!ask) return
        crowd.ask(ask, (outcome, ms) => {
          counts[outcome] += 1
          const now = performance.now() - begun
          if (outcome === 'held') soldOutMs = now
          if (outcome === 'gone' || outcome === 'orphan') {
            losers.push(now)
            answers.push(ms)
          }
          if (++told === asks.length) resolve()
          send()
        })
      }
      for (let left = SOCKETS; left > 0; left--) send()
    })
    const allMs = performance.now() - begun
    crowd.close()
    const { held, owners } = await stage.count(eventId)
    if (owners !== SEATS || held !== SEATS || counts.held !== SEATS)
      console.log(`  WRONG: ${held} seats of ${owners} people; ${counts.held} were told so`)
    const others = counts.shed + counts.late + counts.broken
    if (round > 0)
      console.log(
        line([
          String(round),
          String(owners),
          String(counts.gone),
          String(counts.orphan),
          String(others),
          ms(soldOutMs),
          ms(allMs),
          ms(percentile(losers, 0.5)),
          ms(percentile(losers, 0.99)),
          ms(percentile(answers, 0.99)),
        ]),
      )
  }
}

/** Useful answers a second at the best concurrency, and when twenty times as many ask; in turn, each time of another event. */
async function overload(stage: Stage, rounds: number): Promise<void> {
  await saturate(stage, Math.max(...CONCURRENCIES)) // until everything is compiled
  const peaks = new Map<number, number>()
  for (const concurrency of CONCURRENCIES) {
    const { useful } = await saturate(stage, concurrency)
    peaks.set(concurrency, useful)
  }
  const best = [...peaks].reduce((a, b) => (b[1] > a[1] ? b : a))[0]
  console.log(
    `\nUseful answers (a hold, or that the seat is gone) within ${PATIENCE_MS} ms, one in ${ONE_IN} a hold`,
  )
  const found = [...peaks].map(([connections, useful]) => `${connections}: ${useful.toFixed(0)}/s`)
  console.log(`Over so many connections, each with its next request at once: ${found.join(', ')}`)
  console.log(
    `Peak: ${best} connections, each with its next request at once. Overload: requests come at ${OVERLOAD} times that rate`,
  )
  console.log(
    `whatever becomes of earlier ones, over ${OVERLOAD_SOCKETS} connections; who finds none free has gone.`,
  )
  const header = [
    'peak/s',
    'holds/s',
    'offered/s',
    'useful/s',
    'holds/s',
    'ratio',
    'shed/s',
    'late/s',
    'p50',
    'p99',
  ]
  console.log(line(['round', ...header, 'cores: ', ...Object.keys(stage.pids), 'the load']))
  const ratios: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const peak = await saturate(stage, best)
    const over = await flood(stage, peak.useful * OVERLOAD)
    if (round === 0) continue
    ratios.push(over.useful / peak.useful)
    const rates = [peak.useful, peak.held, over.offered, over.useful, over.held]
    console.log(
      line([
        String(round),
        ...rates.map((rate) => rate.toFixed(0)),
        (over.useful / peak.useful).toFixed(2),
        over.shed.toFixed(0),
        over.late.toFixed(0),
        ms(percentile(over.times, 0.5)),
        ms(percentile(over.times, 0.99)),
        '',
        ...over.cores.map((share, at) => `${peak.cores[at]?.toFixed(2)}→${share.toFixed(2)}`),
      ]),
    )
  }
  const [least, median, most] = [0, 0.5, 1].map((part) => percentile(ratios, part).toFixed(2))
  console.log(`useful answers at ${OVERLOAD} times the peak: ${median} (${least}–${most}) of the peak`)
}

/** Requests in turn: for a seat that nobody has asked for, and for seats that are gone. */
async function askers(stage: Stage): Promise<() => Ask> {
  const { eventId, seatIds } = await stage.openSale(STADIUM)
  // Every third of a row, so that no seat is left alone between two, whoever comes first.
  const wanted = [0, 3, 6, 9, 12, 15].flatMap((place) => seatIds.filter((_, at) => at % 20 === place))
  let [asked, taken] = [0, 0]
  return () => {
    asked += 1
    const isNew = asked % ONE_IN === 0 || taken === 0
    const seatId = wanted[isNew ? taken++ % wanted.length : Math.floor(Math.random() * Math.min(taken, 200))]
    const token = stage.tokens[asked % REGULARS] ?? ''
    return askOf(stage.port, token, HOLD, { input: { eventId, seatIds: [seatId] } })
  }
}

interface Rates {
  offered: number
  useful: number
  held: number
  shed: number
  late: number
  /** Of useful answers, in milliseconds. */
  times: number[]
  /** How many cores each kind of process took; that which makes the load comes last. */
  cores: number[]
}

/** Keeps all connections busy. */
async function saturate(stage: Stage, connections: number): Promise<Rates> {
  const ask = await askers(stage)
  const crowd = await openCrowd(stage.port, connections, PATIENCE_MS)
  const count = counter(stage)
  let isRunning = true
  const send = (): void => {
    if (!isRunning) return
    count.offer()
    crowd.ask(ask(), (outcome, took) => {
      count.told(outcome, took)
      send()
    })
  }
  for (let left = connections; left > 0; left--) send()
  await pause(STANDING_MS)
  count.begin()
  await pause(ROUND_MS)
  const rates = count.end()
  isRunning = false
  crowd.close()
  return rates
}

/** Has requests come at a rate, whatever becomes of them. */
async function flood(stage: Stage, perSecond: number): Promise<Rates> {
  const ask = await askers(stage)
  const crowd = await openCrowd(stage.port, OVERLOAD_SOCKETS, PATIENCE_MS)
  const count = counter(stage)
  const begun = performance.now()
  let sent = 0
  const arrivals = setInterval(() => {
    const due = ((performance.now() - begun) * perSecond) / 1_000
    for (; sent < due; sent++) {
      count.offer()
      if (crowd.free > 0) crowd.ask(ask(), count.told)
    }
  }, 1)
  await pause(STANDING_MS)
  count.begin()
  await pause(ROUND_MS)
  const rates = count.end()
  clearInterval(arrivals)
  crowd.close()
  return rates
}

/** Counts answers between two moments. */
function counter(stage: Stage) {
  const cpu = () => [
    ...Object.values(stage.pids).map((pids) => pids.reduce((sum, pid) => sum + cpuOfFamily(pid), 0)),
    cpuOf(process.pid),
  ]
  let cpuBefore = cpu()
  const zero = () => ({ offered: 0, held: 0, gone: 0, orphan: 0, shed: 0, late: 0, broken: 0 })
  let counts = zero()
  let times: number[] = []
  let begun = performance.now()
  return {
    offer: () => void (counts.offered += 1),
    told(outcome: Outcome, took: number): void {
      counts[outcome] += 1
      if (outcome === 'held' || outcome === 'gone') times.push(took)
    },
    begin(): void {
      counts = zero()
      times = []
      begun = performance.now()
      cpuBefore = cpu()
    },
    end(): Rates {
      const perSecond = (n: number) => (n * 1_000) / (performance.now() - begun)
      if (counts.broken > 0) console.log(`  ${counts.broken} answers that nobody could understand`)
      return {
        offered: perSecond(counts.offered),
        useful: perSecond(counts.held + counts.gone),
        held: perSecond(counts.held),
        shed: perSecond(counts.shed),
        late: perSecond(counts.late),
        times,
        cores: cpu().map((used, at) => perSecond(used - (cpuBefore[at] ?? 0)) / 1_000_000),
      }
    },
  }
}

const ms = (value: number): string => `${value.toFixed(0)} ms`

const line = (columns: string[]): string => columns.map((column) => column.padStart(10)).join(' ')

const percentile = (numbers: readonly number[], part: number): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * part) - 1))] ?? Number.NaN
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, only: { type: 'string', default: '' } },
})
await benchRush(Number(values.rounds), values.only)
