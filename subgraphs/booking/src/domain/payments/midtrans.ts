import { sameSecret } from '@karcis/kit/secret-tokens'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceUnavailable, Unauthenticated } from '@karcis/kit/errors'
import { z } from 'zod'
import { PaymentDeclined } from '../errors.ts'
import { createHttpClient, eventIdOf, parseNotification, saysNothing } from './http-client.ts'
import {
  type ExternalProvider,
  type KnownPayment,
  type PaymentOrder,
  type PaymentReport,
  RefundFailed,
  RefundImpossible,
} from './provider.ts'

export interface MidtransOptions {
  serverKey: string
  /** Base URL of Snap, which makes payments and shows their pages. */
  snapUrl: string
  /** Base URL of the Core API, which tells of them and changes them. */
  apiUrl: string
  /** How long an answer is waited for. */
  timeoutMs: number
}

/** Midtrans answers so while the same request, sent before, is under way. */
const PROCESSING = 202
const PROCESSING_TRIES = 10
const PROCESSING_PAUSE_MS = 300

/** Ways to pay that money cannot go back by: https://docs.midtrans.com/docs/refund-transaction */
const BY_HAND = ['bank_transfer', 'echannel', 'permata', 'cstore']

const snapAnswer = z.object({ redirect_url: z.url({ protocol: /^https?$/ }) })

/** Of Get Status and of whatever changes a transaction. Failures have nothing but the code. */
const coreAnswer = z.object({
  status_code: z.string(),
  status_message: z.string().optional(),
  transaction_status: z.string().optional(),
  fraud_status: z.string().optional(),
  payment_type: z.string().optional(),
  gross_amount: z.string().optional(),
  currency: z.string().default('IDR'),
  refunds: z.array(z.object({ refund_key: z.string().optional() })).default([]),
})

type CoreAnswer = z.output<typeof coreAnswer>

const notification = z.object({
  order_id: z.string(),
  status_code: z.string(),
  gross_amount: z.string(),
  signature_key: z.string(),
})

/**
 * Pays on Midtrans' own page (Snap). A payment is known there by our id of it, its `order_id`. Amounts are whole rupiah.
 * Its words for how a payment stands: https://docs.midtrans.com/docs/transaction-status-cycle
 */
export function createMidtransProvider({
  serverKey,
  snapUrl,
  apiUrl,
  timeoutMs,
}: MidtransOptions): ExternalProvider {
  const request = createHttpClient({ name: 'Midtrans', key: serverKey, timeoutMs })

  /** @throws ServiceUnavailable unless there is an answer that says what was done. */
  async function send(method: 'GET' | 'POST', url: string, body?: object, key?: string) {
    for (let tries = 1; ; tries += 1) {
      const answer = await request(method, url, { body, key })
      if (answer.status !== PROCESSING) return answer
      if (tries === PROCESSING_TRIES) throw new ServiceUnavailable('Midtrans is still at it. Try again.', 5)
      await sleep(PROCESSING_PAUSE_MS)
    }
  }

  async function core(
    method: 'GET' | 'POST',
    { id }: KnownPayment,
    action: string,
    body?: object,
  ): Promise<CoreAnswer> {
    const { json } = await send(
      method,
      `${apiUrl}/v2/${id}/${action}`,
      body ?? (method === 'POST' ? {} : undefined),
    )
    const answer = coreAnswer.parse(json)
    const code = Number(answer.status_code)
    if (saysNothing(code)) throw new ServiceUnavailable(`Midtrans answered with ${code}. Try again.`, 5)
    return answer
  }

  const readStatus = (payment: KnownPayment): Promise<CoreAnswer> => core('GET', payment, 'status')

  return {
    kind: 'EXTERNAL',
    charges: (currency) => currency === 'IDR',

    async start({ paymentId, amount, expiresAt, returnUrl }: PaymentOrder) {
      const transaction = {
        transaction_details: { order_id: paymentId, gross_amount: amount },
        credit_card: { secure: true },
        expiry: { unit: 'minutes', duration: minutesUntil(expiresAt) },
        callbacks: { finish: returnUrl },
      }
      const { status, json } = await send('POST', `${snapUrl}/snap/v1/transactions`, transaction, paymentId)
      // Also what was started so long ago that its page cannot be had again: nobody was ever given it.
      if (status !== 201) throw new PaymentDeclined('MIDTRANS')
      return { reference: paymentId, action: { redirectUrl: snapAnswer.parse(json).redirect_url } }
    },

    async status(payment) {
      return reportOf(payment, await readStatus(payment))
    },

    async cancel(payment) {
      const before = await readStatus(payment)
      const report = reportOf(payment, before)
      if (report.status !== 'REQUIRES_ACTION' && report.status !== 'AUTHORIZED') return report
      // A page on which nothing was chosen cannot be closed, nor one on which a card was refused; it ends at its own time.
      if (isIdle(before)) return { ...report, status: 'FAILED' }
      await core('POST', payment, 'cancel')
      return reportOf(payment, await readStatus(payment))
    },

    async refund(payment, { key, amount }) {
      const before = await readStatus(payment)
      if (before.refunds.some((refund) => refund.refund_key === key)) return
      const whole = amount === payment.amount
      if (whole && before.transaction_status === 'cancel') return
      if (BY_HAND.includes(before.payment_type ?? ''))
        throw new RefundImpossible(`Midtrans: what was paid by ${before.payment_type} goes back by hand`)
      // What is captured and not settled yet can only be given up as a whole.
      const answer =
        whole && before.transaction_status === 'capture'
          ? await core('POST', payment, 'cancel')
          : await core('POST', payment, 'refund', { refund_key: key, amount })
      if (answer.status_code !== '200')
        throw new RefundFailed(`Midtrans: ${answer.status_code} ${answer.status_message ?? ''}`)
    },

    readNotification(body) {
      const told = parseNotification('Midtrans', notification, body)
      const { order_id, status_code, gross_amount, signature_key } = told
      const signed = createHash('sha512').update(`${order_id}${status_code}${gross_amount}${serverKey}`)
      if (!sameSecret(signature_key.toLowerCase(), signed.digest('hex')))
        throw new Unauthenticated('This is not signed by Midtrans.')
      if (!z.uuid().safeParse(order_id).success) return null
      return { eventId: eventIdOf(body), payment: { id: order_id }, about: 'PAYMENT' }
    },
  }
}

/** Rounded down, so that the page ends before the booking does. */
const minutesUntil = (time: Date): number => Math.max(1, Math.floor((time.getTime() - Date.now()) / 60_000))

/** Nothing was chosen on the page yet, or the last card was refused and another may be tried. */
const isIdle = ({ status_code, transaction_status }: CoreAnswer): boolean =>
  status_code === '404' || transaction_status === 'deny'

function reportOf({ amount, currency }: KnownPayment, answer: CoreAnswer): PaymentReport {
  if (isIdle(answer)) return { status: 'REQUIRES_ACTION', amount, currency }
  const { gross_amount = '' } = answer
  const [, rupiah] = /^(\d{1,15})(?:\.0+)?$/.exec(gross_amount) ?? []
  if (rupiah === undefined)
    throw new Error(
      `Midtrans: ${answer.status_code} ${answer.status_message ?? ''}, amount "${gross_amount}"`,
    )
  return { status: statusOf(answer), amount: Number(rupiah), currency: answer.currency }
}

function statusOf({ transaction_status, fraud_status }: CoreAnswer): PaymentReport['status'] {
  switch (transaction_status ?? '') {
    case 'capture':
      return fraud_status === 'challenge' ? 'AUTHORIZED' : 'PAID'
    case 'authorize':
      return 'AUTHORIZED'
    case 'settlement':
      return 'PAID'
    case 'pending':
      return 'REQUIRES_ACTION'
    case 'expire':
    case 'cancel':
    case 'failure':
      return 'FAILED'
    case 'refund':
      return 'REFUNDED'
    case 'partial_refund':
      return 'PARTIALLY_REFUNDED'
    default:
      throw new Error(`Midtrans says that a payment is "${transaction_status}", which is not known here`)
  }
}
