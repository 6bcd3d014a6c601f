import { availableParallelism } from 'node:os'
import type { ImageFormat } from '@karcis/kit/contracts/files'
import { createWorkerPool } from '@karcis/kit/workers/pool'
import type { Master, PictureTask } from './picture-worker.ts'

const MAX_THREADS = 2

/** Makes pictures of pictures, off the main thread. */
export interface Pictures {
  /**
   * Reads what somebody sent, and makes the picture of it from which all sizes are made.
   * @param mostSide neither side of it is longer, in pixels. @param queue whom it waits with for its turn.
   * @throws KarcisError RATE_LIMITED or SERVICE_UNAVAILABLE when too many wait.
   */
  makeMaster(bytes: Uint8Array, mostSide: number, queue: string): Promise<Master>
  /** One size of it. @throws as `makeMaster` */
  makeSize(master: Uint8Array, width: number, format: ImageFormat, queue: string): Promise<Uint8Array>
  close(): Promise<void>
}

export function createPictures(): Pictures {
  const pool = createWorkerPool<PictureTask, Master | Uint8Array>({
    script: new URL('./picture-worker.ts', import.meta.url),
    size: Math.min(MAX_THREADS, Math.max(1, availableParallelism() - 1)),
    refusals: {
      own: 'Too many pictures at once. Wait a while.',
      all: 'Too many send pictures just now. Try again.',
    },
  })
  return {
    makeMaster: async (bytes, mostSide, queue) =>
      (await pool.run({ kind: 'master', bytes, mostSide }, queue)) as Master,
    makeSize: async (master, width, format, queue) =>
      (await pool.run({ kind: 'size', master, width, format }, queue)) as Uint8Array,
    close: () => pool.close(),
  }
}
