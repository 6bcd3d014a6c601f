import { createHash } from 'node:crypto'
import { toDecimal } from '../common/money.ts'
import type { Channel, Tampering } from '../common/notifier.ts'
import { type Charge, DECIMALS, midtransTime, refundedOf, type SnapTransaction } from './transaction.ts'

const MINUTE = 60_000
const RETRIES_MS = [2, 10, 30, 90, 210].map((minutes) => minutes * MINUTE)

/** A transaction as it was when it was told of. */
export type Told = ReturnType<typeof describe>

/**
 * A charge in the words of the Core API, with the status code that goes with its status.
 * - Fields of a card: https://docs.midtrans.com/docs/get-status-api-requests
 * - Codes: 200 paid, cancelled and refunded, 201 pending and challenged, 202 denied:
 *   https://docs.midtrans.com/reference/code-statuses
 * - An expired one is 407 when asked for, and 202 when told: https://docs.midtrans.com/reference-link/expire-transaction
 */
export function describe(
  transaction: SnapTransaction,
  charge: Charge,
  { serverKey, merchantId, told }: { serverKey: string; merchantId: string; told: boolean },
) {
  const statusCode = codeOf(charge, told)
  const grossAmount = toDecimal(transaction.grossAmount, DECIMALS)
  return {
    transaction_time: midtransTime(charge.at),
    transaction_status: charge.status,
    transaction_id: charge.id,
    status_message: told ? 'midtrans payment notification' : 'Success, transaction is found',
    status_code: statusCode,
    signature_key: signatureKey(transaction.orderId, statusCode, grossAmount, serverKey),
    ...(charge.settledAt ? { settlement_time: midtransTime(charge.settledAt) } : {}),
    payment_type: charge.type,
    order_id: transaction.orderId,
    merchant_id: merchantId,
    gross_amount: grossAmount,
    fraud_status: charge.fraud,
    currency: 'IDR',
    ...(charge.type === 'credit_card'
      ? {
          masked_card: '48111111-1114',
          bank: 'bni',
          card_type: 'credit',
          eci: '05',
          approval_code: charge.id.replaceAll(/\D/g, '').slice(0, 13),
          channel_response_code: charge.status === 'deny' ? '05' : '00',
          channel_response_message: charge.status === 'deny' ? 'Do not honour' : 'Approved',
        }
      : {}),
    ...(charge.refunds.length > 0
      ? {
          refund_amount: toDecimal(refundedOf(charge), DECIMALS),
          refunds: charge.refunds.map((refund, index) => ({
            refund_chargeback_id: index + 1,
            refund_amount: toDecimal(refund.amount, DECIMALS),
            created_at: midtransTime(refund.at),
            reason: refund.reason,
            refund_key: refund.key,
          })),
        }
      : {}),
  }
}

function codeOf(charge: Charge, told: boolean): string {
  switch (charge.status) {
    case 'pending':
      return '201'
    case 'capture':
      return charge.fraud === 'challenge' ? '201' : '200'
    case 'deny':
      return '202'
    case 'expire':
      return told ? '202' : '407'
    case 'settlement':
    case 'cancel':
    case 'refund':
    case 'partial_refund':
      return '200'
  }
}

/** SHA512(order_id + status_code + gross_amount + server key): https://docs.midtrans.com/reference/handle-notifications */
const signatureKey = (orderId: string, statusCode: string, grossAmount: string, serverKey: string): string =>
  createHash('sha512').update(`${orderId}${statusCode}${grossAmount}${serverKey}`).digest('hex')

/**
 * How Midtrans notifies: https://docs.midtrans.com/docs/https-notification-webhooks
 * - JSON by POST; an answer is waited for 15 s.
 * - 2xx is taken; 500 is tried again once, 503 four times, 400 and 404 twice, 301 to 303 never; everything else five
 *   times, after at most 2, 10, 30, 90 and 210 minutes, shifted by lot.
 * - 307 and 308 are followed, five at most.
 *
 * The signature does not cover `transaction_status`: what `replay` changes is signed as rightly as the true one.
 */
export function midtransChannel(serverKey: string): Channel<Told> {
  return {
    timeoutMs: 15_000,
    redirects: 5,
    render: (news, tampering) => ({
      body: JSON.stringify(tamper(news, tampering, serverKey)),
      headers: { accept: 'application/json', 'user-agent': 'Veritrans' },
    }),
    retryAfter: (attempts, status, random) => {
      const wait = attempts <= retriesFor(status) ? RETRIES_MS[attempts - 1] : undefined
      return wait === undefined ? undefined : wait * random.next()
    },
  }
}

function retriesFor(status: number | undefined): number {
  if (status === 500) return 1
  if (status === 503) return 4
  if (status === 400 || status === 404) return 2
  return status === 301 || status === 302 || status === 303 ? 0 : 5
}

function tamper(news: Told, tampering: Tampering, serverKey: string): Told {
  if (typeof tampering === 'object')
    return { ...news, transaction_status: (tampering.status ?? 'pending') as Charge['status'] }
  switch (tampering) {
    case 'none':
      return news
    case 'forge':
      return {
        ...news,
        signature_key: signatureKey(news.order_id, news.status_code, news.gross_amount, `not ${serverKey}`),
      }
    case 'wrong-amount': {
      const gross_amount = '1.00'
      return {
        ...news,
        gross_amount,
        signature_key: signatureKey(news.order_id, news.status_code, gross_amount, serverKey),
      }
    }
    case 'wrong-currency':
      return { ...news, currency: 'USD' }
  }
}
