import { type LedgerEntry, toDecimal } from '../common/money.ts'
import { NotPossible, UnknownPayment } from '../common/protocol.ts'
import type { Surroundings } from '../common/server.ts'
import { API_VERSION, type StripeEvent } from './events.ts'
import { invalid, StripeFailure, unexpectedState } from './failure.ts'
import { type Charge, type Dispute, newCharge, type PaymentIntent, type Refund, unix } from './objects.ts'

/** https://docs.stripe.com/currencies#zero-decimal and #three-decimal; rupiah has two decimals at Stripe. */
const ZERO_DECIMALS = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ')
const THREE_DECIMALS = 'bhd jod kwd omr tnd'.split(' ')

/** The decimals in which Stripe counts a currency. */
export const decimalsOf = (currency: string): number =>
  ZERO_DECIMALS.includes(currency) ? 0 : THREE_DECIMALS.includes(currency) ? 3 : 2

/** Why a card is refused: `code` and `decline_code` of https://docs.stripe.com/declines/codes */
export interface Refusal {
  readonly code: string
  readonly decline_code?: string
  readonly message: string
}

/** Whose request it is that things happen by. */
export interface Cause {
  readonly request: string | null
  readonly key: string | null
}

const CANCELABLE: readonly PaymentIntent['status'][] = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
]
const PAYABLE: readonly PaymentIntent['status'][] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
]

interface Options {
  readonly webhookUrl: string | undefined
  /** The types of event that the endpoint listens to; all of them when not given. */
  readonly events: readonly string[] | undefined
}

/** A merchant's account at Stripe: its objects, and how they are paid. How money goes back is in `giving-back.ts`. */
export class StripeAccount {
  readonly intents: PaymentIntent[] = []
  readonly charges: Charge[] = []
  readonly refunds: Refund[] = []
  readonly disputes: Dispute[] = []
  readonly events: StripeEvent[] = []
  readonly #byId = new Map<string, PaymentIntent | Charge | Refund | Dispute>()
  /** The newest payment intent by what stands in its metadata. */
  readonly #byMetadata = new Map<string, PaymentIntent>()
  /** The request that is being done: events name it. */
  cause: Cause = { request: null, key: null }
  readonly #options: Options
  readonly surroundings: Surroundings<StripeEvent>

  constructor(options: Options, surroundings: Surroundings<StripeEvent>) {
    this.#options = options
    this.surroundings = surroundings
  }

  /** The newest payment intent with this id, or with this text among its metadata. */
  find(order: string): PaymentIntent | undefined {
    return this.intent(order) ?? this.#byMetadata.get(order)
  }

  intent(id: string): PaymentIntent | undefined {
    const found = this.#byId.get(id)
    return found?.object === 'payment_intent' ? found : undefined
  }

  /** @throws UnknownPayment */
  get(order: string): PaymentIntent {
    const found = this.find(order)
    if (!found) throw new UnknownPayment(order)
    return found
  }

  /** Any object by its id. */
  objectOf(id: string): PaymentIntent | Charge | Refund | Dispute | undefined {
    return this.#byId.get(id)
  }

  /** The charge that holds an intent's money. */
  chargeOf(intent: PaymentIntent): Charge | undefined {
    const found = this.#byId.get(intent.latest_charge ?? '')
    return found?.object === 'charge' && found.paid ? found : undefined
  }

  /** Keeps a new object where it is found again. */
  keep(object: PaymentIntent | Charge | Refund | Dispute): void {
    this.#byId.set(object.id, object)
    switch (object.object) {
      case 'payment_intent':
        this.intents.push(object)
        this.noteMetadata(object)
        break
      case 'charge':
        this.charges.push(object)
        break
      case 'refund':
        this.refunds.push(object)
        break
      case 'dispute':
        this.disputes.push(object)
        break
    }
  }

  /** An intent is found by what stands in its metadata now. */
  noteMetadata(intent: PaymentIntent): void {
    for (const value of Object.values(intent.metadata)) this.#byMetadata.set(value, intent)
  }

  add(intent: PaymentIntent): void {
    this.keep(intent)
    this.emit('payment_intent.created', intent)
  }

  /** Takes the money, or holds it where capture is manual. */
  authorize(intent: PaymentIntent): Charge {
    this.#mustBePayable(intent)
    const captured = intent.capture_method !== 'manual'
    const charge = this.#charge(intent, { status: 'succeeded', captured })
    Object.assign(intent, { next_action: null, processing: null, last_payment_error: null })
    if (captured) {
      intent.amount_received = intent.amount
      intent.status = 'succeeded'
      this.emit('charge.succeeded', charge)
      this.emit('payment_intent.succeeded', intent)
    } else {
      intent.amount_capturable = intent.amount
      intent.status = 'requires_capture'
      this.emit('charge.succeeded', charge)
      this.emit('payment_intent.amount_capturable_updated', intent)
    }
    return charge
  }

  /** The payment fails; another may be tried. @returns the failure to answer a request with (402) */
  fail(intent: PaymentIntent, refusal: Refusal): StripeFailure {
    this.#mustBePayable(intent)
    const charge = this.#charge(intent, { status: 'failed', captured: false, failure: refusal })
    const error = { type: 'card_error' as const, charge: charge.id, ...refusal }
    intent.last_payment_error = error
    Object.assign(intent, { payment_method: null, next_action: null, processing: null })
    intent.status = 'requires_payment_method'
    this.emit('charge.failed', charge)
    this.emit('payment_intent.payment_failed', intent)
    return new StripeFailure(402, { ...error, payment_intent: structuredClone(intent) })
  }

  /** The customer has to do something first: pass 3-D Secure, or pay on a page. */
  requireAction(intent: PaymentIntent, returnUrl: string | undefined): void {
    this.#mustBePayable(intent)
    const url = `${this.surroundings.url}/pay/${intent.client_secret}`
    intent.next_action = returnUrl
      ? { type: 'redirect_to_url', redirect_to_url: { url, return_url: returnUrl } }
      : { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
    intent.status = 'requires_action'
    this.emit('payment_intent.requires_action', intent)
  }

  /** The payment is under way and takes its time, as a bank transfer does. */
  process(intent: PaymentIntent): void {
    this.#mustBePayable(intent)
    Object.assign(intent, { next_action: null, processing: { type: 'card', card: {} } })
    intent.status = 'processing'
    this.emit('payment_intent.processing', intent)
  }

  capture(intent: PaymentIntent, amount: number): void {
    const charge = this.chargeOf(intent)
    if (intent.status !== 'requires_capture' || !charge) {
      throw unexpectedState(
        `This PaymentIntent could not be captured because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`,
        intent,
      )
    }
    if (amount > intent.amount_capturable) {
      throw invalid('The amount to capture is greater than what can be captured.', {
        code: 'amount_too_large',
        param: 'amount_to_capture',
      })
    }
    charge.captured = true
    charge.amount_captured = amount
    intent.amount_received = amount
    intent.amount_capturable = 0
    intent.status = 'succeeded'
    this.emit('charge.captured', charge)
    this.emit('payment_intent.succeeded', intent)
  }

  cancel(intent: PaymentIntent, reason: string | undefined): void {
    const { faults, now } = this.surroundings
    if (CANCELABLE.includes(intent.status) && faults.take('late-payment', { orders: ordersOf(intent) })) {
      if (intent.status === 'requires_capture') this.capture(intent, intent.amount_capturable)
      else this.authorize(intent)
    }
    if (!CANCELABLE.includes(intent.status)) {
      throw unexpectedState(
        `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: ${CANCELABLE.join(', ')}.`,
        intent,
      )
    }
    Object.assign(intent, { next_action: null, amount_capturable: 0, canceled_at: unix(now()) })
    intent.cancellation_reason = reason ?? null
    intent.status = 'canceled'
    this.emit('payment_intent.canceled', intent)
  }

  /** Notes an event, and sends it to the endpoint. */
  emit(type: string, object: object): void {
    const { random, now, notifier } = this.surroundings
    const listens = this.#options.events?.includes(type) ?? true
    const event: StripeEvent = {
      id: `evt_${random.alphanumeric(24)}`,
      object: 'event',
      api_version: API_VERSION,
      created: unix(now()),
      data: { object: structuredClone(object) },
      livemode: false,
      pending_webhooks: this.#options.webhookUrl && listens ? 1 : 0,
      request: { id: this.cause.request, idempotency_key: this.cause.key },
      type,
    }
    this.events.push(event)
    if (this.#options.webhookUrl && listens) {
      notifier.notify({
        orders: this.#ordersOfObject(object),
        tells: type,
        urls: [this.#options.webhookUrl],
        news: event,
      })
    }
  }

  ledger(): LedgerEntry[] {
    const refunds = Map.groupBy(this.refunds, (one) => one.payment_intent)
    const disputes = Map.groupBy(this.disputes, (one) => one.payment_intent)
    return this.intents.map((intent) => {
      const decimals = decimalsOf(intent.currency)
      const sum = (parts: readonly { amount: number }[] = []): string =>
        toDecimal(
          parts.reduce((total, { amount }) => total + amount, 0),
          decimals,
        )
      return {
        order: ordersOf(intent)[0] ?? intent.id,
        id: intent.id,
        currency: intent.currency.toUpperCase(),
        amount: toDecimal(intent.amount, decimals),
        captured: toDecimal(this.chargeOf(intent)?.amount_captured ?? 0, decimals),
        refunded: sum(refunds.get(intent.id)?.filter(({ status }) => status === 'succeeded')),
        disputed: sum(disputes.get(intent.id)?.filter(({ status }) => status !== 'won')),
        status: intent.status,
      }
    })
  }

  #charge(intent: PaymentIntent, outcome: Parameters<typeof newCharge>[1]): Charge {
    const { random, now } = this.surroundings
    const charge = newCharge(intent, outcome, random, unix(now()))
    this.keep(charge)
    intent.latest_charge = charge.id
    return charge
  }

  #mustBePayable(intent: PaymentIntent): void {
    if (!PAYABLE.includes(intent.status)) throw new NotPossible(`Payment ${intent.id} is ${intent.status}.`)
  }

  #ordersOfObject(object: object): string[] {
    const id = 'payment_intent' in object ? object.payment_intent : 'id' in object ? object.id : undefined
    const intent = this.intent(String(id))
    return intent ? ordersOf(intent) : []
  }
}

/** By what an order is known: its id (`metadata.order_id`), the payment's, and whatever else stands in the metadata. */
export function ordersOf({ id, metadata }: Pick<PaymentIntent, 'id' | 'metadata'>): string[] {
  return [...new Set([metadata.order_id ?? id, id, ...Object.values(metadata)])]
}
