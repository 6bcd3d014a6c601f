import DataLoader from 'dataloader'
import { parseId } from './ids.ts'

/**
 * Reads by key, for all requests of the process: what they ask for in one turn of the event loop is one query. It remembers
 * nothing, and each query begins after all who share it have asked: everybody sees what a query of their own would have shown.
 * What is read is shared, so nobody may change it, and who may see it is for each to decide.
 * @param read gives what there is of the keys, none of which comes twice.
 */
export function createBatchedRead<Value>(
  read: (keys: string[]) => PromiseLike<ReadonlyMap<string, Value>>,
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

/** Something by its id, which may come in any case; null for what is not there. */
export type ReadById<Value> = (id: string) => Promise<Value | null>

/** `createBatchedRead` of things that bear their id. What is no id is not asked for, as nothing has it. */
export const readById = <Value extends { id: string }>(
  find: (ids: string[]) => PromiseLike<Value[]>,
): ReadById<Value> => readByKey(async (ids) => new Map((await find(ids)).map((thing) => [thing.id, thing])))

/** `createBatchedRead` of what belongs to an id, such as the rooms of a venue. */
export function readByKey<Value>(
  find: (ids: string[]) => PromiseLike<ReadonlyMap<string, Value>>,
): ReadById<Value> {
  const read = createBatchedRead(find)
  return async (text) => {
    const id = parseId(text)
    return id === null ? null : ((await read(id)) ?? null)
  }
}

/** What one request reads by id, and has read: it remembers, so make one for each request. */
export type IdLoader<Value> = DataLoader<string, Value | null>

/** A request's loader on a batched read that all requests share. */
export const loaderOf = <Value>(read: ReadById<Value>): IdLoader<Value> =>
  // Batched below, and there with what other requests ask for.
  new DataLoader((ids) => Promise.all(ids.map(read)), { batch: false, cacheKeyFn: (id) => id.toLowerCase() })

/** A request's loader of things that bear their id, in one query for all of a turn. */
export const byId = <Value extends { id: string }>(
  find: (ids: string[]) => PromiseLike<Value[]>,
): IdLoader<Value> => loaderOf(readById(find))

/** A request's loader of what belongs to an id, in one query for all of a turn. */
export const byKey = <Value>(
  find: (ids: string[]) => PromiseLike<ReadonlyMap<string, Value>>,
): IdLoader<Value> => loaderOf(readByKey(find))
