import { percentile, seconds } from './recovery.ts'

/** What came of all faults so far. */
export interface FaultTable {
  /** A fault that happened. @param ms until all was as it should be again. */
  add(fault: string, ms: number): void
  /** Counts what was found wrong with every fault that was added since the last time, for any of them may be why. */
  blame(violations: number): void
  readonly count: number
  /** One line for each fault, and one for all. */
  text(): string
}

export function createFaultTable(): FaultTable {
  const rows = new Map<string, { times: number[]; violations: number }>()
  let suspects = new Set<string>()
  let violations = 0
  const count = () => [...rows.values()].reduce((sum, { times }) => sum + times.length, 0)
  const line = (fault: string, numbers: readonly (string | number)[]) =>
    fault.padEnd(52) + numbers.map((one) => String(one).padStart(11)).join('')
  const lineOf = (fault: string, unsorted: readonly number[], wrong: number) => {
    const times = unsorted.toSorted((a, b) => a - b)
    return line(fault, [
      times.length,
      wrong,
      seconds(percentile(times, 0.5)),
      seconds(percentile(times, 0.99)),
    ])
  }
  return {
    add(fault, ms) {
      const row = rows.get(fault) ?? { times: [], violations: 0 }
      row.times.push(ms)
      rows.set(fault, row)
      suspects.add(fault)
    },
    blame(found) {
      violations += found
      for (const fault of suspects) {
        const row = rows.get(fault)
        if (row) row.violations += found
      }
      suspects = new Set()
    },
    get count() {
      return count()
    },
    text: () =>
      [
        line('fault', ['times', 'violations', 'median', 'p99']),
        ...[...rows].sort().map(([fault, { times, violations: wrong }]) => lineOf(fault, times, wrong)),
        lineOf(
          'all',
          [...rows.values()].flatMap(({ times }) => times),
          violations,
        ),
      ].join('\n'),
  }
}

/** What buyers were answered, and how often: `operation: codes`, or `operation: done`. */
export interface AnswerTable {
  answered(operation: string, codes: readonly string[]): void
  /** The different answers there were. */
  keys(): string[]
  /** One line for each. */
  text(): string
}

export function createAnswerTable(): AnswerTable {
  const answers = new Map<string, number>()
  return {
    answered(operation, codes) {
      const key = `${operation}: ${codes.join(', ') || 'done'}`
      answers.set(key, (answers.get(key) ?? 0) + 1)
    },
    keys: () => [...answers.keys()],
    text: () =>
      [...answers]
        .sort()
        .map(([answer, times]) => `${String(times).padStart(7)}  ${answer}`)
        .join('\n'),
  }
}
