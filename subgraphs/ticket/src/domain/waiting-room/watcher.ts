import type { QueuePosition } from './queue.ts'

/** What a watcher was told last, where that is no position. */
export const TOLD = { nothing: -1, notJoined: -2, beforeOpening: 0 } as const

/**
 * Somebody who watches where they stand. A class without closures, and one value instead of a list of them: there may be a million, and
 * who reads slowly is given the newest.
 */
export class QueueWatcher implements AsyncIterableIterator<QueuePosition> {
  readonly userId: string
  /** Another watcher of the same person. */
  sibling: QueueWatcher | null = null
  /** The place in line that they were seen with; -1 while they were not. */
  place = -1
  /** The position that they were told last, or one of TOLD. */
  told: number = TOLD.nothing
  /** The turn at which it is looked again where they stand; others that they are noted for do not count. */
  dueAt = 0
  ended = false
  readonly #left: (watcher: QueueWatcher) => void
  #waiting: QueuePosition | null = null
  #reader: ((result: IteratorResult<QueuePosition>) => void) | null = null

  /** @param left is called once, when nobody watches any more. */
  constructor(userId: string, left: (watcher: QueueWatcher) => void) {
    this.userId = userId
    this.#left = left
  }

  tell(position: QueuePosition): void {
    if (this.ended) return
    const reader = this.#reader
    this.#reader = null
    if (reader) reader({ done: false, value: position })
    else this.#waiting = position
  }

  /** Nothing more comes; what waits to be read still is. */
  end(): void {
    if (this.ended) return
    this.ended = true
    this.#left(this)
    this.#reader?.({ done: true, value: undefined })
    this.#reader = null
  }

  next(): Promise<IteratorResult<QueuePosition>> {
    const value = this.#waiting
    this.#waiting = null
    if (value) return Promise.resolve({ done: false, value })
    if (this.ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  return(): Promise<IteratorResult<QueuePosition>> {
    this.#waiting = null
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
