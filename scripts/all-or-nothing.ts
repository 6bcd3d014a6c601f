/** Like Promise.all, but a failure waits until the others have settled, so that nothing goes on behind its back. */
export async function allOrNothing<T extends readonly unknown[]>(
  ...work: { [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
