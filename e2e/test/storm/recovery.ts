import { eventually } from '@karcis/testkit/eventually'
import { FAULTS } from './faults.ts'
import type { Wave } from './plan.ts'

const PATIENCE_MS = 60_000
const GOAL_MS = 10_000
const GOAL_OF_ONE_MS = 3_000
const OVERLAPPING = 'several at once'

/** What a wave of faults did to the sales. */
interface Recovery {
  readonly kind: string
  readonly goalMs: number
  /**
   * From its end until somebody was told that they had bought, by an answer to what they had sent after its end; of what leaves one process
   * selling: the longest time without a purchase, from its beginning until then.
   */
  readonly ms: number
  /** The longest time without a purchase, from its beginning. */
  readonly silenceMs: number
}

/** Remembers when purchases were made, and tells how long it took until there was one again. */
export interface Recoveries {
  /** Somebody was told that they had bought, in answer to what they had sent at `askedAt`. */
  purchased(askedAt: number): void
  /** Waits for the first purchase that was asked for after a wave, up to a minute. */
  after(wave: Wave, begunAt: number, endedAt: number): Promise<Recovery>
  readonly purchases: number
  /** One line for each kind of fault. */
  table(): string
  /** Kinds that missed their goal at the 99th percentile. */
  missed(): string[]
}

export function recordRecoveries(): Recoveries {
  const purchases: { askedAt: number; at: number }[] = []
  const recoveries: Recovery[] = []
  const rows = () => {
    const byKind = Object.groupBy(recoveries, ({ kind }) => kind)
    return Object.entries(byKind).map(([kind, all = []]) => {
      const times = all.map(({ ms }) => ms).sort((a, b) => a - b)
      return {
        kind,
        count: all.length,
        median: percentile(times, 0.5),
        p99: percentile(times, 0.99),
        goal: all[0]?.goalMs ?? GOAL_MS,
        silence: Math.max(...all.map(({ silenceMs }) => silenceMs)),
      }
    })
  }
  return {
    purchased(askedAt) {
      purchases.push({ askedAt, at: Date.now() })
    },

    async after({ faults }, begunAt, endedAt) {
      const first = await eventually(() => {
        const found = purchases.find(({ askedAt }) => askedAt > endedAt)
        if (!found) throw new Error('no purchase yet')
        return found
      }, PATIENCE_MS).catch(() => ({ at: Date.now() }))
      const [only] = faults
      const alone = faults.length === 1 && only ? only.kind : undefined
      const silenceMs = longestSilence(
        purchases.map(({ at }) => at),
        begunAt,
      )
      const leavesOne = alone !== undefined && FAULTS[alone].leavesOne
      const recovery = {
        kind: alone ?? OVERLAPPING,
        goalMs: leavesOne ? GOAL_OF_ONE_MS : GOAL_MS,
        ms: leavesOne ? silenceMs : first.at - endedAt,
        silenceMs,
      }
      recoveries.push(recovery)
      return recovery
    },

    get purchases() {
      return purchases.length
    },

    table: () =>
      [
        `${'fault'.padEnd(32)}${['times', 'median', 'p99', 'goal', 'no sale'].map((name) => name.padStart(9)).join('')}`,
        ...rows().map(({ kind, count, median, p99, goal, silence }) =>
          [
            kind.padEnd(32),
            String(count).padStart(9),
            ...[median, p99, goal, silence].map((ms) => seconds(ms).padStart(9)),
          ].join(''),
        ),
      ].join('\n'),

    missed: () => rows().flatMap(({ kind, p99, goal }) => (p99 > goal ? `${kind}: ${seconds(p99)}` : [])),
  }
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** @param sorted from the smallest. */
export const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? 0

function longestSilence(purchases: readonly number[], since: number): number {
  let last = since
  let longest = 0
  for (const at of purchases) {
    if (at < since) continue
    longest = Math.max(longest, at - last)
    last = at
  }
  return Math.max(longest, Date.now() - last)
}
