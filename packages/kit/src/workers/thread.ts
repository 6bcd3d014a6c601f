import { parentPort } from 'node:worker_threads'

/** A task as it goes to a thread, and what comes back. */
export interface Numbered<Task> {
  id: number
  task: Task
}
export type Done<Result> = { id: number; result: Result; ms: number } | { id: number; error: string }

/** Has this thread work off the tasks of the pool that started it. Whatever `work` throws fails its task alone. */
export function serveTasks(work: (task: never) => unknown): void {
  async function done({ id, task }: Numbered<never>): Promise<Done<unknown>> {
    const startedAt = performance.now()
    try {
      const result = await work(task)
      return { id, result, ms: performance.now() - startedAt }
    } catch (error) {
      return { id, error: error instanceof Error ? error.message : String(error) }
    }
  }
  const answer = async (task: Numbered<never>) => parentPort?.postMessage(await done(task))
  parentPort?.on('message', (task: Numbered<never>) => void answer(task))
}
