import cluster, { type Address, type Worker } from 'node:cluster'
import type { Running } from '@karcis/kit/lifecycle'
import type { Logger } from '@karcis/kit/log'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** A worker that ran this long did not die of its configuration. */
const SETTLED_MS = 10_000

/**
 * Runs this same program in several processes that share its port, which gives its connections to them in turn. One
 * that dies is started again: at once, or after longer and longer waits when it keeps dying. Draining has all of them stop, each
 * in order, and closing waits until they have ended. Each is independent: it knows its own sockets and revocations, and counts its own against limits.
 * @throws Error when one of them cannot start in the first place.
 */
export async function startWorkers(count: number, log: Logger): Promise<Required<Running>> {
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
      new Promise((ended) => {
        worker.once('exit', (code, signal) => {
          alive.delete(worker)
          reject(new Error(`worker ${worker.id} ended with ${signal ?? code} before it listened`))
          ended()
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
        () => undefined, // another restart is under way
      )
    }, wait)
    restarts.add(timer)
  }

  function drain(): void {
    if (closing) return
    closing = true
    for (const timer of restarts) clearTimeout(timer)
    for (const worker of alive.keys()) worker.process.kill('SIGTERM')
  }

  async function close(): Promise<void> {
    drain()
    await Promise.all(alive.values())
  }

  try {
    const [first] = await Promise.all(Array.from({ length: count }, () => start(FIRST_WAIT_MS)))
    return { url: `http://${first?.address}:${first?.port}`, drain, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Has a worker stop in order when its primary has died. By itself it would end at once, in the middle of what it does. */
export function endWithPrimary(worker: Worker, log: Logger): void {
  worker.once('disconnect', () => {
    worker.exitedAfterDisconnect = true
    log.error('the primary process has died')
    process.kill(process.pid, 'SIGTERM')
  })
}
