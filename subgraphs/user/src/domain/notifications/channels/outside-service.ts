import { type BreakerOptions, createBreaker } from '@karcis/kit/breakers/breaker'
import { CircuitOpen } from '@karcis/kit/breakers/circuit'
import type { Logger } from '@karcis/kit/log'
import { RetryLater } from './channel.ts'

/** Longer than one request waits for its answer. */
const TIMEOUT_MS = 35_000

/** What of an answer decides. */
interface Answer {
  status: number
}

/** A service that messages are handed to, behind a circuit breaker. */
export interface OutsideService extends Disposable {
  /** Asks it. An answer of 5xx is one, and counts as a failure. @throws RetryLater when it was not asked; what the call throws. */
  ask<A extends Answer>(call: () => Promise<A>): Promise<A>
}

/** An answer that is a failure to the breaker, on its way through it. */
class Failing extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`it answered ${answer.status}`)
    this.answer = answer
  }
}

/** @param name as the log calls it. */
export function createOutsideService(
  name: string,
  log: Logger,
  options: Partial<Pick<BreakerOptions, 'resetMs'>> = {},
): OutsideService {
  const message = `${name} does not answer just now.`
  const breaker = createBreaker({
    name,
    log,
    message,
    timeoutMs: TIMEOUT_MS,
    isAnswer: () => false,
    ...options,
  })
  return {
    async ask(call) {
      try {
        return await breaker.run(async () => {
          const answer = await call()
          if (answer.status >= 500) throw new Failing(answer)
          return answer
        })
      } catch (error) {
        if (error instanceof Failing) return error.answer as Awaited<ReturnType<typeof call>>
        throw error instanceof CircuitOpen
          ? new RetryLater(error.message, Number(error.facts.retryAfterSeconds))
          : error
      }
    },
    [Symbol.dispose]: () => breaker[Symbol.dispose](),
  }
}
