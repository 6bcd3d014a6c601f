import type { Random } from '../common/random.ts'

export type Metadata = Record<string, string>

/** https://docs.stripe.com/api/payment_intents/object; statuses: https://docs.stripe.com/payments/paymentintents/lifecycle */
export interface PaymentIntent {
  readonly id: string
  readonly object: 'payment_intent'
  amount: number
  amount_capturable: number
  amount_received: number
  canceled_at: number | null
  cancellation_reason: string | null
  readonly capture_method: 'automatic' | 'automatic_async' | 'manual'
  readonly client_secret: string
  readonly created: number
  readonly currency: string
  description: string | null
  last_payment_error: object | null
  latest_charge: string | null
  metadata: Metadata
  next_action:
    | { type: 'redirect_to_url'; redirect_to_url: { url: string; return_url: string } }
    | { type: 'use_stripe_sdk'; use_stripe_sdk: object }
    | null
  payment_method: string | null
  readonly payment_method_types: readonly string[]
  processing: object | null
  readonly confirmation_method: 'automatic'
  readonly livemode: false
  readonly payment_method_options: object
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'requires_capture'
    | 'canceled'
    | 'succeeded'
}

/** https://docs.stripe.com/api/charges/object */
export interface Charge {
  readonly id: string
  readonly object: 'charge'
  readonly amount: number
  amount_captured: number
  amount_refunded: number
  captured: boolean
  readonly currency: string
  disputed: boolean
  readonly payment_intent: string
  readonly paid: boolean
  refunded: boolean
  readonly status: 'succeeded' | 'failed'
  readonly balance_transaction: string | null
  readonly billing_details: object
  readonly created: number
  readonly description: string | null
  readonly failure_code: string | null
  readonly failure_message: string | null
  readonly livemode: false
  readonly metadata: Metadata
  readonly payment_method: string | null
  readonly payment_method_details: object
  readonly receipt_url: null
}

/** https://docs.stripe.com/api/refunds/object */
export interface Refund {
  readonly id: string
  readonly object: 'refund'
  readonly amount: number
  readonly charge: string
  readonly currency: string
  readonly payment_intent: string
  failure_reason?: string
  pending_reason?: string
  readonly balance_transaction: string
  readonly created: number
  readonly metadata: Metadata
  readonly reason: string | null
  status: 'pending' | 'succeeded' | 'failed'
}

/** https://docs.stripe.com/api/disputes/object */
export interface Dispute {
  readonly id: string
  readonly object: 'dispute'
  readonly amount: number
  readonly charge: string
  readonly currency: string
  readonly payment_intent: string
  metadata: Metadata
  evidence: object
  readonly balance_transactions: readonly object[]
  readonly created: number
  readonly evidence_details: object
  readonly is_charge_refundable: boolean
  readonly livemode: false
  readonly reason: string
  status: 'needs_response' | 'under_review' | 'won' | 'lost'
}

/** Seconds since 1970, as Stripe dates everything. */
export const unix = (date: Date): number => Math.floor(date.getTime() / 1_000)

/** An id of Stripe's form: "pi_3Rk…". */
const idOf = (prefix: string, random: Random): string => `${prefix}_${random.alphanumeric(24)}`

interface NewPaymentIntent {
  readonly amount: number
  readonly currency: string
  readonly captureMethod: PaymentIntent['capture_method']
  readonly types: readonly string[]
  readonly description: string | undefined
  readonly metadata: Metadata
  readonly more: object
}

export function newPaymentIntent(asked: NewPaymentIntent, random: Random, created: number): PaymentIntent {
  const id = idOf('pi', random)
  return {
    id,
    object: 'payment_intent',
    amount: asked.amount,
    amount_capturable: 0,
    amount_received: 0,
    ...asked.more,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: asked.captureMethod,
    client_secret: `${id}_secret_${random.alphanumeric(25)}`,
    created,
    currency: asked.currency,
    description: asked.description ?? null,
    last_payment_error: null,
    latest_charge: null,
    metadata: asked.metadata,
    next_action: null,
    payment_method: null,
    payment_method_types: asked.types,
    processing: null,
    status: 'requires_payment_method',
    livemode: false,
    confirmation_method: 'automatic',
    payment_method_options: {},
  }
}

export function newCharge(
  intent: PaymentIntent,
  outcome: { status: Charge['status']; captured: boolean; failure?: { code: string; message: string } },
  random: Random,
  created: number,
): Charge {
  const type = intent.payment_method?.startsWith('pm_card')
    ? 'card'
    : (intent.payment_method_types[0] ?? 'card')
  const details = type === 'card' ? { brand: 'visa', country: 'ID', funding: 'credit', last4: '4242' } : {}
  return {
    id: idOf('ch', random),
    object: 'charge',
    amount: intent.amount,
    amount_captured: outcome.captured ? intent.amount : 0,
    amount_refunded: 0,
    captured: outcome.captured,
    currency: intent.currency,
    disputed: false,
    paid: outcome.status === 'succeeded',
    payment_intent: intent.id,
    refunded: false,
    status: outcome.status,
    balance_transaction: outcome.captured ? idOf('txn', random) : null,
    billing_details: { address: null, email: null, name: null, phone: null },
    created,
    description: intent.description,
    failure_code: outcome.failure?.code ?? null,
    failure_message: outcome.failure?.message ?? null,
    livemode: false,
    metadata: { ...intent.metadata },
    payment_method: intent.payment_method,
    payment_method_details: { type, [type]: details },
    receipt_url: null,
  }
}

export function newRefund(
  charge: Charge,
  asked: { amount: number; reason: string | undefined; metadata: Metadata; pending: boolean },
  random: Random,
  created: number,
): Refund {
  return {
    id: idOf('re', random),
    object: 'refund',
    amount: asked.amount,
    charge: charge.id,
    currency: charge.currency,
    payment_intent: charge.payment_intent,
    status: asked.pending ? 'pending' : 'succeeded',
    ...(asked.pending ? { pending_reason: 'processing' } : {}),
    balance_transaction: idOf('txn', random),
    created,
    metadata: asked.metadata,
    reason: asked.reason ?? null,
  }
}

export function newDispute(charge: Charge, reason: string, random: Random, created: number): Dispute {
  const week = 7 * 86_400
  return {
    id: idOf('du', random),
    object: 'dispute',
    amount: charge.amount_captured - charge.amount_refunded,
    charge: charge.id,
    currency: charge.currency,
    evidence: {},
    metadata: {},
    payment_intent: charge.payment_intent,
    status: 'needs_response',
    balance_transactions: [],
    created,
    evidence_details: { due_by: created + week, has_evidence: false, past_due: false, submission_count: 0 },
    is_charge_refundable: false,
    livemode: false,
    reason,
  }
}
