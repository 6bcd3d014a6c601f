import { figure, median, type Rounds, spread, table } from '../router/figures.ts'

/**
 * A table of all contenders beside the first, to which the ratios are: the median of those of each round, in which all were
 * measured in the same minute.
 */
export function ablationTable(all: Rounds[]): string {
  const [everything] = all
  const parts = Object.keys(everything?.cpu[0] ?? {})
  return table(
    ['', 'requests/s', '× rate', 'CPU µs/request', '× CPU', ...(parts.length > 1 ? parts : [])],
    all.map(({ name, rates, cpu }) => {
      const totals = cpu.map(totalOf)
      return [
        name,
        spread(rates),
        ratio(rates, everything?.rates ?? []),
        spread(totals),
        ratio(totals, (everything?.cpu ?? []).map(totalOf)),
        ...(parts.length > 1 ? parts.map((part) => figure(median(cpu.map((one) => one[part] ?? 0)))) : []),
      ]
    }),
  )
}

const totalOf = (cpu: Record<string, number>): number =>
  Object.values(cpu).reduce((sum, part) => sum + part, 0)

function ratio(values: number[], references: number[]): string {
  const ratios = values.map((value, round) => value / (references[round] ?? Number.NaN))
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
}
