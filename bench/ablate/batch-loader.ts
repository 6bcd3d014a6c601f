import DataLoader from 'dataloader'
import { parseId } from '@karcis/kit/ids'
import type * as original from '../../packages/kit/src/batch-loader.ts'
import { replaceFile } from './replace.ts'

replaceFile('packages/kit/src/batch-loader.ts', import.meta.url)

type Find<Value> = (ids: string[]) => PromiseLike<ReadonlyMap<string, Value>>

/** What is read by id for one request, of which `loaderOf` makes one query. */
interface Read<Value> {
  (id: string): Promise<Value | null>
  many(ids: readonly string[]): Promise<(Value | null)[]>
}

/** Each key is a query of its own. */
export const createBatchedRead: typeof original.createBatchedRead = (read) => async (key) =>
  (await read([key])).get(key)

export function readByKey<Value>(find: Find<Value>): Read<Value> {
  const many = async (texts: readonly string[]): Promise<(Value | null)[]> => {
    const ids = texts.map(parseId)
    const found = await find([...new Set(ids.filter((id) => id !== null))])
    return ids.map((id) => (id === null ? null : (found.get(id) ?? null)))
  }
  return Object.assign(async (id: string) => (await many([id]))[0] ?? null, { many })
}

export const readById = <Value extends { id: string }>(
  find: (ids: string[]) => PromiseLike<Value[]>,
): Read<Value> => readByKey(async (ids) => new Map((await find(ids)).map((thing) => [thing.id, thing])))

/** As DataLoader does it: what a request reads in one turn is one query, and other requests have their own. */
export const loaderOf = <Value>(read: Read<Value>): DataLoader<string, Value | null> =>
  new DataLoader((ids) => read.many(ids), { cacheKeyFn: (id) => id.toLowerCase() })

export const byId = <Value extends { id: string }>(find: (ids: string[]) => PromiseLike<Value[]>) =>
  loaderOf(readById(find))

export const byKey = <Value>(find: Find<Value>) => loaderOf(readByKey(find))
