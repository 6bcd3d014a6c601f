import { Worker } from 'node:worker_threads'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Done, Task } from './worker.ts'

/** At some 60 ms each this is a wait of seconds already: better to say so than to let everybody time out. */
const MAX_WAITING_PER_WORKER = 100

type Work = Task extends infer Each ? (Each extends Task ? Omit<Each, 'id'> : never) : never

interface Job {
  task: Task
  resolve(result: string | boolean): void
  reject(error: Error): void
}

/** Threads that work off bcrypt tasks, first come first served, one at a time each. */
export interface WorkerPool {
  /** @throws ServiceUnavailable when too many wait, or the pool is closed. */
  run(work: Work): Promise<string | boolean>
  close(): Promise<void>
}

/** @param size how many threads; each starts when first needed and is replaced when it dies. */
export function createWorkerPool(size: number): WorkerPool {
  const waiting: Job[] = []
  const idle: Worker[] = []
  const busy = new Map<Worker, Job>()
  let closed = false
  let lastId = 0

  function start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [] })
    worker.unref() // a process that forgets to close the pool ends all the same
    worker.on('message', (done: Done) => {
      const job = busy.get(worker)
      busy.delete(worker)
      idle.push(worker)
      if ('error' in done) job?.reject(new Error(`password worker: ${done.error}`))
      else job?.resolve(done.result)
      next()
    })
    worker.on('error', (error: Error) => lose(worker, error))
    worker.on('exit', () => lose(worker, new Error('password worker ended')))
    return worker
  }

  function lose(worker: Worker, error: Error): void {
    busy.get(worker)?.reject(error)
    busy.delete(worker)
    const place = idle.indexOf(worker)
    if (place >= 0) idle.splice(place, 1)
    if (!closed) next()
  }

  function next(): void {
    while (waiting.length > 0 && (idle.length > 0 || busy.size < size)) {
      const job = waiting.shift() as Job
      const worker = idle.pop() ?? start()
      busy.set(worker, job)
      worker.postMessage(job.task)
    }
  }

  return {
    run(work) {
      if (closed || waiting.length >= MAX_WAITING_PER_WORKER * size)
        return Promise.reject(new ServiceUnavailable())
      return new Promise((resolve, reject) => {
        lastId += 1
        waiting.push({ task: { ...work, id: lastId }, resolve, reject })
        next()
      })
    },
    async close() {
      closed = true
      for (const job of waiting.splice(0)) job.reject(new ServiceUnavailable())
      await Promise.all([...idle, ...busy.keys()].map((worker) => worker.terminate()))
    },
  }
}
