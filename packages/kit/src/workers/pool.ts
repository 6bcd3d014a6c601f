import { Worker } from 'node:worker_threads'
import { KarcisError, ServiceUnavailable } from '../errors.ts'
import { createFairQueue } from './fair-queue.ts'
import type { Done, Numbered } from './thread.ts'

/** Better to say so at once than to let everybody wait until they give up. */
const MAX_WAIT_MS = 5_000

/** What those of one queue may have waiting by themselves, so that one of them alone never fills the pool. */
const MAX_OWN_WAIT_MS = 2_000

/** However short they are: what waits takes memory too. */
const MAX_WAITING = 10_000

/** How much the newest duration counts in the average. */
const NEWEST = 0.2

interface Job<Task, Result> {
  task: Task
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Threads for what would hold up the main one, working off tasks one at a time each. */
export interface WorkerPool<Task, Result> {
  /**
   * @param queue those who share one are served first come first served; the queues take turns, so that a hundred of one
   *   delay one of another by one.
   * @param signal what it was for is no longer wanted: while it waits, it is dropped, and fails with the signal's reason.
   * @throws KarcisError RATE_LIMITED when too many of the queue wait already, ServiceUnavailable when too many wait at all, each with
   *   the time after which there will be room; ServiceUnavailable when the pool is closed.
   */
  run(task: Task, queue: string, signal?: AbortSignal): Promise<Result>
  close(): Promise<void>
}

export interface WorkerPoolOptions {
  /** The module that a thread runs; it calls `serveTasks`. */
  script: URL
  /** How many threads; each starts when first needed and is replaced when it dies. */
  size: number
  /** What is said to those who may not wait: of their own queue there are too many, or of all. */
  refusals: { own: string; all: string }
}

export function createWorkerPool<Task, Result>({
  script,
  size,
  refusals,
}: WorkerPoolOptions): WorkerPool<Task, Result> {
  const waiting = createFairQueue<Job<Task, Result>>()
  const idle: Worker[] = []
  const busy = new Map<Worker, Job<Task, Result>>()
  let closed = false
  let lastId = 0
  /** How long a task takes on its thread; 0 until one is done. */
  let averageMs = 0

  function start(): Worker {
    const worker = new Worker(script, { execArgv: [] })
    worker.unref() // a process that forgets to close the pool ends all the same
    worker.on('message', (done: Done<Result>) => {
      const job = busy.get(worker)
      busy.delete(worker)
      idle.push(worker)
      if ('error' in done) job?.reject(new Error(`worker: ${done.error}`))
      else {
        noteDuration(done.ms)
        job?.resolve(done.result)
      }
      next()
    })
    worker.on('error', (error: Error) => lose(worker, error))
    worker.on('exit', () => lose(worker, new Error('the worker ended')))
    return worker
  }

  function noteDuration(ms: number): void {
    averageMs = averageMs === 0 ? ms : averageMs + NEWEST * (ms - averageMs)
  }

  function lose(worker: Worker, error: Error): void {
    busy.get(worker)?.reject(error)
    busy.delete(worker)
    const place = idle.indexOf(worker)
    if (place >= 0) idle.splice(place, 1)
    if (!closed) next()
  }

  function next(): void {
    while (idle.length > 0 || busy.size < size) {
      const job = waiting.take()
      if (!job) return
      const worker = idle.pop() ?? start()
      busy.set(worker, job)
      lastId += 1
      worker.postMessage({ id: lastId, task: job.task } satisfies Numbered<Task>)
    }
  }

  /** How long so many tasks keep all threads busy. */
  const workMs = (tasks: number): number => (tasks * averageMs) / size

  /** Why a task cannot wait; null when it can. */
  function refusal(queue: string): Error | null {
    if (closed) return new ServiceUnavailable()
    const all = workMs(waiting.size)
    const retryAfterSeconds = Math.max(1, Math.ceil(all / 1_000))
    if (workMs(waiting.sizeOf(queue)) > MAX_OWN_WAIT_MS)
      return new KarcisError('RATE_LIMITED', refusals.own, { retryAfterSeconds })
    if (all > MAX_WAIT_MS || waiting.size >= MAX_WAITING)
      return new ServiceUnavailable(refusals.all, retryAfterSeconds)
    return null
  }

  return {
    run(task, queue, signal) {
      const refused = refusal(queue)
      if (refused) return Promise.reject(refused)
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const job: Job<Task, Result> = { task, resolve, reject }
        waiting.add(queue, job)
        if (signal) dropWhenAborted(queue, job, signal)
        next()
      })
    },
    async close() {
      closed = true
      for (let job = waiting.take(); job; job = waiting.take()) job.reject(new ServiceUnavailable())
      await Promise.all([...idle, ...busy.keys()].map((worker) => worker.terminate()))
    },
  }

  function dropWhenAborted(queue: string, job: Job<Task, Result>, signal: AbortSignal): void {
    const { resolve, reject } = job
    const drop = () => {
      if (waiting.remove(queue, job)) reject(signal.reason)
    }
    signal.addEventListener('abort', drop, { once: true })
    job.resolve = (result) => {
      signal.removeEventListener('abort', drop)
      resolve(result)
    }
    job.reject = (error) => {
      signal.removeEventListener('abort', drop)
      reject(error)
    }
  }
}
