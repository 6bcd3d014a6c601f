import { Worker } from 'node:worker_threads'
import { KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import { createFairQueue } from './fair-queue.ts'
import type { Done, Task } from './worker.ts'

/** Better to say so at once than to let everybody wait until they give up. */
const MAX_WAIT_MS = 5_000

/** What those of one queue may have waiting by themselves, so that one of them alone never fills the pool. */
const MAX_OWN_WAIT_MS = 2_000

/** How much the newest duration counts in the average. */
const NEWEST = 0.2

type Work = Task extends infer Each ? (Each extends Task ? Omit<Each, 'id'> : never) : never

interface Job {
  task: Task
  resolve(result: string | boolean): void
  reject(error: Error): void
}

/** Threads that work off bcrypt tasks, one at a time each. */
export interface WorkerPool {
  /**
   * @param queue those who share one are served first come first served; the queues take turns, so that a hundred of one
   *   delay one of another by one.
   * @throws KarcisError RATE_LIMITED when too many of the queue wait already, ServiceUnavailable when too many wait at all, each with
   *   the time after which there will be room; ServiceUnavailable when the pool is closed.
   */
  run(work: Work, queue: string): Promise<string | boolean>
  close(): Promise<void>
}

/** @param size how many threads; each starts when first needed and is replaced when it dies. */
export function createWorkerPool(size: number): WorkerPool {
  const waiting = createFairQueue<Job>()
  const idle: Worker[] = []
  const busy = new Map<Worker, Job>()
  let closed = false
  let lastId = 0
  /** How long a task takes on its thread; 0 until one is done. */
  let averageMs = 0

  function start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [] })
    worker.unref() // a process that forgets to close the pool ends all the same
    worker.on('message', (done: Done) => {
      const job = busy.get(worker)
      busy.delete(worker)
      idle.push(worker)
      if ('error' in done) job?.reject(new Error(`password worker: ${done.error}`))
      else {
        noteDuration(done.ms)
        job?.resolve(done.result)
      }
      next()
    })
    worker.on('error', (error: Error) => lose(worker, error))
    worker.on('exit', () => lose(worker, new Error('password worker ended')))
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
      worker.postMessage(job.task)
    }
  }

  /** How long so many tasks keep all threads busy. */
  const workMs = (tasks: number): number => (tasks * averageMs) / size

  /** Why a task cannot wait; null when it can. */
  function refusal(queue: string): Error | null {
    if (closed) return new ServiceUnavailable()
    const all = workMs(waiting.size)
    const retryAfterSeconds = Math.max(1, Math.ceil(all / 1_000))
    if (workMs(waiting.sizeOf(queue)) > MAX_OWN_WAIT_MS) {
      return new KarcisError('RATE_LIMITED', 'Too many sign-ins at once from here. Wait a while.', {
        retryAfterSeconds,
      })
    }
    if (all > MAX_WAIT_MS)
      return new ServiceUnavailable('Too many sign in just now. Try again.', retryAfterSeconds)
    return null
  }

  return {
    run(work, queue) {
      const refused = refusal(queue)
      if (refused) return Promise.reject(refused)
      return new Promise((resolve, reject) => {
        lastId += 1
        waiting.add(queue, { task: { ...work, id: lastId }, resolve, reject })
        next()
      })
    },
    async close() {
      closed = true
      for (let job = waiting.take(); job; job = waiting.take()) job.reject(new ServiceUnavailable())
      await Promise.all([...idle, ...busy.keys()].map((worker) => worker.terminate()))
    },
  }
}
