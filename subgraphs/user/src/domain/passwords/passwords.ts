import { createHmac, randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createWorkerPool } from '@karcis/kit/workers/pool'
import type { PasswordTask } from './worker.ts'

const MAX_THREADS = 4

/** Hashes and checks passwords, off the main thread. */
export interface Passwords {
  /** @param queue whom it waits with for its turn: those of one queue wait for each other first. */
  hash(password: string, queue: string): Promise<string>
  /**
   * Whether the password belongs to the hash. Without a hash the answer is false, after the same work, so that nobody
   * can tell by the clock whether an account exists.
   */
  verify(password: string, hash: string | null, queue: string): Promise<boolean>
  close(): Promise<void>
}

/**
 * @param pepper known to the processes but not to the database: a copy of the table alone cannot be guessed through.
 * @param cost bcrypt's work factor; one more doubles the time.
 */
export async function createPasswords(pepper: string, cost: number): Promise<Passwords> {
  const pool = createWorkerPool<PasswordTask, string | boolean>({
    script: new URL('./worker.ts', import.meta.url),
    size: Math.min(MAX_THREADS, Math.max(1, availableParallelism() - 1)),
    refusals: {
      own: 'Too many sign-ins at once from here. Wait a while.',
      all: 'Too many sign in just now. Try again.',
    },
  })

  // bcrypt reads 72 bytes and stops at a zero byte: 64 letters of base64 carry a password of any length.
  const preHash = (password: string): string =>
    createHmac('sha384', pepper).update(password.normalize('NFC')).digest('base64')
  const hash = async (password: string, queue: string): Promise<string> =>
    String(await pool.run({ kind: 'hash', secret: preHash(password), cost }, queue))

  const nobodys = await hash(randomUUID(), 'start')
  return {
    hash,
    async verify(password, stored, queue) {
      const secret = preHash(password)
      const right = await pool.run({ kind: 'verify', secret, hash: stored ?? nobodys }, queue)
      return right === true && stored !== null
    },
    close: () => pool.close(),
  }
}
