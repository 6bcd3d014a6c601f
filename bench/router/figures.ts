/** Figures of one contender, a value for each round. */
export interface Rounds {
  name: string
  /** Requests per second. */
  rates: number[]
  /** Microseconds of CPU time per request, by part of the system. */
  cpu: Record<string, number>[]
}

/** The same in the order of this round: in each another one is the first. */
export const inTurn = <T>(all: T[], round: number): T[] => {
  const first = Math.max(0, round) % Math.max(1, all.length)
  return [...all.slice(first), ...all.slice(0, first)]
}

/** The middle of the values, by their size. */
export const median = (values: number[]): number => percentile(values, 0.5)

export const percentile = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A figure as a table shows it: three digits that mean something, and a dash for what was not measured. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 100) return grouped.format(value)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** The median, and in which range the rounds were. */
export const spread = (values: number[]): string =>
  `${figure(median(values))} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`

/** A Markdown table, padded so that it can also be read as it is. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
