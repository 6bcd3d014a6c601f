import { setTimeout as sleep } from 'node:timers/promises'
import { BadUserInput, ServiceUnavailable, Unauthenticated } from '@karcis/kit/errors'
import { Stripe } from 'stripe'
import { z } from 'zod'
import { PaymentDeclined } from '../errors.ts'
import { fromDecimals, toDecimals } from './amounts.ts'
import { noAnswer, saysNothing } from './http-client.ts'
import {
  type Dispute,
  type ExternalProvider,
  type KnownPayment,
  type PaymentReport,
  RefundFailed,
} from './provider.ts'

export interface StripeOptions {
  secretKey: string
  /** Signs its events. */
  webhookSecret: string
  apiUrl: string
  /** A page with Stripe's own form, for buyers who come without one: the client secret is added to its path. */
  pageUrl?: string | undefined
  /** ISO 4217 codes. */
  currencies: readonly string[]
  /** How long an answer is waited for. */
  timeoutMs: number
}

/** How far the time in a signature may be off, in seconds. */
const TOLERANCE = 300

const IN_USE = 409
const IN_USE_TRIES = 10
const IN_USE_PAUSE_MS = 300

/**
 * In how many decimals Stripe counts a currency, where that is not two. Rupiah has two there: our IDR 150000 is its 15000000. ISK and
 * UGX have none, and yet are said with two. https://docs.stripe.com/currencies#zero-decimal, #three-decimal, #special-cases
 */
const ZERO_DECIMALS = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ')
const THREE_DECIMALS = 'BHD JOD KWD OMR TND'.split(' ')

const stripeDecimals = (currency: string): number =>
  ZERO_DECIMALS.includes(currency) ? 0 : THREE_DECIMALS.includes(currency) ? 3 : 2

/** @returns null for what Stripe cannot charge: of three decimals the last must be 0. */
function toStripe(amount: number, currency: string): number | null {
  const units = toDecimals(amount, currency, stripeDecimals(currency))
  return units === null || (THREE_DECIMALS.includes(currency) && units % 10 !== 0) ? null : units
}

/** https://docs.stripe.com/api/disputes/object#dispute_object-status; of a mere inquiry no money was taken. */
const DISPUTES: Partial<Record<string, Dispute['status']>> = {
  needs_response: 'OPEN',
  under_review: 'OPEN',
  won: 'WON',
  lost: 'LOST',
}

const disputeShape = z.object({ object: z.literal('dispute'), payment_intent: z.string() })
const objectShape = z.object({ metadata: z.looseObject({ order_id: z.uuid() }) })

/** The most that its library gives of a list at once. */
const MOST_DISPUTES = 10_000

const CANCELABLE = ['requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture']

/**
 * Pays by Stripe's own form in the client, which takes the client secret of a payment intent. Payment intents do not end by
 * themselves: they are cancelled when the booking's time is over.
 * Its words for how a payment stands: https://docs.stripe.com/payments/paymentintents/lifecycle
 */
export function createStripeProvider(options: StripeOptions): ExternalProvider {
  const { secretKey, webhookSecret, apiUrl, pageUrl, currencies, timeoutMs } = options
  const { protocol, hostname, port } = new URL(apiUrl)
  const stripe = new Stripe(secretKey, {
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    port: port || (protocol === 'http:' ? 80 : 443),
    timeout: timeoutMs,
    maxNetworkRetries: 0, // who asks tries again, by the same idempotency key
    telemetry: false,
  })

  /** Asks for it, or finds what was asked for before with the same id: the answer is as of then. */
  async function create({ id, amount, currency }: Omit<KnownPayment, 'reference'>) {
    const units = toStripe(amount, currency)
    if (units === null) return null
    const params = { amount: units, currency: currency.toLowerCase(), metadata: { order_id: id } }
    return answer(untilFree(() => stripe.paymentIntents.create(params, { idempotencyKey: id })))
  }

  const retrieve = (id: string) => answer(stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] }))

  /** @returns null where Stripe has refused to start it. */
  async function find(payment: KnownPayment): Promise<Stripe.PaymentIntent | null> {
    const id = payment.reference ?? (await unlessRefused(create(payment)))?.id
    return id === undefined ? null : retrieve(id)
  }

  const report = (payment: KnownPayment, intent: Stripe.PaymentIntent | null): PaymentReport =>
    intent ? reportOf(intent) : { status: 'FAILED', amount: payment.amount, currency: payment.currency }

  return {
    kind: 'EXTERNAL',
    charges: (currency) => currencies.includes(currency),

    async start({ paymentId, amount, currency, returnUrl }) {
      const intent = await unlessRefused(create({ id: paymentId, amount, currency }))
      if (!intent) throw new PaymentDeclined('STRIPE')
      const { id, client_secret } = intent
      const clientSecret = z.string().parse(client_secret)
      const redirectUrl =
        pageUrl && `${pageUrl}/${clientSecret}?${new URLSearchParams({ return_url: returnUrl }).toString()}`
      return { reference: id, action: { clientSecret, ...(redirectUrl && { redirectUrl }) } }
    },

    async status(payment) {
      return report(payment, await find(payment))
    },

    async cancel(payment) {
      const before = await find(payment)
      if (!before || !CANCELABLE.includes(before.status)) return report(payment, before)
      await unlessRefused(answer(stripe.paymentIntents.cancel(before.id))) // or it was paid at this moment
      return reportOf(await retrieve(before.id))
    },

    async dispute(payment) {
      const { data } = await answer(
        stripe.disputes.list({ payment_intent: payment.reference ?? '', limit: 1 }),
      )
      const [last] = data
      const status = last && DISPUTES[last.status]
      if (!status) return null
      const amount = fromDecimals(last.amount, payment.currency, stripeDecimals(payment.currency))
      if (amount === null) throw new Error(`Stripe says that ${last.id} is of ${last.amount}`)
      return { id: last.id, status, amount }
    },

    /** https://docs.stripe.com/api/disputes/list (`created`), page by page. */
    async disputedSince(since) {
      const created = { gte: Math.floor(since.getTime() / 1_000) }
      const found = await answer(
        stripe.disputes.list({ created, limit: 100 }).autoPagingToArray({ limit: MOST_DISPUTES }),
      )
      return found.flatMap(({ payment_intent: intent }) =>
        typeof intent === 'string' ? intent : (intent?.id ?? []),
      )
    },

    async refund(payment, { key, amount }) {
      const id = (await find(payment))?.id
      if (id === undefined) throw new RefundFailed('Stripe: there is no such payment')
      const known = await answer(stripe.refunds.list({ payment_intent: id, limit: 100 }))
      const tries = known.data.filter(({ metadata }) => metadata?.refund_id === key)
      const ended = ['failed', 'canceled']
      const units = toStripe(amount, payment.currency)
      if (units === null) throw new RefundFailed(`Stripe cannot give ${amount} ${payment.currency} back`)
      const made =
        tries.find(({ status }) => !ended.includes(status ?? '')) ??
        (await answer(
          stripe.refunds.create(
            { payment_intent: id, amount: units, metadata: { refund_id: key, order_id: payment.id } },
            { idempotencyKey: `${key}:${tries.length}` }, // one that failed is made anew
          ),
        ).catch((error: unknown) => {
          throw error instanceof Stripe.errors.StripeError
            ? new RefundFailed(`Stripe: ${error.message}`)
            : error
        }))
      if (made.status !== 'succeeded') throw new RefundFailed(`Stripe: the refund is ${made.status}`)
    },

    readNotification(body, headers) {
      const { id: eventId, data } = readEvent(body, headers['stripe-signature'])
      const disputed = disputeShape.safeParse(data.object).data
      if (disputed) return { eventId, payment: { reference: disputed.payment_intent }, about: 'DISPUTE' }
      const ours = objectShape.safeParse(data.object).data
      return ours ? { eventId, payment: { id: ours.metadata.order_id }, about: 'PAYMENT' } : null
    },
  }

  /** @throws Unauthenticated, BadUserInput. */
  function readEvent(body: Buffer, signature: string | string[] | undefined): Stripe.Event {
    try {
      return stripe.webhooks.constructEvent(body, String(signature ?? ''), webhookSecret, TOLERANCE)
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError)
        throw new Unauthenticated('This is not signed by Stripe.')
      throw new BadUserInput([{ path: 'body', message: 'must be an event of Stripe' }])
    }
  }
}

/** Waits for the same request, sent before, that is under way: https://docs.stripe.com/error-codes (idempotency_key_in_use). */
async function untilFree<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      const inUse = error instanceof Stripe.errors.StripeError && error.statusCode === IN_USE
      if (!inUse || tries === IN_USE_TRIES) throw error
    }
    await sleep(IN_USE_PAUSE_MS)
  }
}

/** @returns null where Stripe refuses. */
const unlessRefused = <T>(asked: Promise<T>): Promise<T | null> =>
  asked.catch((error: unknown) => {
    if (error instanceof Stripe.errors.StripeError) return null
    throw error
  })

/** @throws ServiceUnavailable where the answer says nothing; Stripe's own error where it refuses. */
function answer<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    if (error instanceof Stripe.errors.StripeConnectionError) throw noAnswer('Stripe', error)
    const { statusCode = 0 } = error instanceof Stripe.errors.StripeError ? error : {}
    if (saysNothing(statusCode) || statusCode === IN_USE)
      throw new ServiceUnavailable(`Stripe answered with ${statusCode}. Try again.`, 5)
    throw error
  })
}

function reportOf({
  id,
  status,
  amount,
  amount_received,
  currency,
  latest_charge,
}: Stripe.PaymentIntent): PaymentReport {
  const code = currency.toUpperCase()
  const units = status === 'succeeded' ? amount_received : amount
  const ours = fromDecimals(units, code, stripeDecimals(code))
  if (ours === null) throw new Error(`Stripe says that ${id} is of ${units} ${code}`)
  const charge = typeof latest_charge === 'object' ? latest_charge : null
  return { status: statusOf(status, charge), amount: ours, currency: code }
}

function statusOf(
  status: Stripe.PaymentIntent.Status,
  charge: Stripe.Charge | null,
): PaymentReport['status'] {
  switch (status) {
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_action':
    case 'processing':
      return 'REQUIRES_ACTION'
    case 'requires_capture':
      return 'AUTHORIZED'
    case 'canceled':
      return 'FAILED'
    case 'succeeded':
      if (charge?.refunded) return 'REFUNDED'
      return charge && charge.amount_refunded > 0 ? 'PARTIALLY_REFUNDED' : 'PAID'
    default:
      throw new Error(`Stripe says that a payment is "${String(status)}", which is not known here`)
  }
}
