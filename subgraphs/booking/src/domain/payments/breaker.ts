import { type BreakerOptions, createBreaker } from '@karcis/kit/breakers/breaker'
import { KarcisError } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { type ExternalProvider, type KnownPayment, RefundFailed } from './provider.ts'

/**
 * The same provider, asked through a circuit breaker of its own: while it does not answer, callers are told so at once instead of
 * waiting for it, and it is left in peace. What it refuses is an answer. The log is told once that it is away, and once that it is back.
 * @param name by which the log knows it.
 */
export function guardProvider(
  name: string,
  provider: ExternalProvider,
  log: Logger,
  options: Pick<BreakerOptions, 'timeoutMs' | 'resetMs'> = {},
): ExternalProvider {
  const message = `${name} does not answer just now. Try again, or pay otherwise.`
  const breaker = createBreaker({ name, log, message, isAnswer, ...options })
  return {
    ...provider,
    start: (order) => breaker.run(() => provider.start(order)),
    status: (payment) => breaker.run(() => provider.status(payment)),
    cancel: (payment) => breaker.run(() => provider.cancel(payment)),
    ...(provider.dispute && {
      dispute: (payment: KnownPayment) =>
        breaker.run(async () => (await provider.dispute?.(payment)) ?? null),
    }),
    ...(provider.disputedSince && {
      disputedSince: (since: Date) => breaker.run(async () => (await provider.disputedSince?.(since)) ?? []),
    }),
    refund: (payment, refund) => breaker.run(() => provider.refund(payment, refund)),
  }
}

/** Whether the provider has answered, be it that it refuses. An answer that nobody understands is none. */
const isAnswer = (error: unknown): boolean =>
  error instanceof RefundFailed || (error instanceof KarcisError && error.code !== 'SERVICE_UNAVAILABLE')
