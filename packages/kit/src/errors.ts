/** Every code a client can meet in `extensions.code`; the same list as `enum ErrorCode` in schema/user.graphql. */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'RATE_LIMITED',
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
  'INVALID_CREDENTIALS',
  'TOKEN_EXPIRED',
  'TOKEN_REUSED',
  'EMAIL_TAKEN',
  'ACCOUNT_SUSPENDED',
  'EVENT_NOT_BOOKABLE',
  'ROOM_NOT_AVAILABLE',
  'SALE_NOT_OPEN',
  'SOLD_OUT',
  'SEATS_UNAVAILABLE',
  'ORPHAN_SEAT',
  'HOLD_EXPIRED',
  'LIMIT_EXCEEDED',
  'QUEUE_REQUIRED',
  'PROMO_INVALID',
  'BOOKING_NOT_PAYABLE',
  'PAYMENT_DECLINED',
  'INSUFFICIENT_BALANCE',
  'REFUND_NOT_ALLOWED',
  'IDEMPOTENCY_KEY_REUSED',
  'TICKET_INVALID',
  'ALREADY_CHECKED_IN',
  'SECOND_FACTOR_REQUIRED',
  'STEP_UP_REQUIRED',
  'SALES_PAUSED',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** One broken rule of an input: `path` is dotted from the argument down (`input.sections.0.rows`). */
export interface FieldProblem {
  path: string
  message: string
}

/**
 * A failure that is expected: it reaches the client as a GraphQL error with `extensions.code` and the facts
 * beside it. Anything that is not a KarcisError is a bug, and is masked at the edge.
 */
export class KarcisError extends Error {
  readonly code: ErrorCode
  readonly facts: Record<string, unknown>

  constructor(code: ErrorCode, message: string, facts: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.facts = facts
  }
}

export class Unauthenticated extends KarcisError {
  constructor(message = 'Sign in first: this needs an access token.') {
    super('UNAUTHENTICATED', message)
  }
}

export class Forbidden extends KarcisError {
  constructor(message = 'You may not do this.') {
    super('FORBIDDEN', message)
  }
}

/** Somebody has not shown enough of who they are. */
export class SecondFactorRequired extends KarcisError {
  /** @param facts what a sign-in is gone on with; none for somebody who has no second factor yet, and needs one. */
  constructor(
    message = 'Your role needs a second factor: set one up first (enableTotp or startPasskeyRegistration).',
    facts: Record<string, unknown> = {},
  ) {
    super('SECOND_FACTOR_REQUIRED', message, facts)
  }
}

/** Somebody has shown who they are too long ago for what they ask. */
export class StepUpRequired extends KarcisError {
  constructor(maxAgeSeconds: number) {
    super('STEP_UP_REQUIRED', 'Show once more that it is you (stepUp), then ask again.', { maxAgeSeconds })
  }
}

export class NotFound extends KarcisError {
  constructor(what: string, id: string) {
    super('NOT_FOUND', `There is no ${what} with the id ${id}.`, { id })
  }
}

export class BadUserInput extends KarcisError {
  constructor(fields: FieldProblem[]) {
    super('BAD_USER_INPUT', fields.map((field) => `${field.path}: ${field.message}`).join('; '), { fields })
  }
}

export class Conflict extends KarcisError {
  constructor(message: string, facts: Record<string, unknown> = {}) {
    super('CONFLICT', message, facts)
  }
}

/** Something that is needed is away, full or too busy; nothing is wrong with what was asked. */
export class ServiceUnavailable extends KarcisError {
  /** @param retryAfterSeconds how soon it is worth trying again: restarts and failovers take some seconds. */
  constructor(
    message = 'A part of the system does not answer just now. Try again.',
    retryAfterSeconds = 2,
    options?: ErrorOptions,
  ) {
    super('SERVICE_UNAVAILABLE', message, { retryAfterSeconds }, options)
  }
}
