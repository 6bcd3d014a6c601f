import { parentPort } from 'node:worker_threads'
import { compareSync, hashSync } from 'bcryptjs'

/** One piece of work; `secret` is what is left of a password after the pre-hash. */
export type Task = { id: number; secret: string } & (
  | { kind: 'hash'; cost: number }
  | { kind: 'verify'; hash: string }
)
export type Done = { id: number; result: string | boolean; ms: number } | { id: number; error: string }

parentPort?.on('message', (task: Task) => {
  parentPort?.postMessage(work(task))
})

function work(task: Task): Done {
  const startedAt = performance.now()
  try {
    const result =
      task.kind === 'hash' ? hashSync(task.secret, task.cost) : compareSync(task.secret, task.hash)
    return { id: task.id, result, ms: performance.now() - startedAt }
  } catch (error) {
    return { id: task.id, error: error instanceof Error ? error.message : String(error) }
  }
}
