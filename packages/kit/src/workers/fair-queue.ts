/** What waits, by whom it is for: they take turns, whoever has how much waiting. */
export interface FairQueue<T> {
  add(of: string, item: T): void
  /** The next one, of whoever's turn it is; undefined when nothing waits. */
  take(): T | undefined
  /** Takes out one that waits; false when it does not. */
  remove(of: string, item: T): boolean
  /** How much waits in all. */
  readonly size: number
  sizeOf(of: string): number
}

export function createFairQueue<T>(): FairQueue<T> {
  /** In the order of turns: a Map keeps the order in which its keys came. */
  const queues = new Map<string, T[]>()
  let size = 0
  return {
    add(of, item) {
      const queue = queues.get(of)
      if (queue) queue.push(item)
      else queues.set(of, [item])
      size += 1
    },
    take() {
      const [first] = queues
      if (!first) return undefined
      const [of, queue] = first
      const item = queue.shift()
      queues.delete(of)
      if (queue.length > 0) queues.set(of, queue) // to the end of the turns
      size -= 1
      return item
    },
    remove(of, item) {
      const queue = queues.get(of)
      const place = queue?.indexOf(item) ?? -1
      if (!queue || place < 0) return false
      queue.splice(place, 1)
      if (queue.length === 0) queues.delete(of)
      size -= 1
      return true
    },
    get size() {
      return size
    },
    sizeOf: (of) => queues.get(of)?.length ?? 0,
  }
}
