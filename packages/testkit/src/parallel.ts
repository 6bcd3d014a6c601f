/** Runs `fn` n times at once: all are ready and waiting before the first one starts. */
export async function parallel<T>(
  n: number,
  fn: (index: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const start = Promise.withResolvers<void>()
  const runs = Array.from({ length: n }, async (_, index) => {
    await start.promise
    return fn(index)
  })
  start.resolve()
  return Promise.allSettled(runs)
}
