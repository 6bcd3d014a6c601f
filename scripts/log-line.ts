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
