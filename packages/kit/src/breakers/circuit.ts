import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import { ServiceUnavailable } from '../errors.ts'
import type { Logger } from '../log.ts'

/** Nobody was asked, and nothing was begun: what should answer has not answered of late. */
export class CircuitOpen extends ServiceUnavailable {}

/** How a circuit is, for whoever watches over the process. */
export interface CircuitFigures {
  name: string
  state: 'closed' | 'half-open' | 'open'
  /** How often it has opened. */
  opened: number
  /** How many calls were refused because it was not closed. */
  refused: number
}

export interface CircuitOptions {
  /** What stands behind it: a subgraph or an outside service, as metrics and the log call it. */
  name: string
  log: Logger
  /** Whom callers are told to be without, as a sentence. */
  message?: string
  /** For how long nobody is asked once it is open; then one call is let through, to see. */
  resetMs: number
  /** Ends a call that takes longer; undefined where calls end by themselves. */
  timeoutMs?: number
  /** Whether an error is an answer all the same, such as a refusal. */
  isAnswer(error: unknown): boolean
  /** So many calls of the last ten seconds at least, more than half of them failed, open it; undefined: only `open` does. */
  fewestCalls?: number
}

const WINDOW_MS = 10_000
const MOST_FAILED_PERCENT = 50

/** opossum's code for a call that was not made: https://nodeshift.dev/opossum/ */
const OPEN = 'EOPENBREAKER'

const NEVER = new EventEmitter().setMaxListeners(0)

/** The circuits of a process, by its log, of which it has one. */
const circuits = new WeakMap<Logger, Set<Circuit>>()

/** What the circuits of a process are like. Of those of one name, as of a subgraph that has moved, the state is that of the newest. */
export function circuitFigures(log: Logger): CircuitFigures[] {
  const all = new Map<string, CircuitFigures>()
  for (const { figures } of circuits.get(log) ?? []) {
    const { opened, refused } = all.get(figures.name) ?? { opened: 0, refused: 0 }
    all.set(figures.name, { ...figures, opened: opened + figures.opened, refused: refused + figures.refused })
  }
  return [...all.values()]
}

/**
 * A circuit breaker: opossum's, whose state is also a plain field, for whoever asks for it thousands of times a second. While it is open nobody
 * is let through, and after `resetMs` one: with the answer to that it closes, and without one it is open again.
 */
export class Circuit implements Disposable {
  readonly name: string
  /** Whether calls are made as ever. */
  isClosed = true
  readonly #opossum: CircuitBreaker<[() => Promise<unknown>]>
  readonly #options: CircuitOptions
  #opensUntil = 0
  /** The last one: in a rush these are thousands, and to make an error costs as much as all the rest of a refusal. */
  #refusal: CircuitOpen | undefined
  #opened = 0
  #refused = 0

  constructor(options: CircuitOptions) {
    const { name, log, resetMs, timeoutMs } = options
    this.name = name
    this.#options = options
    this.#opossum = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
      name,
      timeout: timeoutMs ?? false,
      resetTimeout: resetMs,
      rollingCountTimeout: WINDOW_MS,
      volumeThreshold: options.fewestCalls ?? Number.MAX_SAFE_INTEGER,
      errorThresholdPercentage: MOST_FAILED_PERCENT,
      errorFilter: options.isAnswer,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      ...(options.fewestCalls === undefined && { rotateBucketController: NEVER }), // no window, and so no timer
    })
    this.#opossum.on('open', () => {
      if (this.isClosed) log.warn({ circuit: name, resetMs }, `${name} is not asked any more for a while`)
      this.isClosed = false
      this.#opened += 1
      this.#opensUntil = performance.now() + resetMs
    })
    this.#opossum.on('close', () => {
      this.isClosed = true
      log.warn({ circuit: name }, `${name} is asked again`)
    })
    const known = circuits.get(log) ?? new Set()
    circuits.set(log, known.add(this))
  }

  get figures(): CircuitFigures {
    const { opened, halfOpen } = this.#opossum
    const state = opened ? 'open' : halfOpen ? 'half-open' : 'closed'
    return { name: this.name, state, opened: this.#opened, refused: this.#refused }
  }

  /** Makes a call, unless it is open. @throws CircuitOpen; what the call throws; opossum's `ETIMEDOUT` for one that took too long. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    try {
      return (await this.#opossum.fire(call)) as T
    } catch (error) {
      if ((error as { code?: unknown } | undefined)?.code !== OPEN) throw error
      throw this.refusal()
    }
  }

  /** What callers are told who are not let through. It counts as one of them. */
  refusal(): CircuitOpen {
    this.#refused += 1
    const seconds = Math.max(1, Math.ceil((this.#opensUntil - performance.now()) / 1_000))
    if (this.#refusal?.facts.retryAfterSeconds !== seconds)
      this.#refusal = new CircuitOpen(this.#options.message, seconds)
    return this.#refusal
  }

  open(): void {
    this.#opossum.open()
  }

  [Symbol.dispose](): void {
    circuits.get(this.#options.log)?.delete(this)
    this.#opossum.shutdown()
  }
}
