import type { Channel, Tampering } from '../common/notifier.ts'
import type { Told } from './objects.ts'

const MINUTE = 60_000
const RETRIES_MS = [15, 45, 120, 180, 360, 720].map((minutes) => minutes * MINUTE)

/**
 * How Xendit calls back: https://docs.xendit.co/apidocs/webhook-behavior
 * - JSON by POST; 2xx within 30 s is taken, everything else is tried again six times: after 15 and 45 minutes, 2, 3, 6
 *   and 12 hours.
 * - `x-callback-token` is the account's verification token. It is the same in every call and covers nothing: a call that
 *   has it may say anything, so what is wrong or replayed here is as well attested as the truth.
 * - The same may come twice, and in another order:
 *   https://help.xendit.co/hc/en-us/articles/360037748532-If-Xendit-send-webhook-what-kind-of-handling-has-to-be-prepared-by-my-server
 */
export function xenditChannel(callbackToken: string): Channel<Told> {
  return {
    timeoutMs: 30_000,
    redirects: 0,
    render: (news, tampering) => ({
      body: JSON.stringify(tamper(news, tampering)),
      headers: {
        'x-callback-token': tampering === 'forge' ? `not ${callbackToken}` : callbackToken,
        'webhook-id': news.webhookId,
      },
    }),
    retryAfter: (attempts) => RETRIES_MS[attempts - 1],
  }
}

function tamper(news: Told, tampering: Tampering): object {
  const changes = changesOf(news, tampering)
  if (news.kind === 'invoice') return { ...news.body, ...changes }
  return { ...news.body, data: { ...news.body.data, ...changes } }
}

function changesOf({ kind }: Told, tampering: Tampering): object {
  if (typeof tampering === 'object') {
    return { status: tampering.status ?? (kind === 'invoice' ? 'EXPIRED' : 'FAILED') }
  }
  if (tampering === 'wrong-amount') return kind === 'invoice' ? { amount: 1, paid_amount: 1 } : { amount: 1 }
  return tampering === 'wrong-currency' ? { currency: 'USD' } : {}
}
