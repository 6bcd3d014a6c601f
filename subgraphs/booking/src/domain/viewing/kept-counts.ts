import { LRUCache } from 'lru-cache'

/** From so many rows on a count is kept: it takes tens of milliseconds, and nobody sees that it is of a moment ago. */
const LONG = 10_000
/** A count is kept for so many times as long as it took, so that counting takes no more than a fiftieth of the time. */
const KEPT_TIMES = 50
const MAX_KEPT_MS = 10_000

/** Counts of lists by a key of the list: of a short list as it is now, of a long one as it was seconds ago at most. */
export type KeptCounts = (key: string, count: () => Promise<number>) => Promise<number>

export function createKeptCounts(): KeptCounts {
  const kept = new LRUCache<string, number>({ max: 1_000 })
  const underWay = new Map<string, Promise<number>>()

  async function countNow(key: string, count: () => Promise<number>): Promise<number> {
    const began = performance.now()
    const rows = await count()
    const ttl = Math.min(MAX_KEPT_MS, KEPT_TIMES * (performance.now() - began))
    if (rows >= LONG) kept.set(key, rows, { ttl: Math.ceil(ttl) })
    return rows
  }

  return async (key, count) => {
    const known = kept.get(key)
    if (known !== undefined) return known
    const shared = underWay.get(key)
    // Whether the list is long is known only at the end: a short one is counted again, for it may have changed since that began.
    if (shared && (await shared.catch(() => 0)) >= LONG) return kept.get(key) ?? shared
    const counting = countNow(key, count).finally(() => underWay.delete(key))
    underWay.set(key, counting)
    return counting
  }
}
