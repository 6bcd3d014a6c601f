import { Agent } from 'undici'
import type { Logger } from '../log.ts'
import { Circuit, type CircuitOpen } from './circuit.ts'

/** What any process answers that answers at all; whatever the answer. */
const PROBE_PATH = '/live'
/** A probe that is not answered by then was not. */
const PROBE_MS = 1_000
/** For how long nobody is asked once it is open. */
const RESET_MS = 1_000

/** How often it looks while one call may take its time; after which parts of that it probes, and a little before the end opens. */
const LOOKS = 20
const PROBES_AFTER = 0.5
const OPENS_AFTER = 0.9
/** It stops looking when nobody has asked for anything for so many looks. */
const IDLE_LOOKS = 10

export interface PeerBreakerOptions {
  /** The process behind it, as metrics and the log call it. */
  name: string
  /** Base URL of the process, or of the balancer before several. */
  origin: string
  log: Logger
  /** How long one call may take. */
  timeoutMs: number
}

/** There was no answer to a probe, and so nothing was asked. */
class Silent extends Error {}

/**
 * A circuit breaker around another process of the system. It is about silence, and nothing else: it opens when somebody has waited for as long as a
 * call may take, nobody has been answered anything meanwhile, and neither were probes over connections of their own, from half of that time on. So a
 * process that is frozen costs its time-out once. One that is slow answers probes; one that says 503 because it has too much to do has
 * answered; at an address behind which one of two is frozen, the other answers; and whoever goes away waits no more.
 *
 * While it is open callers are refused at once. After a second one of them is let through, behind a probe: when that is answered it closes.
 *
 * As long as all is well it is a few plain fields: `begin`, `answered` and `end` are for whoever makes thousands of calls a second, `run` for all others.
 */
export class PeerBreaker implements Disposable {
  readonly #circuit: Circuit
  readonly #prober = new Agent({ pipelining: 0 })
  readonly #origin: string
  readonly #timeoutMs: number
  readonly #probeMs: number
  readonly #lookMs: number
  #watch: NodeJS.Timeout | undefined
  /** Counted by those who ask. */
  #answers = 0
  #underWay = 0
  /** What the last look found. */
  #answersSeen = 0
  #lookedAt = 0
  #silentMs = 0
  #idleLooks = 0

  constructor({ name, origin, log, timeoutMs }: PeerBreakerOptions) {
    this.#origin = origin
    this.#timeoutMs = timeoutMs
    this.#lookMs = timeoutMs / LOOKS
    this.#probeMs = Math.min(PROBE_MS, timeoutMs / 4)
    this.#circuit = new Circuit({
      name,
      log,
      resetMs: RESET_MS,
      isAnswer: (error) => !(error instanceof Silent),
    })
  }

  /** Whether calls are made as ever; where they are not, `trial` makes them. */
  get isClosed(): boolean {
    return this.#circuit.isClosed
  }

  /** A call is made; `end` follows, whatever becomes of it. */
  begin(): void {
    this.#underWay += 1
    if (this.#watch === undefined) this.#startWatch()
  }

  /** Something was answered, whatever it says. */
  answered(): void {
    this.#answers += 1
  }

  end(): void {
    this.#underWay -= 1
  }

  /** Makes a call. @throws CircuitOpen when it was not made; what the call throws. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (!this.isClosed) return this.trial(call)
    this.begin()
    try {
      const answer = await call()
      this.answered()
      return answer
    } finally {
      this.end()
    }
  }

  /** Makes a call where it is not closed, if it is the one that is let through. @throws CircuitOpen when it was not made; what the call throws. */
  async trial<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await this.#circuit.run(async () => {
        if (!(await this.#isAlive())) throw new Silent()
        return call()
      })
    } catch (error) {
      throw error instanceof Silent ? this.refusal() : error
    }
  }

  /** What those are told who are not let through. */
  refusal(): CircuitOpen {
    return this.#circuit.refusal()
  }

  #startWatch(): void {
    this.#lookedAt = performance.now()
    this.#watch = setInterval(() => this.#look(), this.#lookMs).unref()
  }

  #look(): void {
    const now = performance.now()
    const sinceLast = Math.min(now - this.#lookedAt, 2 * this.#lookMs) // if this process itself stood still, it has seen nothing
    this.#lookedAt = now
    if (this.#answers !== this.#answersSeen || !this.isClosed) {
      this.#answersSeen = this.#answers
      this.#silentMs = 0
    } else if (this.#underWay > 0) this.#silentMs += sinceLast
    this.#idleLooks = this.#underWay > 0 ? 0 : this.#idleLooks + 1
    if (this.#idleLooks > IDLE_LOOKS) return this.#rest()
    if (this.#underWay === 0 || this.#silentMs < PROBES_AFTER * this.#timeoutMs) return
    if (this.#silentMs >= OPENS_AFTER * this.#timeoutMs) return this.#circuit.open()
    void this.#isAlive().then((isAlive) => isAlive && this.answered())
  }

  #rest(): void {
    clearInterval(this.#watch)
    this.#watch = undefined
    this.#idleLooks = 0
    this.#silentMs = 0
  }

  async #isAlive(): Promise<boolean> {
    try {
      const { body } = await this.#prober.request({
        origin: this.#origin,
        path: PROBE_PATH,
        method: 'GET',
        signal: AbortSignal.timeout(this.#probeMs),
      })
      void body.dump().catch(() => undefined)
      return true
    } catch {
      return false
    }
  }

  [Symbol.dispose](): void {
    this.#rest()
    this.#circuit[Symbol.dispose]()
    void this.#prober.destroy()
  }
}
