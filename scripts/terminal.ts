const SERVERS_MS = 25_000 // for the databases, after what stops before them
const REPEAT_MS = 1000 // npm and the terminal both deliver one Ctrl-C

/**
 * Aborts on the first Ctrl-C, SIGTERM, hang-up, or when the process that started us is gone. A second
 * signal, given on purpose, ends us at once; so does a stop that takes too long.
 * @param limitMs how long the processes may take to stop.
 */
export function onInterruption(announce: () => void, limitMs: number): AbortSignal {
  const controller = new AbortController()
  let since = 0
  const interrupt = () => {
    if (!controller.signal.aborted) {
      since = Date.now()
      setTimeout(() => process.exit(1), limitMs + SERVERS_MS).unref()
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

/** A terminal that is closed, or a pipe that nobody reads, must not keep us from stopping in order. */
export function tolerateClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

const LEVELS: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

interface Entry {
  readonly level: number
  readonly msg?: string
  readonly reason?: string
  readonly err?: { readonly message?: string; readonly stack?: string }
}

/** A process' JSON log record as a person reads it; a line that is none stays as it is. */
export function readableLine(line: string): string {
  const entry = parse(line)
  if (!entry) return line
  const level = LEVELS[entry.level] ?? String(entry.level)
  const cause = entry.level >= 50 ? (entry.err?.stack ?? entry.err?.message) : entry.err?.message
  return [`${level}: ${entry.msg ?? ''}`, entry.reason, cause].filter(Boolean).join(' · ')
}

function parse(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry = JSON.parse(line) as Entry
    return typeof entry.level === 'number' ? entry : undefined
  } catch {
    return undefined
  }
}
