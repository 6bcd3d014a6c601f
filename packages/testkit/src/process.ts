import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '@karcis/infra/setup'
import { eventually } from './eventually.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** What every process of a test has of our own environment: where programs are, and what is compiled of them (vitest.config.ts). */
const { PATH, NODE_COMPILE_CACHE } = process.env
export const INHERITED: Record<string, string> = {
  ...(PATH !== undefined && { PATH }),
  ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
}

/** One line of a process' log. */
export interface LogLine {
  level: number
  msg: string
  [fact: string]: unknown
}

/** A real process of ours, or of a test. Killed when it is disposed of, if it still runs. */
export interface TestProcess extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** What it has logged so far. */
  readonly log: readonly LogLine[]
  /** How it ended: an exit code, or the name of a signal. */
  readonly ended: Promise<number | string>
  readonly hasEnded: boolean
  /** What it says of itself on `/ready` or another path; null when it does not answer. */
  probe(path?: string): Promise<{ status: number; body: Record<string, unknown> } | null>
  /** Waits until `/ready` says yes. */
  ready(): Promise<void>
  signal(name: NodeJS.Signals): void
}

/**
 * Starts a program of this repository, which listens on `PORT` of its environment: a free one.
 * @param script from the root of the repository.
 * @param execArgv options of Node.
 */
export async function startProcess(
  script: string,
  env: Record<string, string>,
  execArgv: string[] = [],
): Promise<TestProcess> {
  const port = String(await freePort())
  const child = spawn(process.execPath, [...execArgv, script], {
    cwd: ROOT,
    env: { ...INHERITED, HOST: '127.0.0.1', LOG_LEVEL: 'info', ...env, PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: LogLine[] = []
  readLines(child, (line) => log.push(line))
  let hasEnded = false
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => {
      hasEnded = true
      resolve(signal ?? code ?? 'unknown')
    }),
  )
  const url = `http://127.0.0.1:${port}`
  const probe: TestProcess['probe'] = async (path = '/ready') => {
    try {
      const response = await fetch(url + path, { headers: { connection: 'close' } })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    } catch {
      return null
    }
  }
  return {
    url,
    pid: child.pid ?? 0,
    log,
    ended,
    get hasEnded() {
      return hasEnded
    },
    probe,
    ready: () =>
      eventually(async () => {
        const answer = hasEnded ? null : await probe()
        if (answer?.status !== 200) throw new Error(`${script} is not ready: ${JSON.stringify(log.at(-1))}`)
      }),
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Both what it logs and what Node says of it, such as that it ran out of memory. */
function readLines(child: ChildProcess, onLine: (line: LogLine) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(read(line))
    })
  }
}

function read(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return { level: 0, msg: line }
  }
}
