import { type Signal, signal } from '@preact/signals'
import { keepBy } from '../api/keeper.ts'
import { loadTexts } from '../texts/index.ts'
import { loadIcons } from '../ui/icon.tsx'

/** What runs behind the pages: the worker, its updates, and what waits to be sent. */
interface Background {
  readonly updateReady: Signal<boolean>
  applyUpdate(): void
}

/** Null until it has begun, after the first page stands. */
export const background = signal<Background | null>(null)

// From the first page on: the code for it loads when there is something to keep.
keepBy(() => import('../offline/events.ts'))

/** Begins it, and has what may be needed at hand. @param go shows a page of the app. */
export async function startBackground(go: (url: string) => void): Promise<void> {
  await Promise.all([loadTexts(['errors']), loadIcons()])
  const [{ startOffline }, { updateReady, applyUpdate }] = await Promise.all([
    import('../offline/start.ts'),
    import('../offline/worker.ts'),
  ])
  background.value = { updateReady, applyUpdate }
  await startOffline(go)
}
