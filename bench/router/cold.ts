import { setTimeout as sleep } from 'node:timers/promises'
import { type Workload, WORKLOADS } from './catalogue.ts'
import type { Child } from './child.ts'
import { postRequest } from './connection.ts'
import {
  type Contender,
  startContender,
  startContenders,
  type StartOptions,
  type World,
} from './contenders.ts'
import { figure, inTurn, median, percentile, spread, table } from './figures.ts'
import { arrive, type Load, saturate } from './load.ts'
import { type QueryOptions, verified } from './queries.ts'

/** How many requests of a new process are compared with as many of a warm one. */
const FIRST = 1_000
const WARM = 10 * FIRST
const KNOWN_PER_SECOND = 500
const UNKNOWN_PER_SECOND = 50
const UNKNOWN_CONNECTIONS = 4
/** A new process has done what it does after its start. */
const SETTLE_MS = 500

/** Figures of one contender, a value for each round. */
interface Measured {
  contender: Contender
  load: Load
  /** Of the first requests, and of as many when it is warm: ms until all are answered, ms of CPU time, p99 in ms. */
  first: Burst[]
  warm: Burst[]
  /** p99 of known operations, by themselves and while unknown ones are planned, and the median of the unknown. */
  known: number[]
  beside: number[]
  unknown: number[]
}

interface Burst {
  ms: number
  cpu: number
  p99: number
}

/** What a gateway costs that has just been started, and one that is asked what it has never seen. */
export async function benchCold(
  contenders: Contender[],
  world: World,
  options: QueryOptions,
  start: StartOptions,
): Promise<void> {
  for (const workload of WORKLOADS) {
    const measured: Measured[] = []
    for (const contender of contenders) {
      const load = await learned(contender, workload, world, options, start)
      if (load) measured.push(fresh(contender, load))
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const one of inTurn(measured, round)) {
        try {
          await using child = await startContender(one.contender, world, one.load.port, start)
          await measure(one, child, workload, options)
        } catch (error) {
          console.log(`✗ ${one.contender.name} failed when cold: ${(error as Error).message}`)
        }
      }
    }
    console.log(
      `\n### ${workload.title}, cold\n\nA new process in each round, ${options.connections} connections; median (and range) of ${options.rounds} interleaved rounds. ` +
        `The last columns: ${KNOWN_PER_SECOND} known requests/s, then the same beside ${UNKNOWN_PER_SECOND} unknown operations/s.\n\n${report(measured)}`,
    )
  }
}

const fresh = (contender: Contender, load: Load): Measured => ({
  contender,
  load,
  first: [],
  warm: [],
  known: [],
  beside: [],
  unknown: [],
})

/** What a contender answers is learned, and verified, from a process that has gone when the measured ones start at its port. */
async function learned(
  contender: Contender,
  workload: Workload,
  world: World,
  options: QueryOptions,
  start: StartOptions,
): Promise<Load | undefined> {
  await using stack = new AsyncDisposableStack()
  const [entrant] = await verified(await startContenders([contender], world, stack, start), workload, options)
  return entrant?.load
}

async function measure(
  measured: Measured,
  child: Child,
  workload: Workload,
  { ms }: QueryOptions,
): Promise<void> {
  const { load } = measured
  await sleep(SETTLE_MS)
  const first = await burst(child, load, FIRST)
  await saturate(load, { ms })
  const warm = await burst(child, load, WARM)
  const known = await arrive(load, KNOWN_PER_SECOND, ms)
  const unknown = unknownLoad(workload, load, (UNKNOWN_PER_SECOND * ms) / 1000)
  const [beside, ofUnknown] = await Promise.all([
    arrive(load, KNOWN_PER_SECOND, ms),
    arrive(unknown, UNKNOWN_PER_SECOND, ms),
  ])
  measured.first.push(first)
  measured.warm.push(warm)
  measured.known.push(percentile(known, 0.99))
  measured.beside.push(percentile(beside, 0.99))
  measured.unknown.push(median(ofUnknown))
}

/** @returns figures for `FIRST` requests. */
async function burst(child: Child, load: Load, requests: number): Promise<Burst> {
  const cpu = child.cpu()
  const started = performance.now()
  const latencies = await saturate(load, { requests })
  const share = FIRST / requests
  return {
    ms: (performance.now() - started) * share,
    cpu: ((child.cpu() - cpu) * share) / 1000,
    p99: percentile(latencies, 0.99),
  }
}

let operations = 0

/** Operations that no process has seen: each answers under a name of its own. */
function unknownLoad({ query, data }: Workload, { port, exchanges }: Load, count: number): Load {
  const [known] = exchanges
  const ending = known?.expected.subarray(JSON.stringify({ data: data(0) }).length) ?? Buffer.alloc(0)
  return {
    port,
    connections: UNKNOWN_CONNECTIONS,
    exchanges: Array.from({ length: count }, () => {
      const name = `unknown${operations++}`
      const [field, value] = Object.entries(data(0) as object)[0] ?? []
      const body = { query: query.replace(`${field}(`, `${name}: ${field}(`), variables: { page: 0 } }
      return {
        request: postRequest(port, JSON.stringify(body)),
        expected: Buffer.concat([Buffer.from(JSON.stringify({ data: { [name]: value } })), ending]),
      }
    }),
  }
}

function report(all: Measured[]): string {
  const p99s = (bursts: Burst[]): string => figure(median(bursts.map(({ p99 }) => p99)))
  const cpu = (bursts: Burst[]): string => spread(bursts.map((one) => one.cpu))
  return table(
    [
      '',
      `first ${figure(FIRST)}: ms`,
      'CPU ms',
      'p99 ms',
      `warm ${figure(FIRST)}: ms`,
      'CPU ms',
      'p99 ms',
      'known: p99 ms',
      'beside unknown: p99 ms',
      'unknown: p50 ms',
    ],
    all
      .filter(({ first }) => first.length > 0)
      .map(({ contender, first, warm, known, beside, unknown }) => [
        contender.name,
        spread(first.map(({ ms }) => ms)),
        cpu(first),
        p99s(first),
        spread(warm.map(({ ms }) => ms)),
        cpu(warm),
        p99s(warm),
        spread(known),
        spread(beside),
        figure(median(unknown)),
      ]),
  )
}
