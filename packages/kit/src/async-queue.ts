/** An async iterator fed from outside. Ends at once when either side says so, also while a `next()` is waiting. */
export interface AsyncQueue<T> extends AsyncIterableIterator<T> {
  push(value: T): void
  end(): void
  fail(error: unknown): void
  return(): Promise<IteratorResult<T>>
}

/**
 * @param onEnd runs once when the queue ends, by whichever side.
 * @param merge when given, a value that waits unread is merged with the next one, so a slow reader
 *   holds one value and not a growing list.
 */
export function createAsyncQueue<T>(onEnd: () => void, merge?: (waiting: T, next: T) => T): AsyncQueue<T> {
  const values: T[] = []
  const readers: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void }[] = []
  let failure: { error: unknown } | null = null
  let ended = false

  function finish(): void {
    if (ended) return
    ended = true
    onEnd()
    for (const reader of readers.splice(0)) {
      if (failure) reader.reject(failure.error)
      else reader.resolve({ done: true, value: undefined })
    }
  }

  return {
    push(value) {
      if (ended) return
      const reader = readers.shift()
      if (reader) reader.resolve({ done: false, value })
      else if (merge && values.length > 0) values.push(merge(values.pop() as T, value))
      else values.push(value)
    },
    end: finish,
    fail(error) {
      if (ended) return
      failure = { error }
      finish()
    },
    next() {
      if (values.length > 0) return Promise.resolve({ done: false, value: values.shift() as T })
      if (failure) {
        const { error } = failure
        failure = null
        return Promise.reject(error)
      }
      if (ended) return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve, reject) => readers.push({ resolve, reject }))
    },
    return() {
      values.length = 0
      finish()
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/**
 * Maps a source stream. Unlike an async generator, `return()` reaches the source at once and does not wait
 * behind a pending `next()`, so a client that leaves frees its resources immediately.
 */
export function mapAsync<T, U>(
  source: AsyncIterator<T>,
  map: (value: T) => U | Promise<U>,
): AsyncIterableIterator<U> {
  return {
    async next() {
      const result = await source.next()
      return result.done ? { done: true, value: undefined } : { done: false, value: await map(result.value) }
    },
    async return() {
      await source.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
