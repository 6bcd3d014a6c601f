import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { stopChild } from './processes.ts'
import { SetupError } from './setup.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000
/** For how long a start is tried again whose failure will pass. */
const PASSING_MS = 15_000

export interface ServerProgram {
  /** As people call it: `Postgres`. */
  readonly name: string
  spawn(): ChildProcess
  /** Told the id of each process as soon as there is one. */
  readonly onSpawn?: ((pid: number) => void) | undefined
  /** Whether it takes connections. */
  answers(): Promise<boolean>
  /** What it said last. */
  lastWords(): string
  /** Whether a start that failed for this reason will soon succeed. */
  isPassing?(reason: string): boolean
  /** Asks it to end in order; past the limit it is killed. */
  readonly stopSignal: NodeJS.Signals
  readonly stopLimitMs: number
  /** Told in a line when it has died, and when it is back. Without it, one that dies stays dead. */
  readonly onRestart?: ((line: string) => void) | undefined
}

/** What whoever starts a server may want to know of its process. */
export type ServerEvents = Pick<ServerProgram, 'onSpawn' | 'onRestart'>

/** A server of our own that runs. */
export interface ServerProcess {
  /** Of the process that runs now; between two lives, of the last one. */
  readonly pid: number
  stop(): Promise<void>
}

/**
 * Starts a server and resolves when it answers. With `onRestart` it is started again, with growing pauses, whenever it dies by itself.
 * @throws SetupError when it ends before it has ever answered.
 */
export async function runServer(program: ServerProgram): Promise<ServerProcess> {
  const { name, stopSignal, stopLimitMs, onRestart } = program
  const stopping = new AbortController()
  let child = spawn(program)
  // For the last moment of our own process, where nothing can be waited for.
  const onExit = () => child.kill(stopSignal)
  process.once('exit', onExit)
  const stop = async () => {
    stopping.abort()
    process.off('exit', onExit)
    await stopChild(child, stopSignal, stopLimitMs)
  }
  const deadline = Date.now() + PASSING_MS
  let failure = await answersBeforeItEnds(program, child, stopping.signal)
  while (failure && program.isPassing?.(failure) && Date.now() < deadline) {
    await sleep(FIRST_PAUSE_MS)
    child = spawn(program)
    failure = await answersBeforeItEnds(program, child, stopping.signal)
  }
  if (failure) {
    process.off('exit', onExit)
    throw new SetupError(`${name} did not start: ${failure}`)
  }
  if (onRestart) void keepRunning(onRestart)
  return {
    get pid() {
      return child.pid ?? 0
    },
    stop,
  }

  async function keepRunning(say: (line: string) => void): Promise<void> {
    while (!stopping.signal.aborted) {
      const reason = await endOf(child)
      if (stopping.signal.aborted) return
      say(`${name} died (${reason}); starting it again`)
      await startAgain()
      if (!stopping.signal.aborted) say(`${name} is back (pid ${child.pid})`)
    }
  }

  /** It may fail for a while: a Postgres that was killed leaves processes behind that take a moment to notice. */
  async function startAgain(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await sleep(pause, undefined, { signal: stopping.signal })
      } catch {
        return // we are stopping
      }
      child = spawn(program)
      if ((await answersBeforeItEnds(program, child, stopping.signal)) === undefined) return
    }
  }
}

function spawn(program: ServerProgram): ChildProcess {
  const child = program.spawn()
  if (child.pid !== undefined) program.onSpawn?.(child.pid)
  return child
}

/** @returns undefined once it answers (or nobody wants to know any more), else why it did not. */
async function answersBeforeItEnds(
  program: ServerProgram,
  child: ChildProcess,
  signal: AbortSignal,
): Promise<string | undefined> {
  let failed: Error | undefined
  child.once('error', (error) => {
    failed = error
  })
  while (!signal.aborted && !(await program.answers())) {
    if (failed || child.exitCode !== null || child.signalCode !== null)
      return failed?.message ?? program.lastWords()
    await sleep(20)
  }
  return undefined
}

async function endOf(child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.signalCode ?? `exit code ${child.exitCode}`
}
