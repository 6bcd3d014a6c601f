/** What is there of what was asked for, in order. */
export async function present<T>(things: readonly Promise<T | null>[]): Promise<T[]> {
  return (await Promise.all(things)).filter((thing): thing is Awaited<T> & {} => thing !== null)
}
