import { KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { noteOutage } from '@karcis/kit/outages'
import CircuitBreaker from 'opossum'
import { type ExternalProvider, type KnownPayment, RefundFailed } from './provider.ts'

export interface BreakerOptions {
  /** How long one call may take, requests that are made again among it; longer than a single request may. */
  timeoutMs: number
  /** For how long nobody is asked once it is open; then one call is let through, to see. */
  resetMs: number
}

const DEFAULTS: BreakerOptions = { timeoutMs: 15_000, resetMs: 10_000 }
/** It opens when of the calls of the last ten seconds, five at least, half have failed. */
const WINDOW_MS = 10_000
const FEWEST = 5
const MOST_FAILED_PERCENT = 50

/** The codes of opossum's own errors: https://nodeshift.dev/opossum/ */
const OPEN = 'EOPENBREAKER'
const TIMED_OUT = 'ETIMEDOUT'

/**
 * The same provider, asked through a circuit breaker of its own: while it does not answer, callers are told so at once instead of
 * waiting for it, and it is left in peace. What it refuses is an answer. The log is told once that it is away, and once that it is back.
 * @param name by which the log knows it.
 */
export function guardProvider(
  name: string,
  provider: ExternalProvider,
  log: Logger,
  options: Partial<BreakerOptions> = {},
): ExternalProvider {
  const { timeoutMs, resetMs } = { ...DEFAULTS, ...options }
  const breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
    name,
    timeout: timeoutMs,
    resetTimeout: resetMs,
    rollingCountTimeout: WINDOW_MS,
    volumeThreshold: FEWEST,
    errorThresholdPercentage: MOST_FAILED_PERCENT,
    errorFilter: isAnswer,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  })
  let closesAt = 0
  breaker.on('open', () => {
    closesAt = performance.now() + resetMs
    log.warn({ provider: name, resetMs }, `${name} is not asked any more for a while`)
  })

  async function guarded<T>(call: () => Promise<T>): Promise<T> {
    try {
      return (await breaker.fire(call)) as T
    } catch (error) {
      throw told(error as Error)
    }
  }

  function told(error: Error & { code?: unknown }): Error {
    if (error.code === OPEN) {
      const seconds = Math.max(1, Math.ceil((closesAt - performance.now()) / 1_000))
      return new ServiceUnavailable(`${name} does not answer just now. Try again, or pay otherwise.`, seconds)
    }
    const unavailable =
      error.code === TIMED_OUT && !(error instanceof KarcisError)
        ? new ServiceUnavailable(`${name} does not answer just now. Try again.`, 5, { cause: error })
        : error
    if (!isAnswer(unavailable)) noteOutage(log, name, unavailable.message)
    return unavailable
  }

  return {
    ...provider,
    start: (order) => guarded(() => provider.start(order)),
    status: (payment) => guarded(() => provider.status(payment)),
    cancel: (payment) => guarded(() => provider.cancel(payment)),
    ...(provider.dispute && {
      dispute: (payment: KnownPayment) => guarded(async () => (await provider.dispute?.(payment)) ?? null),
    }),
    ...(provider.disputedSince && {
      disputedSince: (since: Date) => guarded(async () => (await provider.disputedSince?.(since)) ?? []),
    }),
    refund: (payment, refund) => guarded(() => provider.refund(payment, refund)),
  }
}

/** Whether the provider has answered, be it that it refuses. An answer that nobody understands is none. */
const isAnswer = (error: unknown): boolean =>
  error instanceof RefundFailed || (error instanceof KarcisError && error.code !== 'SERVICE_UNAVAILABLE')
