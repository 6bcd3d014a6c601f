import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { birthOf, isAlive, stopLeftover } from '@karcis/infra/processes'
import { clearRun } from './run-lock.ts'

/**
 * A process that outlives `npm start` when that is killed without a word: it waits until the processes of the platform, which stop by
 * themselves then, are gone, and ends the servers that they needed. It is told who runs over a channel, whose end is the sign.
 */

const RESTART_PAUSE_MS = 1_000

/** Who runs. */
interface Word {
  readonly dataDir: string
  /** How long the processes may take to end. */
  readonly limitMs: number
  readonly processes: readonly number[]
  readonly servers: readonly Server[]
}

/** A server of ours, and how it is asked to end. */
interface Server {
  readonly pid: number
  readonly signal: NodeJS.Signals
}

/** The survivor as `npm start` sees it. */
export interface Survivor extends Disposable {
  /** Told of each server whenever it is started. */
  serverStarted(name: string, server: Server): void
  /** Told of the platform's processes whenever one of them changes. */
  processesChanged(pids: readonly number[]): void
}

/** Starts it, and again should it die. */
export function startSurvivor(dataDir: string, limitMs: number): Survivor {
  const servers = new Map<string, Server>()
  let processes: readonly number[] = []
  let disposed = false
  let child = startChild()

  function startChild(): ChildProcess {
    const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', import.meta.filename], {
      env: { PATH: process.env.PATH }, // none of our secrets
      detached: true, // a terminal's Ctrl-C is for us
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    started.on('error', () => undefined) // one that cannot be told anything has died, or never lived
    started.once('exit', () => {
      if (disposed) return
      setTimeout(() => {
        child = startChild()
        tell()
      }, RESTART_PAUSE_MS).unref()
    })
    return started
  }

  function tell(): void {
    const word: Word = { dataDir, limitMs, processes, servers: [...servers.values()] }
    if (child.connected) child.send(word)
  }

  return {
    serverStarted(name, server) {
      servers.set(name, server)
      tell()
    },
    processesChanged(pids) {
      processes = pids
      tell()
    },
    [Symbol.dispose]() {
      disposed = true
      if (child.connected) child.disconnect()
    },
  }
}

/** The survivor itself. */
function survive(): void {
  const parent = process.ppid
  let word: Word | undefined
  const births = new Map<number, string>()
  process.on('message', (message) => {
    word = message as Word
    for (const pid of [...word.processes, ...word.servers.map((server) => server.pid)])
      if (!births.has(pid)) births.set(pid, birthOf(pid))
  })
  process.once('disconnect', () => void endAll().finally(() => process.exit()))
  // They are for `npm start`, whose end is what we go by.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)

  async function endAll(): Promise<void> {
    if (!word) return
    const { dataDir, limitMs, processes, servers } = word
    const isStill = (pid: number) => isAlive(pid) && birthOf(pid) === births.get(pid)
    const end = (pid: number, signal: NodeJS.Signals) => stopLeftover(pid, () => isStill(pid), signal)
    for (let waited = 0; processes.some(isStill) && waited < limitMs; waited += 50) await sleep(50)
    await Promise.all(processes.map((pid) => end(pid, 'SIGKILL'))) // those that are frozen, say
    await Promise.all(servers.map(({ pid, signal }) => end(pid, signal)))
    clearRun(dataDir, parent)
  }
}

if (import.meta.main) survive()
