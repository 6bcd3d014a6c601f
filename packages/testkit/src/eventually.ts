import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 25

/** Long, for a machine may be busy, and nobody waits longer than it takes. */
const LIMIT_MS = 45_000

/** Calls `fn` until it no longer throws and gives back its result; past the time, its last failure. */
export async function eventually<T>(fn: () => T | Promise<T>, timeoutMs = LIMIT_MS): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      return await fn()
    } catch (error) {
      if (Date.now() >= deadline) throw error
    }
    await sleep(PAUSE_MS)
  }
}
