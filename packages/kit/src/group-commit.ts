/** Takes requests one by one and works them off together. */
export interface Batcher<Request, Result> {
  submit(key: string, request: Request): Promise<Result>
}

export interface BatcherOptions<Request, Result> {
  /** Works off requests of one key, in order of their coming; gives one result for each, an Error for one that is refused. */
  run(key: string, requests: Request[]): Promise<(Result | Error)[]>
  maxBatch: number
  /** Requests of one key with the same answer here never share a batch. */
  distinct?(request: Request): unknown
  /** Whether a batch that failed so may have failed because of one of its requests: then each is run alone. */
  isOnesFault?(error: unknown): boolean
}

interface Waiting<Request, Result> {
  request: Request
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Batches by nature: while one batch of a key is under way its next requests gather, so an idle key answers at once and a busy
 * one pays for one transaction at a time, whatever the number of its buyers. First come, first served.
 */
export function createBatcher<Request, Result>(
  options: BatcherOptions<Request, Result>,
): Batcher<Request, Result> {
  const { run, maxBatch, distinct = (request) => request, isOnesFault = () => false } = options
  const queues = new Map<string, Waiting<Request, Result>[]>()

  async function work(key: string, queue: Waiting<Request, Result>[]): Promise<void> {
    while (queue.length > 0) await answer(key, nextBatch(queue))
    queues.delete(key)
  }

  async function answer(key: string, batch: Waiting<Request, Result>[]): Promise<void> {
    try {
      const results = await run(
        key,
        batch.map((waiting) => waiting.request),
      )
      for (const [at, waiting] of batch.entries()) {
        const result = results[at]
        if (result === undefined || result instanceof Error)
          waiting.reject(result ?? new Error('a request got no answer'))
        else waiting.resolve(result)
      }
    } catch (error) {
      if (batch.length > 1 && isOnesFault(error)) for (const waiting of batch) await answer(key, [waiting])
      else for (const waiting of batch) waiting.reject(error)
    }
  }

  /** The first of each kind, in order; others of a kind wait for the next batch. */
  function nextBatch(queue: Waiting<Request, Result>[]): Waiting<Request, Result>[] {
    const kinds = new Set<unknown>()
    const batch: Waiting<Request, Result>[] = []
    const rest: Waiting<Request, Result>[] = []
    for (const waiting of queue.splice(0)) {
      const kind = distinct(waiting.request)
      if (batch.length < maxBatch && !kinds.has(kind)) batch.push(waiting)
      else rest.push(waiting)
      kinds.add(kind)
    }
    queue.push(...rest)
    return batch
  }

  return {
    submit: (key, request) =>
      new Promise((resolve, reject) => {
        const waiting = { request, resolve, reject }
        const queue = queues.get(key)
        if (queue) queue.push(waiting)
        else {
          const started = [waiting]
          queues.set(key, started)
          void work(key, started)
        }
      }),
  }
}
