/** One contender: does `count` operations with `concurrency` at a time and resolves when all are done. */
export interface Contender {
  name: string
  run(count: number, concurrency: number): Promise<void>
}

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

/**
 * Runs the contenders in turn, round after round, so that the machine's moods meet them all, and prints the
 * median rate of each and its ratio to the first, the reference.
 */
export async function compare(
  title: string,
  contenders: Contender[],
  size: { rounds: number; count: number; concurrency: number },
) {
  const { rounds, count, concurrency } = size
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (const { run } of contenders) await run(count, concurrency) // warm
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of contenders) {
      const started = performance.now()
      await run(count, concurrency)
      rates.get(name)?.push((count * 1000) / (performance.now() - started))
    }
  }
  console.log(`\n${title}: ${rounds} interleaved rounds of ${count}, ${concurrency} at a time`)
  const reference = median(rates.get(contenders[0]?.name ?? '') ?? [])
  for (const [name, all] of rates) {
    const rate = median(all)
    const spread = `${Math.min(...all).toFixed(0)}–${Math.max(...all).toFixed(0)}`
    console.log(
      `  ${name.padEnd(44)} ${rate.toFixed(0).padStart(7)}/s  (${spread})  ${(rate / reference).toFixed(2)}x`,
    )
  }
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
