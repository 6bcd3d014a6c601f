import { whoWaits } from '@karcis/kit/waiting'
import type { Db } from '../src/domain/database.ts'
import type { BookingProcess } from './booking-process.ts'

/** Whether a job asks that no request wanted, such as one that cron has started meanwhile. */
function isOfJob(): boolean {
  const waiting = whoWaits()
  return waiting?.isKept === true && waiting.requestId === undefined
}

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
        if (!isOfJob()) queries += 1
        return query(args)
      },
    },
  })
  deps.db = counting as unknown as Db
  try {
    const result = await run()
    return { queries, result }
  } finally {
    deps.db = plain
  }
}
