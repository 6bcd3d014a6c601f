import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { stopChild } from '@karcis/infra/processes'
import { SetupError } from '@karcis/infra/setup'
import { ROOT } from './paths.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
const STABLE_MS = 30_000 // a process that ran this long starts again at the shortest pause
const READY_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 15_000 // the processes cut themselves off after 12 s

/** Loaded into every process of the platform before its own code: when we are gone without a word, it stops in order too. */
const FOLLOW_PARENT = `data:text/javascript,${encodeURIComponent(`
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()`)}`

/** One process of the platform. */
export interface ProcessSpec {
  readonly name: string
  /** Relative to the project. */
  readonly script: string
  readonly env: NodeJS.ProcessEnv
  /** Answers 200 once the process can serve. */
  readonly readyUrl: string
  /** How long it may take to end, when that is not the usual. */
  readonly stopLimitMs?: number
}

/** Keeps one process running: starts it again, with growing pauses, whenever it dies on its own. */
export class SupervisedProcess {
  readonly spec: ProcessSpec
  readonly #log: (line: string) => void
  readonly #onChange: () => void
  readonly #stopping = new AbortController()
  #child: ChildProcess | undefined
  #wasReady = false
  #pause = FIRST_PAUSE_MS
  #lastLines: string[] = []

  constructor(spec: ProcessSpec, log: (line: string) => void, onChange: () => void) {
    this.spec = spec
    this.#log = log
    this.#onChange = onChange
  }

  /** The id of the process that runs now; none while it is between two lives. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Starts it and resolves when it is ready; one that dies before it was ever ready is not tried again. */
  async start(): Promise<void> {
    const child = this.#spawn()
    const outcome = await this.#untilReady(child, READY_LIMIT_MS)
    if (outcome === 'late') throw new SetupError(`${this.spec.name} was not ready in time: ${this.#reason()}`)
    if (outcome === 'dead') throw new SetupError(`${this.spec.name} did not start: ${this.#reason()}`)
    this.#wasReady = true
  }

  /** Resolves when a process answers that it is ready, has ended, or took too long; or when we are stopping. */
  async #untilReady(child: ChildProcess, limitMs: number): Promise<'ready' | 'dead' | 'late' | 'stopping'> {
    let ended = child.pid === undefined || child.exitCode !== null || child.signalCode !== null
    child.once('close', () => {
      ended = true
    })
    const deadline = Date.now() + limitMs
    while (!(await isReady(this.spec.readyUrl))) {
      if (this.#stopping.signal.aborted) return 'stopping'
      if (ended) return 'dead'
      if (Date.now() > deadline) return 'late'
      await sleep(50)
    }
    return 'ready'
  }

  /** Ends it in order, by force past the limit, and leaves it ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    if (this.#child) await stopChild(this.#child, 'SIGTERM', this.spec.stopLimitMs ?? STOP_LIMIT_MS)
  }

  /** For the last moment of our own process, where nothing can be waited for. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #spawn(): ChildProcess {
    const flags = ['--disable-warning=ExperimentalWarning', '--import', FOLLOW_PARENT]
    const child = spawn(process.execPath, [...flags, resolve(ROOT, this.spec.script)], {
      cwd: ROOT,
      env: this.spec.env,
      detached: true, // a terminal's Ctrl-C must not stop all of them at once, out of order
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    for (const input of [child.stdout, child.stderr]) {
      if (input) createInterface({ input }).on('line', (line) => this.#print(line))
    }
    const startedAt = Date.now()
    const onEnd = (reason: string): void => {
      this.#child = undefined
      this.#onChange()
      if (!this.#wasReady || this.#stopping.signal.aborted) return
      void this.#revive(reason, Date.now() - startedAt)
    }
    child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`))
    child.on('error', (error) => {
      this.#print(error.message)
      if (child.pid === undefined) onEnd(error.message) // the system had no room for it; then nothing has exited either
    })
    this.#onChange()
    return child
  }

  async #revive(reason: string, livedMs: number): Promise<void> {
    if (livedMs > STABLE_MS) this.#pause = FIRST_PAUSE_MS
    this.#log(`died (${reason}); starting it again in ${this.#pause} ms`)
    try {
      await sleep(this.#pause, undefined, { signal: this.#stopping.signal })
    } catch {
      return // we are stopping
    }
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS)
    const child = this.#spawn()
    let outcome = await this.#untilReady(child, READY_LIMIT_MS)
    if (outcome === 'late') {
      this.#log(`runs again (pid ${child.pid}) and is not ready yet: ${this.#reason()}`)
      outcome = await this.#untilReady(child, Number.POSITIVE_INFINITY)
    }
    if (outcome === 'ready') this.#log(`is ready again (pid ${child.pid})`)
  }

  /** Its last error, or else the last thing it said; of a log record the message. */
  #reason(): string {
    const isError = (candidate: string) => /^\w*Error\b/.test(candidate)
    const line = this.#lastLines.findLast(isError) ?? this.#lastLines.at(-1) ?? 'it gave no reason'
    try {
      return (JSON.parse(line) as { msg?: string }).msg ?? line
    } catch {
      return line
    }
  }

  #print(line: string): void {
    if (line.trim() === '') return
    this.#lastLines = [...this.#lastLines, line].slice(-30)
    this.#log(line)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}
