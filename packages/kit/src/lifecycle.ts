import type { Logger } from './log.ts'

const HARD_LIMIT_MS = 12_000

/** Something that runs until it is closed. */
export interface Running {
  url: string
  close(): Promise<void>
}

/**
 * Runs one process: starts it, says so, and closes it in order on SIGTERM or SIGINT. A start that fails ends with
 * exit code 1 and one line; a close that hangs is cut off, because an orchestrator would do so anyway.
 */
export async function runProcess(log: Logger, start: () => Promise<Running>): Promise<void> {
  let running: Running
  try {
    running = await start()
  } catch (error) {
    log.fatal({ err: error }, `could not start: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
  log.info({ url: running.url }, 'ready')

  let closing = false
  const stop = (signal: string): void => {
    if (closing) return
    closing = true
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), HARD_LIMIT_MS).unref()
    running.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopped uncleanly')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
