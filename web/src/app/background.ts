import { type Signal, signal } from '@preact/signals'
import { loadTexts } from '../texts/index.ts'

/** What runs behind the pages: the worker, its updates, and what waits to be sent. */
interface Background {
  readonly updateReady: Signal<boolean>
  applyUpdate(): void
}

/** Null until it has begun, after the first page stands. */
export const background = signal<Background | null>(null)

const parts = import.meta.glob<Record<string, unknown>>('../offline/{start,worker}.ts')

/** Begins it, and has what may be needed at hand. @param go shows a page of the app. */
export async function startBackground(go: (url: string) => void): Promise<void> {
  await loadTexts(['errors'])
  const [start, worker] = await Promise.all([
    parts['../offline/start.ts']?.(),
    parts['../offline/worker.ts']?.(),
  ])
  if (!start || !worker) return
  background.value = worker as unknown as Background
  await (start.startOffline as (go: (url: string) => void) => Promise<void>)(go)
}
