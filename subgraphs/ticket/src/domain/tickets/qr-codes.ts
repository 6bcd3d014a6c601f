import { createWorkerPool } from '@karcis/kit/workers/pool'
import { LRUCache } from 'lru-cache'

/** Pictures of about a kilobyte each. */
const MAX_KEPT = 5_000

/** Pictures of codes, drawn off the main thread and kept. */
export interface QrCodes {
  /**
   * @param queue for whom: those of one queue wait for each other first. @returns a PNG in a `data:` URL.
   * @throws KarcisError RATE_LIMITED, ServiceUnavailable when too many wait.
   */
  picture(code: string, queue: string): Promise<string>
  close(): Promise<void>
}

export function createQrCodes(): QrCodes {
  const pool = createWorkerPool<string, string>({
    script: new URL('./qr-worker.ts', import.meta.url),
    size: 1,
    refusals: {
      own: 'Too many pictures of codes at once. Wait a while, or draw them from the codes.',
      all: 'Too many pictures of codes are being drawn just now. Try again, or draw them from the codes.',
    },
  })
  /** Also those that are still being drawn: whoever asks for one meanwhile waits for the same. */
  const kept = new LRUCache<string, Promise<string>>({ max: MAX_KEPT })
  return {
    picture(code, queue) {
      const known = kept.get(code)
      if (known) return known
      const drawn = pool.run(code, queue)
      kept.set(code, drawn)
      drawn.catch(() => kept.delete(code))
      return drawn
    },
    close: () => pool.close(),
  }
}
