import { sameSecret } from '@karcis/kit/secret-tokens'
import { decimalsOf } from '@karcis/kit/contracts/currencies'
import { Unauthenticated } from '@karcis/kit/errors'
import { z } from 'zod'
import { PaymentDeclined } from '../errors.ts'
import { fromDecimals } from './amounts.ts'
import { createHttpClient, eventIdOf, parseNotification } from './http-client.ts'
import {
  type ExternalProvider,
  type KnownPayment,
  type PaymentOrder,
  RefundFailed,
  RefundImpossible,
} from './provider.ts'

export interface XenditOptions {
  secretKey: string
  /** What its callbacks are attested with. */
  callbackToken: string
  apiUrl: string
  /** ISO 4217 codes. */
  currencies: readonly string[]
  /** How long an answer is waited for. */
  timeoutMs: number
}

const invoiceShape = z.object({
  id: z.string(),
  status: z.enum(['PENDING', 'PAID', 'SETTLED', 'EXPIRED']),
  currency: z.string(),
  paid_amount: z.number().optional(),
  invoice_url: z.url({ protocol: /^https?$/ }),
  created: z.string(),
})
type Invoice = z.output<typeof invoiceShape>

const refundShape = z.object({ reference_id: z.string().nullish(), status: z.string() })
const failureShape = z.object({ error_code: z.string(), message: z.string().default('') })

/** Of an invoice, and of a refund: https://docs.xendit.co/apidocs/refund-webhook-notification */
const notification = z.union([
  z.object({ external_id: z.string() }),
  z.object({ event: z.string(), data: z.looseObject({}) }),
])

/** More than one payment ever has. */
const LIMIT = 100

/**
 * Pays on Xendit's own page (an invoice). A payment is known there by our id of it, the `external_id`; but Xendit makes a second invoice
 * where the same is asked twice, so the first one counts, and any other is expired as soon as it is seen.
 * Its words for how a payment stands: https://docs.xendit.co/xeninvoice/statuses
 */
export function createXenditProvider(options: XenditOptions): ExternalProvider {
  const { secretKey, callbackToken, apiUrl, currencies, timeoutMs } = options
  const send = createHttpClient({ name: 'Xendit', key: secretKey, timeoutMs })

  /** Those of a payment, the first one first. */
  async function findInvoices(paymentId: string): Promise<Invoice[]> {
    const query = new URLSearchParams({ external_id: paymentId, limit: String(LIMIT) })
    const { status, json } = await send('GET', `${apiUrl}/v2/invoices?${query.toString()}`)
    if (status !== 200) throw new Error(`Xendit: ${reasonOf(json)}`)
    return z
      .array(invoiceShape)
      .parse(json)
      .toSorted((a, b) => a.created.localeCompare(b.created) || a.id.localeCompare(b.id))
  }

  const expire = ({ id }: Invoice) => send('POST', `${apiUrl}/invoices/${id}/expire!`, { body: {} })

  async function create({ paymentId, amount, currency, expiresAt, returnUrl }: PaymentOrder): Promise<void> {
    const seconds = Math.floor((expiresAt.getTime() - Date.now()) / 1_000)
    const { status } = await send('POST', `${apiUrl}/v2/invoices`, {
      body: {
        external_id: paymentId,
        amount: amount / 10 ** decimalsOf(currency),
        currency,
        invoice_duration: Math.max(1, seconds),
        success_redirect_url: returnUrl,
        failure_redirect_url: returnUrl,
      },
    })
    if (status !== 200) throw new PaymentDeclined('XENDIT')
  }

  async function report(payment: KnownPayment) {
    const invoices = await findInvoices(payment.id)
    const paid = invoices.filter(({ status }) => status === 'PAID' || status === 'SETTLED')
    if (paid.length > 0) {
      // Of two that were paid the sum is not what was asked for: nothing moves until a person has looked at it.
      const amount = paid.reduce((sum, { paid_amount = 0 }) => sum + paid_amount, 0)
      const currency = paid[0]?.currency ?? payment.currency
      const ours = fromDecimals(Math.round(amount * 100), currency, 2)
      if (ours === null) throw new Error(`Xendit says that ${amount} ${currency} were paid`)
      return { status: 'PAID', amount: ours, currency } as const
    }
    const { amount, currency } = payment
    const ended = invoices.length > 0 && invoices.every(({ status }) => status === 'EXPIRED')
    return { status: ended ? 'FAILED' : 'REQUIRES_ACTION', amount, currency } as const
  }

  return {
    kind: 'EXTERNAL',
    charges: (currency) => currencies.includes(currency),

    async start(order) {
      let invoices = await findInvoices(order.paymentId)
      if (invoices.length === 0) {
        await create(order)
        invoices = await findInvoices(order.paymentId)
      }
      const [first, ...others] = invoices
      if (!first) throw new Error(`Xendit does not know the invoice of payment ${order.paymentId}`)
      for (const other of others) if (other.status === 'PENDING') await expire(other)
      return { reference: first.id, action: { redirectUrl: first.invoice_url } }
    },

    status: report,

    async cancel(payment) {
      const invoices = await findInvoices(payment.id)
      // Nobody was ever given the page of a start that did not come as far.
      if (invoices.length === 0) return { ...(await report(payment)), status: 'FAILED' }
      for (const invoice of invoices) if (invoice.status === 'PENDING') await expire(invoice)
      return report(payment)
    },

    async refund(payment, { key, amount }) {
      const invoices = await findInvoices(payment.id)
      const paid = invoices.find(({ status }) => status === 'PAID' || status === 'SETTLED')
      if (!paid) throw new RefundFailed('Xendit: no invoice of this payment is paid')
      const query = new URLSearchParams({ invoice_id: paid.id, limit: String(LIMIT) })
      const { json: known } = await send('GET', `${apiUrl}/refunds?${query.toString()}`)
      const tries = z
        .object({ data: z.array(refundShape) })
        .parse(known)
        .data.filter(({ reference_id }) => reference_id === key)
      const last = tries.find(({ status }) => status !== 'FAILED')
      const { status, json } = last
        ? { status: 200, json: last }
        : await send('POST', `${apiUrl}/refunds`, {
            key: `${key}:${tries.length}`, // one that failed is made anew
            body: {
              invoice_id: paid.id,
              amount: amount / 10 ** decimalsOf(payment.currency),
              reason: 'REQUESTED_BY_CUSTOMER',
              reference_id: key,
            },
          })
      if (status !== 200) {
        const reason = reasonOf(json)
        throw reason.startsWith('REFUND_NOT_SUPPORTED')
          ? new RefundImpossible(`Xendit: ${reason}`)
          : new RefundFailed(`Xendit: ${reason}`)
      }
      const made = refundShape.parse(json)
      if (made.status !== 'SUCCEEDED') throw new RefundFailed(`Xendit: the refund is ${made.status}`)
    },

    readNotification(body, headers) {
      const token = headers['x-callback-token']
      if (typeof token !== 'string' || !sameSecret(token, callbackToken))
        throw new Unauthenticated('This is not attested by Xendit.')
      const told = parseNotification('Xendit', notification, body)
      // What becomes of a refund its job asks for.
      if (!('external_id' in told) || !z.uuid().safeParse(told.external_id).success) return null
      return { eventId: eventIdOf(body), payment: { id: told.external_id }, about: 'PAYMENT' }
    },
  }
}

function reasonOf(json: unknown): string {
  const failure = failureShape.safeParse(json)
  return failure.success
    ? `${failure.data.error_code} ${failure.data.message}`
    : 'an answer that cannot be read'
}
