import { z } from 'zod'
import { IdempotencyKeys } from '../common/idempotency.ts'
import { toUnits } from '../common/money.ts'
import { basicUser, type Call, headerOf, jsonOf, type Operation, type Reply } from '../common/protocol.ts'
import type { Surroundings } from '../common/server.ts'
import { ordersOf, type XenditAccount } from './account.ts'
import { CURRENCIES, decimalsOf, type Invoice, type Told } from './objects.ts'

const KEY_LIFETIME_MS = 24 * 3_600_000
const DAY_S = 86_400
const REASONS = ['FRAUDULENT', 'DUPLICATE', 'REQUESTED_BY_CUSTOMER', 'CANCELLATION', 'OTHERS'] as const

const invoiceRequest = z.object({
  external_id: z.string().min(1).max(255),
  amount: z.number().positive(),
  currency: z.string().default('IDR'),
  description: z.string().optional(),
  payer_email: z.email().optional(),
  /** In seconds; a day by default, a year at most. */
  invoice_duration: z.coerce
    .number()
    .int()
    .positive()
    .max(366 * DAY_S)
    .default(DAY_S),
  customer: z.looseObject({}).optional(),
  items: z
    .array(z.object({ name: z.string(), quantity: z.number().positive(), price: z.number() }))
    .optional(),
  success_redirect_url: z.url().optional(),
  failure_redirect_url: z.url().optional(),
  metadata: z.looseObject({}).optional(),
})

const refundRequest = z.object({
  invoice_id: z.string(),
  amount: z.number().positive().optional(),
  currency: z.string().optional(),
  reason: z.enum(REASONS),
  reference_id: z.string().max(255).optional(),
  metadata: z.looseObject({}).nullish(),
})

interface Options {
  readonly secretKey: string
  readonly userId: string
}

/**
 * The part of Xendit's API that takes payments by invoice (Payment Link) and gives them back.
 * - `POST /v2/invoices`: https://docs.xendit.co/docs/id/overview-13, https://developers.xendit.co/api-reference/#create-invoice.
 *   Two invoices may have one `external_id`: a request that is repeated makes a second one.
 * - `GET /v2/invoices/{id}`, `GET /v2/invoices?external_id=`, newest first: https://developers.xendit.co/api-reference/#get-invoice
 * - `POST /invoices/{id}/expire!`: https://developers.xendit.co/api-reference/#expire-invoice. One that is not PENDING
 *   any more is answered as it is.
 * - `POST /refunds`, `GET /refunds/{id}`, `GET /refunds?invoice_id=`: https://docs.xendit.co/apidocs/refund-payment-request,
 *   by `invoice_id`: https://github.com/xendit/xendit-node/blob/master/docs/Refund.md. What was paid by bank transfer
 *   cannot go back that way (`REFUND_NOT_SUPPORTED`).
 * - Basic authentication by secret key: https://docs.xendit.co/id/api-payouts-beta/activation
 * - Failures: `error_code` and `message`. The codes are those of the official library's models:
 *   https://github.com/xendit/xendit-node/tree/master/invoice/models, https://github.com/xendit/xendit-node/tree/master/refund/models
 * - `idempotency-key` at refunds: the same key with another body is refused with 409 `IDEMPOTENCY_ERROR`.
 */
export function createXenditApi(account: XenditAccount, options: Options, surroundings: Surroundings<Told>) {
  const { random, now, merchant, url } = surroundings
  const keys = new IdempotencyKeys({ lifetimeMs: KEY_LIFETIME_MS, now, keeps: ({ status }) => status < 400 })

  function operation(call: Call): Operation | undefined {
    const { method, query } = call
    const path = call.path.join('/').replace(/\/$/, '')
    const [root, second = '', third] = call.path
    const body = jsonOf(call)
    if (method === 'POST' && path === 'v2/invoices') {
      return guarded(call, 'create', namesIn(body, 'external_id'), () => create(body))
    }
    if (method === 'GET' && path === 'v2/invoices') {
      return guarded(call, 'list', [...query.getAll('external_id')], () => list(query))
    }
    if (method === 'GET' && root === 'v2' && second === 'invoices' && third) {
      return guarded(call, 'status', namesOf(third), () => retrieve(third))
    }
    if (method === 'POST' && root === 'invoices' && third === 'expire!') {
      return guarded(call, 'expire', namesOf(second), () => expire(second))
    }
    if (method === 'POST' && path === 'refunds') {
      return guarded(call, 'refund', namesIn(body, 'invoice_id').flatMap(namesOf), () =>
        once(call, () => refund(body)),
      )
    }
    if (method === 'GET' && path === 'refunds') {
      const found = account.refunds.filter(
        (one) => one.invoice_id === (query.get('invoice_id') ?? one.invoice_id),
      )
      return guarded(call, 'list', [], () => ({ status: 200, body: { data: found, has_more: false } }))
    }
    if (method === 'GET' && root === 'refunds' && second) {
      const found = account.refunds.find(({ id }) => id === second)
      return guarded(call, 'refund-status', found ? namesOf(found.invoice_id) : [], () =>
        found ? { status: 200, body: { ...found } } : failure(404, 'DATA_NOT_FOUND', 'Refund is not found.'),
      )
    }
    return undefined
  }

  function guarded(call: Call, name: string, orders: string[], run: () => Reply | Promise<Reply>): Operation {
    return {
      name,
      orders,
      run: async () => {
        if (basicUser(call) !== options.secretKey) {
          return failure(401, 'INVALID_API_KEY', 'API key in request header is invalid.')
        }
        if (name !== 'refund') await call.pause() // a refund waits under its key
        return run()
      },
    }
  }

  async function once(call: Call, run: () => Reply): Promise<Reply> {
    const slowly = async (): Promise<Reply> => {
      await call.pause()
      return run()
    }
    const key = headerOf(call, 'idempotency-key') ?? headerOf(call, 'x-idempotency-key')
    if (!key) return slowly()
    const result = await keys.once(key, call.body, slowly)
    if (result.outcome === 'first' || result.outcome === 'replayed') return result.reply
    return failure(
      409,
      'IDEMPOTENCY_ERROR',
      'The idempotency key is in use, or was used with another request.',
    )
  }

  function create(body: unknown): Reply {
    const request = invoiceRequest.safeParse(body)
    if (!request.success) return failure(400, 'API_VALIDATION_ERROR', z.prettifyError(request.error))
    const { amount: asked, currency, invoice_duration: seconds, ...rest } = request.data
    if (!CURRENCIES.includes(currency as (typeof CURRENCIES)[number])) {
      return failure(400, 'UNSUPPORTED_CURRENCY', `The currency ${currency} is not supported.`)
    }
    const decimals = decimalsOf(currency)
    const amount = decimals === 0 ? Math.trunc(asked) : asked // "IDR 4550.50 will be truncated to IDR 4550"
    if (!toUnits(amount, decimals))
      return failure(400, 'API_VALIDATION_ERROR', 'amount is too small or too fine.')
    const created = now()
    const id = random.hex(24)
    const invoice: Invoice = {
      id,
      user_id: options.userId,
      merchant_name: merchant,
      ...rest,
      amount,
      currency,
      status: 'PENDING',
      invoice_url: `${url}/web/${id}`,
      expiry_date: new Date(created.getTime() + seconds * 1_000).toISOString(),
      created: created.toISOString(),
      updated: created.toISOString(),
    }
    account.add(invoice)
    return { status: 200, body: answerOf(invoice) }
  }

  function list(query: URLSearchParams): Reply {
    const externalId = query.get('external_id')
    const limit = Number(query.get('limit') ?? 10)
    const found = account.invoices
      .toReversed()
      .filter((one) => (externalId ?? one.external_id) === one.external_id)
    return { status: 200, body: found.slice(0, limit).map(answerOf) }
  }

  function retrieve(id: string): Reply {
    const invoice = account.findById(id)
    return invoice ? { status: 200, body: answerOf(invoice) } : noInvoice()
  }

  function expire(id: string): Reply {
    const invoice = account.findById(id)
    if (!invoice) return noInvoice()
    account.expire(invoice)
    return { status: 200, body: answerOf(invoice) }
  }

  function refund(body: unknown): Reply {
    const request = refundRequest.safeParse(body)
    if (!request.success) return failure(400, 'API_VALIDATION_ERROR', z.prettifyError(request.error))
    const { invoice_id: id, amount, currency, reason, reference_id = null, metadata = null } = request.data
    const invoice = account.findById(id)
    if (!invoice) return failure(400, 'TRANSACTION_NOT_FOUND', 'The transaction is not found.')
    if (invoice.status !== 'PAID' && invoice.status !== 'SETTLED') {
      return failure(400, 'INELIGIBLE_TRANSACTION', 'The transaction is not eligible for a refund.')
    }
    if (invoice.payment_method === 'BANK_TRANSFER') {
      return failure(400, 'REFUND_NOT_SUPPORTED', 'The payment channel does not support refunds.')
    }
    const decimals = decimalsOf(invoice.currency)
    const left = account.refundable(invoice)
    const units = amount === undefined ? left : toUnits(amount, decimals)
    if (!units && left > 0) return failure(400, 'API_VALIDATION_ERROR', 'amount is invalid.')
    if (currency !== undefined && currency !== invoice.currency) {
      return failure(400, 'API_VALIDATION_ERROR', 'currency is not that of the transaction.')
    }
    if (!units || units > left) {
      return failure(
        400,
        'MAXIMUM_REFUND_AMOUNT_REACHED',
        'The amount is greater than what is left to refund.',
      )
    }
    const made = account.refund(invoice, { amount: units / 10 ** decimals, reason, reference_id, metadata })
    return { status: 200, body: { ...made } }
  }

  const namesOf = (id: string): string[] => {
    const invoice = account.find(id)
    return invoice ? ordersOf(invoice) : [id]
  }
  const noInvoice = (): Reply => failure(404, 'INVOICE_NOT_FOUND_ERROR', 'Could not find invoice.')

  return {
    operation,
    notFound: (): Reply => failure(404, 'NOT_FOUND', 'The requested resource was not found.'),
    broken: (_call: Call, status: number): Reply =>
      failure(status, 'SERVER_ERROR', 'Error connecting to our server. Please try again.'),
  }
}

/** An invoice as it is answered: with the ways to pay that it offers. */
const answerOf = (invoice: Invoice): object => ({
  ...invoice,
  merchant_profile_picture_url: '',
  available_banks: [{ bank_code: 'BCA', collection_type: 'POOL', transfer_amount: invoice.amount }],
  available_retail_outlets: [],
  available_ewallets: [{ ewallet_type: 'OVO' }],
  available_qr_codes: [{ qr_code_type: 'QRIS' }],
  available_direct_debits: [],
  available_paylaters: [],
  should_exclude_credit_card: false,
  should_send_email: false,
})

const failure = (status: number, error_code: string, message: string): Reply => ({
  status,
  body: { error_code, message },
})

/** The text in a field of a body, where there is one. */
function namesIn(body: unknown, field: string): string[] {
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined
  return typeof value === 'string' ? [value] : []
}
