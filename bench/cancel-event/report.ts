import { median } from '../router/figures.ts'
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

type Windows = Record<'steady' | 'fast', Window>[]

/** Medians of windows of sales, and their ratio to those of the first name. */
export function describeWindows(title: string, windows: Record<string, Windows>): void {
  console.log(`\n${title}\n`)
  console.log('|  | windows | p50 ms | p99 ms | × p50 | × p99 | purchases/s | × rate | failed |')
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|')
  const [reference] = Object.values(windows).map(middles)
  for (const [name, all] of Object.entries(windows)) {
    const is = middles(all)
    const ratio = (key: keyof typeof is): string => (is[key] / (reference?.[key] ?? Number.NaN)).toFixed(2)
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
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

const middles = (windows: Windows) => ({
  p50: median(windows.map(({ steady }) => steady.p50)),
  p99: median(windows.map(({ steady }) => steady.p99)),
  perSecond: median(windows.map(({ fast }) => fast.perSecond)),
})
