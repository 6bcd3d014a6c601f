import type { Reply } from '../common/protocol.ts'

interface ErrorObject {
  readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  readonly message: string
  readonly code?: string
  readonly decline_code?: string
  readonly param?: string
  readonly charge?: string
  readonly payment_intent?: object
}

/** A request that Stripe refuses, with its error object: https://docs.stripe.com/api/errors, https://docs.stripe.com/error-codes */
export class StripeFailure extends Error {
  readonly status: number
  readonly error: ErrorObject

  constructor(status: number, error: ErrorObject) {
    super(error.message)
    this.status = status
    this.error = error
  }

  get reply(): Reply {
    return { status: this.status, body: { error: this.error } }
  }
}

export const invalid = (message: string, more: Partial<ErrorObject> = {}): StripeFailure =>
  new StripeFailure(400, { type: 'invalid_request_error', message, ...more })

export const missingParam = (param: string): StripeFailure =>
  invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param })

export const noSuch = (kind: string, id: string, param: string): StripeFailure =>
  new StripeFailure(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  })

export const unexpectedState = (message: string, paymentIntent: object): StripeFailure =>
  invalid(message, {
    code: 'payment_intent_unexpected_state',
    payment_intent: structuredClone(paymentIntent),
  })
