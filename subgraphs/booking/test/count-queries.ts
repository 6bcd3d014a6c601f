import { AsyncLocalStorage } from 'node:async_hooks'
import { whoWaits } from '@karcis/kit/waiting'
import type { Db } from '../src/domain/database.ts'
import type { BookingProcess } from './booking-process.ts'

const counted = new AsyncLocalStorage<true>()

/** Whether `run` asks, by itself or by a request: all else are jobs and what else a process does by itself meanwhile. */
const isWanted = (): boolean => counted.getStore() === true || whoWaits()?.requestId !== undefined

/** How many queries the product makes while `run` runs. */
export async function countQueries<T>(
  { subgraph: { deps } }: BookingProcess,
  run: () => Promise<T>,
): Promise<{ queries: number; result: T }> {
  const plain = deps.db
  let queries = 0
  const counting = plain.$extends({
    query: {
      $allOperations({ args, query }) {
        if (isWanted()) queries += 1
        return query(args)
      },
    },
  })
  deps.db = counting as unknown as Db
  try {
    const result = await counted.run(true, run)
    return { queries, result }
  } finally {
    deps.db = plain
  }
}
