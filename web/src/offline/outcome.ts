import { ApiError } from '../api/api-error.ts'
import type { Failure } from './database.ts'
import type { Outcome } from './outbox.ts'

/** There was no answer, or whoever would know it was away: the same request may be sent again under its idempotency key. */
const LOST = new Set<string>(['OFFLINE', 'UNREACHABLE', 'SERVICE_UNAVAILABLE'])
/** Refused before anything was done, and not for what was asked: later it may be taken. */
const NOT_NOW = new Set<string>(['RATE_LIMITED', 'UNAUTHENTICATED', 'TOKEN_EXPIRED'])

/** Whether nobody knows what became of a request. */
export const isLost = (error: unknown): boolean => error instanceof ApiError && LOST.has(error.code)

/** What a failed request of the outbox came to. Whoever sends it is not asking for it just now, so what is only too early waits. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ApiError)) return 'lost'
  return LOST.has(error.code) || NOT_NOW.has(error.code) ? 'lost' : { failure: failureOf(error) }
}

export const failureOf = ({ code, message, extensions }: ApiError): Failure => ({ code, message, extensions })

export const errorOf = ({ code, message, extensions }: Failure): ApiError =>
  new ApiError(code as ApiError['code'], message, extensions)
