import pg from 'pg'
import { median } from './router/figures.ts'

/** Calls `operation` `count` times, `concurrency` at a time. */
export async function inParallel(
  count: number,
  concurrency: number,
  operation: (index: number) => Promise<unknown>,
) {
  let next = 0
  const worker = async () => {
    while (next < count) await operation(next++)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

/** Lets a server know its tables as one does that has been in use. @param url of the database. */
export async function analyze(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query('ANALYZE')
  } finally {
    await client.end()
  }
}

/** The rates of rounds, and what each is to that of a reference in the same round: two cells, medians and ranges. */
export function rateCells(rates: number[], reference: readonly number[]): string[] {
  const ratios = rates.map((rate, at) => rate / (reference[at] ?? Number.NaN))
  return [withRange(rates, 0), withRange(ratios, 2)]
}

const withRange = (values: number[], digits: number): string => {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`
}
