import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './log.ts'
import { isAway } from './outages.ts'

/** Something that looks for work for as long as the process lives. */
export interface Lookout {
  /** There may be some. */
  wake(): void
  /** Ends after the look that is under way. */
  close(): Promise<void>
}

/**
 * Looks for work again and again, in a table that any number of processes look into.
 * @param look does what it finds, or begins to, and gives how long to rest in milliseconds: whoever wakes it cuts that short. It is to stop
 *   in the middle once `closing` is aborted.
 * @param options `soonMs` is rested after each look, whoever wakes it; `idleMs` after one that failed. `failed` is what the log then says.
 */
export function keepLooking(
  look: (closing: AbortSignal) => Promise<number>,
  { soonMs, idleMs, log, failed }: { soonMs: number; idleMs: number; log: Logger; failed: string },
): Lookout {
  const closing = new AbortController()
  let wake: () => void = () => undefined
  const pause = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined)

  async function keep(): Promise<void> {
    while (!closing.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      let restMs = idleMs
      try {
        restMs = await look(closing.signal)
      } catch (error) {
        if (!isAway(error, log)) log.error({ err: error }, failed)
      }
      await pause(soonMs)
      if (restMs > 0) await Promise.race([woken, pause(restMs)])
    }
  }
  const kept = keep()

  return {
    wake: () => wake(),
    async close() {
      closing.abort()
      await kept
    },
  }
}
