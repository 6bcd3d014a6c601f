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
