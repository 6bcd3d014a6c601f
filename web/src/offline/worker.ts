import { signal } from '@preact/signals'
import { scriptUrl } from '../api/script-url.ts'

/** Whether another version of the app waits to begin. It begins when the person says so, since their pages load anew. */
export const updateReady = signal(false)

let waiting: ServiceWorker | null = null

/** Begins the version that waits; the page loads anew with it. */
export function applyUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  waiting?.postMessage('begin')
}

const HOUR_MS = 3_600_000

/** Has the worker installed, and looks for another version from time to time. @param url of its script, from this very site. */
export async function startWorker(url: string): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const registration = await navigator.serviceWorker.register(scriptUrl(url), {
    scope: '/',
    updateViaCache: 'none',
  })
  const look = () => {
    // The first one that is installed has none before it that it would wait for.
    if (!registration.waiting || !navigator.serviceWorker.controller) return
    waiting = registration.waiting
    updateReady.value = true
  }
  look()
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', look)
  })
  setInterval(() => void registration.update().catch(() => undefined), HOUR_MS)
}
