import { cpuOfFamily } from '../router/cpu.ts'
import { median, percentile } from '../router/figures.ts'
import type { Platform } from './platform.ts'
import type { Window } from './sales.ts'

/** How far the cancellation of an event had got at a moment, and what the processes had in memory, in bytes. */
export interface Progress {
  ms: number
  bookings: number
  /** Bookings whose money is back, or on its way through a provider. */
  refunded: number
  /** Those whose tickets have ended too. */
  ended: number
  /** Refunds that a provider has still to make. */
  asked: number
  /** Events that are still to be delivered. */
  untold: number
  /** Credit notes. */
  credited: number
  memory: Record<'booking' | 'ticket', number>
}

const MB = 1_024 * 1_024
const seconds = (ms: number): string => (ms / 1_000).toFixed(1)

/** CPU time of each process so far, in µs. */
export const cpuOf = ({ processes, furtherUsers, postgres }: Platform): Record<string, number> => ({
  ...Object.fromEntries(Object.entries(processes).map(([name, process]) => [name, process.cpu()])),
  ...Object.fromEntries(furtherUsers.map((process, n) => [`user ${n + 2}`, process.cpu()])),
  postgres: cpuOfFamily(postgres.pid),
})

export const cpuSince = (
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> =>
  Object.fromEntries(Object.entries(after).map(([name, us]) => [name, us - (before[name] ?? 0)]))

/** When each part of it was done, and at which rate. @param meanwhile what else went on. */
export function printProgress(meanwhile: string, seen: readonly Progress[]): void {
  const last = seen.at(-1)
  if (!last) return
  const at = (isDone: (one: Progress) => boolean): number => seen.find(isDone)?.ms ?? Number.NaN
  const parts: [string, number][] = [
    ['money back in the wallets, or asked of the provider', at((one) => one.refunded === one.bookings)],
    ['tickets out of use, places free', at((one) => one.ended === one.bookings)],
    ['given back by the provider', at((one) => one.refunded === one.bookings && one.asked === 0)],
    ['credit notes', at((one) => one.credited === one.bookings)],
  ]
  console.log(`\nAn event of ${last.bookings} bookings, called off, ${meanwhile}\n`)
  console.log('|  | done after s | bookings/s |')
  console.log('|---|---:|---:|')
  for (const [name, ms] of parts)
    console.log(`| ${name} | ${seconds(ms)} | ${((last.bookings * 1_000) / ms).toFixed(0)} |`)
}

/** CPU time of each process between two moments, for each of so many bookings. In µs. */
export function printCpu(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  bookings: number,
): void {
  const names = Object.keys(after)
  const each = names.map((name) => ((after[name] ?? 0) - (before[name] ?? 0)) / 1_000 / bookings)
  console.log(`\n| CPU ms per booking | ${names.join(' | ')} | all |`)
  console.log(`|---|${names.map(() => '---:').join('|')}|---:|`)
  const all = each.reduce((sum, ms) => sum + ms, 0)
  console.log(`|  | ${[...each, all].map((ms) => ms.toFixed(2)).join(' | ')} |`)
}

/** What the processes had in memory meanwhile. */
export function printMemory(seen: readonly Progress[]): void {
  console.log('\n| MB resident | at the start | after a third | after two thirds | at the end | most |')
  console.log('|---|---:|---:|---:|---:|---:|')
  for (const name of ['booking', 'ticket'] as const) {
    const all = seen.map(({ memory }) => memory[name] / MB)
    const places = [0, 1 / 3, 2 / 3, 1].map((part) => all[Math.floor((all.length - 1) * part)] ?? Number.NaN)
    const cells = [...places, Math.max(...all)].map((mb) => mb.toFixed(0))
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}

/** A stretch of sales: at a rate, then as fast as it goes. */
export interface Stretch {
  /** What went on beside it, such as the money of a cancellation going back; or `nothing`. */
  beside: string
  steady: Window
  fast: Window
  /** CPU time of each process in `fast`, in µs. */
  cpu: Readonly<Record<string, number>>
}

/**
 * What stretches came to by what went on beside them: the latency of all their purchases at a rate together, the median of their rates; and their ratio to those beside which nothing went on.
 * Of these the first and the second half stand for themselves too.
 */
export function describeStretches(stretches: readonly Stretch[]): void {
  const quiet = stretches.filter(({ beside }) => beside === 'nothing')
  const names = Object.keys(stretches[0]?.cpu ?? {})
  const half = Math.ceil(quiet.length / 2)
  const kinds: [string, readonly Stretch[]][] = [
    ['nothing', quiet],
    ['nothing, the first half', quiet.slice(0, half)],
    ['nothing, the second half', quiet.slice(half)],
    ...[...Map.groupBy(stretches, ({ beside }) => beside)].filter(([beside]) => beside !== 'nothing'),
  ]
  console.log(
    `\n| beside the sale | stretches | p50 ms | p99 ms | × p50 | × p99 | purchases/s | × rate | failed | CPU ms per purchase | ${names.join(' | ')} |`,
  )
  console.log(`|---|${Array.from({ length: 9 + names.length }, () => '---:').join('|')}|`)
  const reference = middles(quiet)
  for (const [name, all] of kinds) {
    if (all.length === 0) continue
    const is = middles(all)
    const ratio = (key: keyof typeof is): string => (is[key] / reference[key]).toFixed(2)
    const cells = [
      name,
      all.length,
      is.p50.toFixed(0),
      is.p99.toFixed(0),
      ratio('p50'),
      ratio('p99'),
      is.perSecond.toFixed(1),
      ratio('perSecond'),
      all.reduce((sum, { steady, fast }) => sum + steady.failed + fast.failed, 0),
      ...[undefined, ...names].map((name) => cpuPerPurchase(all, name).toFixed(1)),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

function middles(stretches: readonly Stretch[]) {
  const took = stretches.flatMap(({ steady }) => steady.took)
  return {
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    perSecond: median(stretches.map(({ fast }) => fast.perSecond)),
  }
}

/** CPU ms per purchase of one process, or of all together. */
const cpuPerPurchase = (stretches: readonly Stretch[], of?: string): number =>
  median(
    stretches.map(({ fast, cpu }) => {
      const us = of === undefined ? Object.values(cpu).reduce((sum, one) => sum + one, 0) : (cpu[of] ?? 0)
      return us / 1_000 / fast.took.length
    }),
  )
