import { type AsyncQueue, createAsyncQueue } from '@karcis/kit/async-queue'

/** Events for whoever subscribes, and a record of who does. */
export interface Topic<T> {
  subscribe(args: Record<string, unknown>): AsyncIterableIterator<T>
  publish(value: T): void
  end(): void
  fail(error: Error): void
  readonly subscribers: number
  /** Arguments of each subscription so far, oldest first. */
  readonly opened: Record<string, unknown>[]
}

export function createTopic<T>(): Topic<T> {
  const queues = new Set<AsyncQueue<T>>()
  const opened: Record<string, unknown>[] = []
  return {
    subscribe(args) {
      opened.push({ ...args })
      const queue: AsyncQueue<T> = createAsyncQueue(() => queues.delete(queue))
      queues.add(queue)
      return queue
    },
    publish(value) {
      for (const queue of queues) queue.push(value)
    },
    end() {
      for (const queue of queues) queue.end()
    },
    fail(error) {
      for (const queue of queues) queue.fail(error)
    },
    get subscribers() {
      return queues.size
    },
    opened,
  }
}
