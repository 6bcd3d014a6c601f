/**
 * Reads by key, for all requests of the process: what they ask for in one turn of the event loop is read at once. It remembers
 * nothing, and each reading begins after all who share it have asked: everybody sees what a reading of its own would have shown.
 * What is read is shared, so nobody may change it, and who may see it is for each to decide.
 * @param read gives what there is of the keys, none of which comes twice.
 */
export function createGathering<Value>(
  read: (keys: string[]) => Promise<ReadonlyMap<string, Value>>,
): (key: string) => Promise<Value | undefined> {
  let keys = new Set<string>()
  let reading: Promise<ReadonlyMap<string, Value>> | null = null

  const begin = (): Promise<ReadonlyMap<string, Value>> =>
    new Promise((resolve) => {
      setImmediate(() => {
        const asked = [...keys]
        keys = new Set()
        reading = null
        resolve(read(asked))
      })
    })

  return async (key) => {
    keys.add(key)
    reading ??= begin()
    return (await reading).get(key)
  }
}
