import { setTimeout as sleep } from 'node:timers/promises'
import type { StopTimes } from './env.ts'
import type { Logger } from './log.ts'

/** Beyond the time for what is under way: for all that is closed after it, such as the database. */
const CLOSING_MS = 2_000

/** What is told of a process that goes on failing while it stops. */
const MAX_TOLD = 20

/** How a process ends by itself. */
export const EXIT_CODES = {
  /** As it was told to. */
  stopped: 0,
  /** It could not start, or could not stop in time or in order. */
  failed: 1,
  /** Something went wrong that nobody took care of. It has finished what it could. */
  unexpected: 70,
}

/** Something that runs until it is closed. */
export interface Running {
  url: string
  /** Has `/ready` say no and connections end with their next answer, and goes on serving. */
  drain?(): void
  /** Takes no more work, and ends what is under way. */
  close(): Promise<void>
}

/**
 * Runs one process: starts it, says so, and on SIGTERM or SIGINT drains it, which lets balancers turn away, and closes it in
 * order. A start that fails ends with exit code 1 and one line; a close that hangs is cut off, because an orchestrator would
 * do so anyway.
 *
 * An error that nobody caught, or a promise that nobody owns and that fails, ends the process the same way, with exit code 70:
 * what it has broken nobody knows, and whoever watches over the process starts another one.
 */
export async function runProcess(
  log: Logger,
  start: () => Promise<Running>,
  { drainMs, stopMs }: StopTimes = { drainMs: 0, stopMs: 10_000 },
): Promise<void> {
  let running: Running | undefined
  let exitCode = EXIT_CODES.stopped
  let stopping = false
  let told = 0

  async function stop(reason: string): Promise<void> {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    if (!running) process.exit(exitCode) // nothing has been begun
    setTimeout(
      () => {
        log.error('did not stop in time')
        process.exit(exitCode || EXIT_CODES.failed)
      },
      drainMs + stopMs + CLOSING_MS,
    ).unref()
    try {
      running.drain?.()
      await sleep(drainMs)
      await running.close()
    } catch (error) {
      log.error({ err: error }, 'stopped uncleanly')
      exitCode ||= EXIT_CODES.failed
    }
    process.exit(exitCode)
  }

  process.on('uncaughtException', (error, origin) => {
    if (told++ < MAX_TOLD) log.fatal({ err: error, origin }, 'nobody took care of this error')
    exitCode = EXIT_CODES.unexpected
    void stop(origin)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (name) => void stop(name))

  try {
    running = await start()
  } catch (error) {
    log.fatal({ err: error }, `could not start: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(EXIT_CODES.failed)
  }
  log.info({ url: running.url }, 'ready')
}
