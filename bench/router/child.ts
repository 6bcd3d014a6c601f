import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { stopChild } from '@karcis/infra/processes'
import { cpuOfFamily, readProc } from './cpu.ts'

/** A process under measurement. */
export interface Child extends AsyncDisposable {
  port: number
  /** Microseconds of user and system time that it and its children have used so far; in steps of the kernel's clock. */
  cpu(): number
  /** Bytes that are resident now. */
  memory(): number
  /** Null while it runs, else how it ended and what it last said. */
  failure(): string | null
  tell(message: object): void
}

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 5_000
const KEPT_OUTPUT = 2_000

/** A program and its arguments. */
export type Command = [program: string, ...args: string[]]

/** Node with these arguments. */
export const node = (...args: string[]): Command => [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  ...args,
]

/** Starts Node with these arguments, as `startCommand` does. */
export const startChild = (port: number, args: string[], env?: Record<string, string>): Promise<Child> =>
  startCommand(port, node(...args), env)

/**
 * Starts a server and resolves when it answers HTTP at `port`, whatever it answers.
 * @throws Error with its last words when it ends before.
 */
export async function startCommand(
  port: number,
  [program, ...args]: Command,
  env: Record<string, string> = {},
): Promise<Child> {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const output = keepOutput(child)
  const failure = (): string | null =>
    child.exitCode === null && child.signalCode === null
      ? null
      : `ended (${child.exitCode ?? child.signalCode}): ${output()}`
  const stop = () => stopChild(child, 'SIGTERM', STOP_LIMIT_MS)
  await using stack = new AsyncDisposableStack()
  stack.defer(stop)
  await Promise.race([
    once(child, 'spawn'),
    once(child, 'error').then(([error]) => Promise.reject(error as Error)),
  ])
  const { pid } = child
  const deadline = Date.now() + START_LIMIT_MS
  while (!(await answers(port))) {
    const reason = failure() ?? (Date.now() > deadline ? `does not answer: ${output()}` : null)
    if (reason) throw new Error(reason)
    await sleep(100)
  }
  stack.move()
  return {
    port,
    failure,
    cpu: () => cpuOfFamily(pid),
    memory: () => Number(/VmRSS:\s*(\d+) kB/.exec(readProc(pid, 'status'))?.[1]) * 1024,
    tell: (message) => void child.send(message),
    [Symbol.asyncDispose]: stop,
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      body: '{"query":"{__typename}"}',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
    })
    await response.body?.cancel()
    return true
  } catch {
    return false
  }
}

function keepOutput(child: ChildProcess): () => string {
  let kept = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      kept = (kept + chunk.toString()).slice(-KEPT_OUTPUT)
    })
  }
  return () => kept.trim()
}
