import { KarcisError, ServiceUnavailable } from '../errors.ts'
import { noteOutage } from '../outages.ts'
import { Circuit, CircuitOpen, type CircuitOptions } from './circuit.ts'

export interface BreakerOptions extends Pick<CircuitOptions, 'name' | 'log' | 'message' | 'isAnswer'> {
  /** How long one call may take, requests that are made again among it; longer than a single request may. */
  timeoutMs?: number
  /** For how long nobody is asked once it is open; then one call is let through, to see. */
  resetMs?: number
}

/** Makes calls to something outside, or refuses to. */
export interface Breaker extends Disposable {
  /**
   * @throws CircuitOpen, a ServiceUnavailable, when no call was made; ServiceUnavailable for one that took too long, which may have been taken
   * all the same; whatever else the call throws.
   */
  run<T>(call: () => Promise<T>): Promise<T>
}

const TIMEOUT_MS = 15_000
const RESET_MS = 10_000
const FEWEST_CALLS = 5

/** Seconds after which a call that failed by itself may be made again. */
const RETRY_AFTER_SECONDS = 5

/** opossum's own, of a call that took too long. */
const TIMED_OUT = 'ETIMEDOUT'

/**
 * A circuit breaker around a service outside of the system: a payment provider, Google, a mail server. It opens when of the calls of ten seconds, five
 * at least, more than half have failed; from then on callers are told so at once instead of waiting, and it is left in peace for `resetMs`. What it
 * refuses is an answer. The log is told once that it is away, and once that it is back (outages.ts).
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { name, log, message, timeoutMs = TIMEOUT_MS, resetMs = RESET_MS, isAnswer } = options
  const circuit = new Circuit({ ...options, timeoutMs, resetMs, fewestCalls: FEWEST_CALLS })
  return {
    async run(call) {
      try {
        return await circuit.run(call)
      } catch (error) {
        if (error instanceof CircuitOpen || isAnswer(error)) throw error
        const isLate = (error as { code?: unknown }).code === TIMED_OUT && !(error instanceof KarcisError)
        const told = isLate ? new ServiceUnavailable(message, RETRY_AFTER_SECONDS, { cause: error }) : error
        noteOutage(log, name, (told as Error).message)
        throw told
      }
    },
    [Symbol.dispose]: () => circuit[Symbol.dispose](),
  }
}
