const HARD_LIMIT_MS = 40_000 // above what a drain of router and subgraphs may take
const REPEAT_MS = 1000 // npm and the terminal both deliver one Ctrl-C

/**
 * Aborts on the first Ctrl-C, SIGTERM, hang-up, or when the process that started us is gone. A second
 * signal, given on purpose, ends us at once; so does a stop that takes too long.
 */
export function onInterruption(announce: () => void): AbortSignal {
  const controller = new AbortController()
  let since = 0
  const interrupt = () => {
    if (!controller.signal.aborted) {
      since = Date.now()
      setTimeout(() => process.exit(1), HARD_LIMIT_MS).unref()
      announce()
      controller.abort()
    } else if (Date.now() - since > REPEAT_MS) {
      process.exit(130)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt)
  process.on('disconnect', interrupt)
  return controller.signal
}
