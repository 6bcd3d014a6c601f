import { createHmac } from 'node:crypto'
import type { Channel, Tampering } from '../common/notifier.ts'
import { unix } from './objects.ts'

/** The version that events are written in where the merchant's requests name none: that of the official library. */
export const API_VERSION = '2026-10-28.endive'

/** https://docs.stripe.com/api/events/object */
export interface StripeEvent {
  readonly id: string
  readonly object: 'event'
  readonly api_version: string
  readonly created: number
  readonly data: { readonly object: object }
  readonly livemode: false
  readonly pending_webhooks: number
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
  readonly type: string
}

const MINUTE = 60_000

/** "In a sandbox, three times over the course of a few hours"; when exactly is not said. */
const RETRIES_MS = [5 * MINUTE, 30 * MINUTE, 120 * MINUTE]

/**
 * How Stripe sends events: https://docs.stripe.com/webhooks
 * - JSON by POST, with `Stripe-Signature: t=…,v1=…`: HMAC-SHA256 over the time, a dot and the body, by the endpoint's
 *   secret; made anew for each attempt: https://docs.stripe.com/webhooks/signature
 * - Whatever is not 2xx, redirects among them, is tried again.
 * - Events come in no order, and may come twice: https://docs.stripe.com/webhooks#event-ordering
 */
export function stripeChannel(webhookSecret: string, now: () => Date): Channel<StripeEvent> {
  return {
    timeoutMs: 10_000,
    redirects: 0,
    render: (news, tampering) => {
      const body = JSON.stringify(tamper(news, tampering), null, 2)
      const time = unix(now())
      const secret = tampering === 'forge' ? `not ${webhookSecret}` : webhookSecret
      const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
      return {
        body,
        headers: { 'stripe-signature': `t=${time},v1=${signature}`, 'user-agent': 'Stripe/1.0' },
      }
    },
    retryAfter: (attempts) => RETRIES_MS[attempts - 1],
  }
}

/** A wrong event has an id of its own: the true one is to be taken in beside it. A forged one has that of the true one. */
function tamper(event: StripeEvent, tampering: Tampering): StripeEvent {
  if (tampering === 'none' || tampering === 'forge') return event
  if (typeof tampering === 'object') {
    return { ...event, id: `${event.id}R`, type: tampering.status ?? 'payment_intent.payment_failed' }
  }
  const currency = 'currency' in event.data.object && event.data.object.currency === 'usd' ? 'eur' : 'usd'
  const wrong = tampering === 'wrong-amount' ? { amount: 1, amount_received: 1 } : { currency }
  return {
    ...event,
    id: event.id + (tampering === 'wrong-amount' ? 'A' : 'C'),
    data: { object: { ...event.data.object, ...wrong } },
  }
}
