import { setTimeout as sleep } from 'node:timers/promises'
import { type Workload, WORKLOADS } from './catalogue.ts'
import { type Exchange, postRequest } from './connection.ts'
import type { Running } from './contenders.ts'
import { figure, inTurn, median, percentile, spread, table } from './figures.ts'
import { arrive, type Load, saturate } from './load.ts'

/** The last contender finishes what was cut off, before the next one is measured. */
const SETTLE_MS = 200

/** How long each is asked as much as it can before it is measured: what compiles while it runs takes some seconds on one core until its code is as fast as it will be. */
const WARM_MS = 10_000

export interface QueryOptions {
  rounds: number
  /** How long each contender is measured in each round. */
  ms: number
  connections: number
  /** How many different requests there are: with 1, all clients ask the same. */
  pages: number
  /** Ratios are those of requests per second of CPU time, not per second. */
  perCore: boolean
}

interface Measured {
  key: string
  name: string
  rates: number[]
  cpu: number[]
  /** Of each round by itself: a machine that was busy with something else spoils a round, and not the figure. */
  p50: number[]
  p99: number[]
}

/** Rate, CPU time and latency of each contender for each workload; rounds interleaved. */
export async function benchQueries(running: Running[], options: QueryOptions): Promise<void> {
  for (const workload of WORKLOADS) {
    const measured = await measure(await verified(running, workload, options), options)
    const bytes = JSON.stringify({ data: workload.data(0) }).length
    const { connections, pages, rounds } = options
    const asked = pages === 1 ? 'all the same' : `${pages} different`
    const perSecond = arrivalRate(measured)
    console.log(
      `\n### ${workload.title}\n\nAnswers of ${figure(bytes)} bytes, requests ${asked}, ${connections} connections; ` +
        `median (and range) of ${rounds} interleaved rounds. Latency with ${figure(perSecond)} requests/s for each.\n\n${report(measured, options.perCore)}`,
    )
  }
}

/** A contender that answers a workload rightly. */
export interface Entrant {
  running: Running
  load: Load
  measured: Measured
}

/** Asks each contender everything once; those that answer rightly are measured, and held to the same bytes all along. */
export async function verified(
  running: Running[],
  workload: Workload,
  options: QueryOptions,
): Promise<Set<Entrant>> {
  const entrants = new Set<Entrant>()
  for (const one of running) {
    const { contender, child } = one
    if (contender.workloads && !contender.workloads.includes(workload)) continue
    const exchanges: Exchange[] = []
    try {
      for (let page = 0; page < options.pages; page++) exchanges.push(await ask(child.port, workload, page))
    } catch (error) {
      console.log(`✗ ${contender.name} is left out of "${workload.title}": ${(error as Error).message}`)
      continue
    }
    entrants.add({
      running: one,
      load: { port: child.port, exchanges, connections: options.connections },
      measured: { key: contender.key, name: contender.name, rates: [], cpu: [], p50: [], p99: [] },
    })
  }
  return entrants
}

async function ask(port: number, { query, data }: Workload, page: number): Promise<Exchange> {
  const body = JSON.stringify({ query, variables: { page } })
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
  })
  const expected = Buffer.from(await response.arrayBuffer())
  // Some end it with a line break; the order of fields is part of the answer.
  if (expected.toString().trim() !== JSON.stringify({ data: data(page) }))
    throw new Error(`answered page ${page} wrongly: ${response.status} ${expected.toString()}`)
  return { request: postRequest(port, body), expected }
}

/** Rate and CPU time of each when it has as much to do as it can. */
export async function measureRates(entrants: Set<Entrant>, { rounds, ms }: QueryOptions): Promise<void> {
  await warm(entrants)
  for (let round = 0; round < rounds; round++) {
    await eachEntrant(entrants, round, async ({ running, load, measured }) => {
      const cpu = running.child.cpu()
      const started = performance.now()
      const { length: answered } = await saturate(load, { ms })
      measured.rates.push((answered * 1000) / (performance.now() - started))
      measured.cpu.push((running.child.cpu() - cpu) / answered)
    })
  }
}

/**
 * Each contender asked by one client that sends its next request when it has its answer: what it costs to wake up for a
 * request, where a busy one is awake already.
 */
export async function benchOneConnection(running: Running[], options: QueryOptions): Promise<void> {
  const { rounds, ms, perCore } = options
  for (const workload of WORKLOADS) {
    const entrants = await verified(running, workload, options)
    await warm(entrants)
    for (let round = 0; round < rounds; round++) {
      await eachEntrant(entrants, round, async ({ running: { child }, load, measured }) => {
        const cpu = child.cpu()
        const latencies = await saturate({ ...load, connections: 1 }, { ms })
        measured.rates.push((latencies.length * 1000) / ms)
        measured.cpu.push((child.cpu() - cpu) / latencies.length)
        measured.p50.push(percentile(latencies, 0.5))
        measured.p99.push(percentile(latencies, 0.99))
      })
    }
    const measured = Array.from(entrants, (entrant) => entrant.measured)
    console.log(
      `\n### ${workload.title}, by one client\n\nOne connection, the next request when the last is answered; ` +
        `median (and range) of ${rounds} interleaved rounds.\n\n${report(measured, perCore)}`,
    )
  }
}

const warm = (entrants: Set<Entrant>): Promise<void> =>
  eachEntrant(entrants, 0, async ({ load }) => void (await saturate(load, { ms: WARM_MS })))

async function measure(entrants: Set<Entrant>, options: QueryOptions): Promise<Measured[]> {
  await measureRates(entrants, options)
  const { rounds, ms } = options
  const perSecond = arrivalRate([...entrants].map(({ measured }) => measured))
  for (let round = 0; round < rounds; round++) {
    await eachEntrant(entrants, round, async ({ load, measured }) => {
      const latencies = await arrive(load, perSecond, ms)
      measured.p50.push(percentile(latencies, 0.5))
      measured.p99.push(percentile(latencies, 0.99))
    })
  }
  return [...entrants].map(({ measured }) => measured)
}

/** One after the other, in each round another first; one that fails is out from then on. */
export async function eachEntrant(
  entrants: Set<Entrant>,
  round: number,
  work: (entrant: Entrant) => Promise<void>,
): Promise<void> {
  for (const entrant of inTurn([...entrants], round)) {
    await sleep(SETTLE_MS)
    try {
      await work(entrant)
    } catch (error) {
      const { child, contender } = entrant.running
      console.log(`✗ ${contender.name} failed under load: ${child.failure() ?? (error as Error).message}`)
      entrants.delete(entrant)
    }
  }
}

/** Half of what the slowest can: a load that leaves all of them room. */
const arrivalRate = (measured: Measured[]): number =>
  Math.min(...measured.map(({ rates }) => median(rates))) / 2

/** One row for each, beside those that the others are compared with. */
export function report(measured: Measured[], perCore: boolean): string {
  const references = perCore ? ['grafbase', 'nginx', 'bare'] : Object.keys(REFERENCES)
  const ratios = (one: Measured, key: string): string => {
    const reference = measured.find((other) => other.key === key)
    if (!reference) return figure(Number.NaN)
    if (!perCore) return figure(median(one.rates) / median(reference.rates))
    return spread(one.cpu.map((cpu, round) => (reference.cpu[round] ?? Number.NaN) / cpu))
  }
  return table(
    [
      '',
      'requests/s',
      'CPU µs/request',
      'p50 ms',
      'p99 ms',
      ...references.map((key) => `${perCore ? 'per core ' : ''}× ${REFERENCES[key]}`),
    ],
    measured.map((one) => [
      one.name,
      spread(one.rates),
      spread(one.cpu),
      figure(median(one.p50)),
      figure(median(one.p99)),
      ...references.map((key) => ratios(one, key)),
    ]),
  )
}

const REFERENCES: Record<string, string> = {
  hive: 'Hive JS',
  'hive-rust': 'Hive Rust',
  grafbase: 'Grafbase',
  nginx: 'nginx',
  bare: 'bare',
}
