import { ServiceUnavailable } from './errors.ts'
import { workForAll } from './waiting.ts'

/** In place of a result: the request is to be served again, in the next batch, ahead of all that wait. */
export const AGAIN = Symbol('again')

/** Takes requests one by one and serves those of a key together, as a database commits several transactions with one flush. */
export interface GroupCommit<Request, Result> {
  /** @returns the request's own result. @throws what it was refused with, or what its batch failed with. */
  submit(key: string, request: Request): Promise<Result>
}

export interface GroupCommitOptions<Request, Result> {
  /**
   * Serves requests of one key, in order of arrival, with one transaction: what it has committed, no failure may follow.
   * @returns a result for each, an Error for one that is refused, AGAIN for one whose turn comes after this transaction; at least
   *   one of them is served, so that no batch comes again for ever.
   */
  run(key: string, requests: Request[]): Promise<(Result | Error | typeof AGAIN)[]>
  maxBatch: number
  /** Requests of one key with the same answer here never share a batch. */
  distinct?(request: Request): unknown
  /** Whether a request for an idle key waits for those that come in the same turn of the event loop, so that of a crowd none goes first alone. */
  gather?: boolean
  /** After so long the next batch of a key begins although the one before is under way, as when that waits for a row which another has locked. */
  patienceMs?: number
  /** Whether a batch that failed like this may have failed because of a single request: it is then run in halves, down to that one alone. */
  retryApart?(error: unknown): boolean
}

interface Waiting<Request, Result> {
  request: Request
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Batches adaptively: while one batch of a key is under way, the next requests of that key gather. A request for an idle key is
 * served at once (or with those of its turn, see `gather`), and a busy key pays for one transaction at a time, however many buyers it has. First come, first served.
 */
export function createGroupCommit<Request, Result>(
  options: GroupCommitOptions<Request, Result>,
): GroupCommit<Request, Result> {
  const {
    run,
    maxBatch,
    distinct = (request) => request,
    retryApart = () => false,
    patienceMs,
    gather = false,
  } = options
  const queues = new Map<string, Waiting<Request, Result>[]>()

  async function drain(key: string, queue: Waiting<Request, Result>[]): Promise<void> {
    while (queue.length > 0) {
      const served = serve(key, nextBatch(queue)).then((again) => comeAgain(key, again))
      await (patienceMs === undefined ? served : orAfter(served, patienceMs))
    }
    queues.delete(key)
  }

  /** Ahead of all that wait. */
  function comeAgain(key: string, again: Waiting<Request, Result>[]): void {
    const queue = queues.get(key)
    if (queue) queue.unshift(...again)
    else if (again.length > 0) begin(key, again)
  }

  function begin(key: string, queue: Waiting<Request, Result>[]): void {
    queues.set(key, queue)
    void workForAll(async () => {
      if (gather) await endOfTurn()
      await drain(key, queue)
    })
  }

  /** @returns those that are to be served again. */
  async function serve(key: string, batch: Waiting<Request, Result>[]): Promise<Waiting<Request, Result>[]> {
    const again: Waiting<Request, Result>[] = []
    try {
      const results = await run(
        key,
        batch.map((waiting) => waiting.request),
      )
      for (const [at, waiting] of batch.entries()) {
        const result = results[at]
        if (result === AGAIN) again.push(waiting)
        else if (result === undefined || result instanceof Error)
          waiting.reject(result ?? new Error('a request got no result'))
        else waiting.resolve(result)
      }
    } catch (error) {
      if (batch.length > 1 && retryApart(error)) {
        const half = Math.ceil(batch.length / 2)
        for (const part of [batch.slice(0, half), batch.slice(half)]) again.push(...(await serve(key, part)))
      } else for (const waiting of batch) waiting.reject(error)
    }
    return again
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
        else begin(key, [waiting])
      }),
  }
}

/**
 * Whether a transaction that served many requests may have failed because of one of them, so that the others would succeed alone.
 * Not when the database is away, for then nothing would, and what was sent last may have been done all the same.
 */
export const mayBeOneRequestsFault = (error: unknown): boolean => !(error instanceof ServiceUnavailable)

/** When all is done that came in this turn of the event loop. */
const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Resolves when `done` does, or after so long. */
async function orAfter(done: Promise<void>, ms: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([done, over]).finally(() => clearTimeout(timer))
}

/** Runs a task when those of the same key that came before it have ended, however they did. @throws what the task does. */
export type InTurn = (key: string, task: () => Promise<unknown>) => Promise<void>

/** Tasks of one key one after the other in this process, first come, first served: for what would be in its own way, done twice at once. */
export function createTurns(): InTurn {
  const turns = createGroupCommit<() => Promise<unknown>, true>({
    maxBatch: 1,
    run: (_key, tasks) => Promise.all(tasks.map((task) => task().then(() => true as const))),
  })
  return async (key, task) => {
    await turns.submit(key, task)
  }
}
