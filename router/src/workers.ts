import cluster, { type Address, type Worker } from 'node:cluster'
import type { Running } from '@karcis/kit/lifecycle'
import type { Logger } from '@karcis/kit/log'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** A worker that lived this long did not die of what it was started with. */
const SETTLED_MS = 10_000

/**
 * Runs this same program in several processes that share its port, connection by connection in turn. One that dies is started
 * again: at once, or later and later when it keeps dying. Closing tells all of them to go, and waits until they have.
 * Each stands on its own: it knows the sockets and revocations, and counts against the limits, that it sees itself.
 * @throws Error when one of them cannot start in the first place.
 */
export async function startWorkers(count: number, log: Logger): Promise<Running> {
  const alive = new Map<Worker, Promise<void>>()
  const restarts = new Set<NodeJS.Timeout>()
  let closing = false

  /** @param wait before the next start, should this one end soon. */
  function start(wait: number): Promise<Address> {
    const worker = cluster.fork()
    const startedAt = Date.now()
    const { promise: listening, resolve, reject } = Promise.withResolvers<Address>()
    worker.once('listening', resolve)
    worker.on('error', (error) =>
      log.warn({ worker: worker.id, reason: error.message }, 'worker not reached'),
    )
    alive.set(
      worker,
      new Promise((gone) => {
        worker.once('exit', (code, signal) => {
          alive.delete(worker)
          reject(new Error(`worker ${worker.id} ended with ${signal ?? code} before it listened`))
          gone()
          if (closing) return
          const next = Date.now() - startedAt > SETTLED_MS ? FIRST_WAIT_MS : wait
          log.error({ worker: worker.id, code, signal, restartInMs: next }, 'worker died')
          restartIn(next)
        })
      }),
    )
    return listening
  }

  function restartIn(wait: number): void {
    const timer = setTimeout(() => {
      restarts.delete(timer)
      start(Math.min(wait * 2, LONGEST_WAIT_MS)).then(
        () => log.info('worker replaced'),
        () => undefined, // it is on its way again
      )
    }, wait)
    restarts.add(timer)
  }

  async function close(): Promise<void> {
    closing = true
    for (const timer of restarts) clearTimeout(timer)
    for (const worker of alive.keys()) worker.process.kill('SIGTERM')
    await Promise.all(alive.values())
  }

  try {
    const [first] = await Promise.all(Array.from({ length: count }, () => start(FIRST_WAIT_MS)))
    return { url: `http://${first?.address}:${first?.port}`, close }
  } catch (error) {
    await close()
    throw error
  }
}
