import { z } from 'zod'
import { IdempotencyKeys } from '../common/idempotency.ts'
import { toDecimal, toUnits } from '../common/money.ts'
import { basicUser, type Call, headerOf, jsonOf, type Operation, type Reply } from '../common/protocol.ts'
import type { Surroundings } from '../common/server.ts'
import type { MidtransAccount } from './account.ts'
import type { Told } from './notification.ts'
import { DECIMALS, midtransTime, parseStartTime, refundedOf, type SnapTransaction } from './transaction.ts'

const KEY_LIFETIME_MS = 5 * 60_000
const PAGE_LIFETIME_MS = 24 * 3_600_000
const UNIT_MS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
const REFUNDABLE: readonly string[] = ['credit_card', 'qris', 'gopay']

const duration = z.object({
  start_time: z.string().optional(),
  unit: z.string().transform((unit) => unit.replace(/s$/, '')),
  duration: z.number().positive(),
})

const snapRequest = z.object({
  transaction_details: z.object({ order_id: z.string().min(1).max(50), gross_amount: z.number().min(0.01) }),
  item_details: z
    .array(z.object({ name: z.string(), price: z.number(), quantity: z.number().int().positive() }))
    .optional(),
  customer_details: z
    .object({
      first_name: z.string().optional(),
      last_name: z.string().optional(),
      email: z.string().optional(),
    })
    .optional(),
  callbacks: z.object({ finish: z.url().optional() }).optional(),
  expiry: duration.optional(),
  page_expiry: duration.optional(),
})

const refundRequest = z.object({
  refund_key: z
    .string()
    .regex(/^[\w-]+$/)
    .optional(),
  amount: z.number().positive().optional(),
  reason: z.string().max(255).optional(),
})

interface Options {
  readonly serverKey: string
  readonly notificationUrls: readonly string[]
  readonly finishUrl: string | undefined
}

/**
 * The APIs of Midtrans that a shop with Snap uses.
 * - `POST /snap/v1/transactions` → 201 with `token` and `redirect_url`; failures have `error_messages`:
 *   https://docs.midtrans.com/docs/snap-snap-integration-guide
 * - Expiry, page expiry and `callbacks.finish`: https://docs.midtrans.com/docs/snap-advanced-feature,
 *   https://docs.midtrans.com/reference-link/expire-a-snap-session (24 h by default)
 * - `GET /v2/{order or transaction}/status`: https://docs.midtrans.com/docs/get-status-api-requests; 404 until the
 *   customer chose a way to pay: https://docs.midtrans.com/docs/transaction-status-cycle (notes when using Snap)
 * - `POST …/expire`: https://docs.midtrans.com/reference-link/expire-transaction
 * - `POST …/cancel`: https://docs.midtrans.com/reference/cancel-api-1
 * - `POST …/refund`, `…/refund/online/direct`: https://docs.midtrans.com/reference-link/refund-transaction,
 *   https://docs.midtrans.com/reference/direct-refund-transaction
 * - `POST …/approve`, `…/deny`, for what fraud detection holds: https://docs.midtrans.com/docs/transaction-status-cycle
 * - Basic authentication by server key: https://docs.midtrans.com/docs/get-status-api-requests
 * - `Idempotency-Key` and its five minutes: https://docs.midtrans.com/reference/api-headers
 * - `X-Override-Notification`, `X-Append-Notification`: https://docs.midtrans.com/docs/https-notification-webhooks
 * - The Core API says what failed in the body's `status_code` (https://docs.midtrans.com/reference/code-4xx), and
 *   answers with HTTP 200, save for 401: a client has to look at the body.
 */
export function createMidtransApi(
  account: MidtransAccount,
  options: Options,
  surroundings: Surroundings<Told>,
) {
  const { random, now, url } = surroundings
  // "Saving only the successful response", under a key that is global and whatever the body.
  const keys = new IdempotencyKeys({
    lifetimeMs: KEY_LIFETIME_MS,
    now,
    keeps: ({ status, body }) => status < 300 && !(codeIn(body) >= 400 && codeIn(body) !== 407),
  })

  function operation(call: Call): Operation | undefined {
    const [root, id, ...rest] = call.path
    if (`${call.method} /${call.path.join('/')}` === 'POST /snap/v1/transactions') {
      const request = snapRequest.safeParse(jsonOf(call))
      const orderId = request.data?.transaction_details.order_id
      return guarded(call, 'create', orderId ? [orderId] : [], () => create(call, request))
    }
    if (root !== 'v2' || !id) return undefined
    const action = `${call.method} ${rest.join('/')}`
    const transaction = account.find(id)
    const orders = transaction ? [transaction.orderId, transaction.charge?.id ?? id] : [id]
    const run = coreActions[action]
    return (
      run && guarded(call, nameOf(action), orders, () => (transaction ? run(transaction, call) : missing()))
    )
  }

  function guarded(call: Call, name: string, orders: string[], run: () => Reply): Operation {
    const slowly = async (): Promise<Reply> => {
      await call.pause()
      return run()
    }
    return {
      name,
      orders,
      run: async () => {
        if (basicUser(call) !== options.serverKey)
          return isSnap(call) ? snapFailure(401, ACCESS_DENIED) : core('401', ACCESS_DENIED)
        const key = headerOf(call, 'idempotency-key')
        if (!key || call.method !== 'POST') return slowly()
        const result = await keys.once(key, '', slowly)
        if (result.outcome === 'first' || result.outcome === 'replayed') return result.reply
        return {
          status: 202,
          body: { status_code: '202', status_message: 'The request is still being processed.' },
        }
      },
    }
  }

  function create(call: Call, request: z.ZodSafeParseResult<z.output<typeof snapRequest>>): Reply {
    if (!request.success) {
      return snapFailure(
        400,
        ...request.error.issues.map(
          (issue) => `${issue.path.join('.') || 'body'} is invalid: ${issue.message}`,
        ),
      )
    }
    const { transaction_details: details, item_details: items, callbacks, expiry, page_expiry } = request.data
    const sum = items?.reduce((total, { price, quantity }) => total + price * quantity, 0)
    const grossAmount = toUnits(details.gross_amount, DECIMALS)
    if (grossAmount === undefined) return snapFailure(400, 'transaction_details.gross_amount is invalid')
    if (sum !== undefined && toUnits(sum, DECIMALS) !== grossAmount) {
      return snapFailure(400, 'transaction_details.gross_amount is not equal to the sum of item_details')
    }
    // "The expired order_id can be reused", and so can a cancelled one; anything else is in use.
    const before = account.find(details.order_id)
    if (before && !before.lapsed) {
      const paid = (before.charge?.captured ?? 0) > 0
      return paid
        ? snapFailure(406, 'order_id has been paid and utilized, please use another order ID')
        : snapFailure(400, 'transaction_details.order_id has already been taken')
    }
    const expiresAt = expiryOf(expiry ?? page_expiry)
    if (!expiresAt) return snapFailure(400, 'expiry is invalid')
    const customer = request.data.customer_details
    const transaction: SnapTransaction = {
      token: random.uuid(),
      orderId: details.order_id,
      grossAmount,
      items: items ?? [],
      customer: [customer?.first_name, customer?.last_name].filter(Boolean).join(' ') || customer?.email,
      finishUrl: callbacks?.finish ?? options.finishUrl,
      notificationUrls: urlsFor(call),
      expiresAt,
      lapsed: false,
    }
    account.add(transaction)
    const { token } = transaction
    return { status: 201, body: { token, redirect_url: `${url}/snap/v2/vtweb/${token}` } }
  }

  function expiryOf(expiry: z.output<typeof duration> | undefined): Date | undefined {
    if (!expiry) return new Date(now().getTime() + PAGE_LIFETIME_MS)
    const start = expiry.start_time === undefined ? now() : parseStartTime(expiry.start_time)
    const unit = UNIT_MS[expiry.unit as keyof typeof UNIT_MS] as number | undefined
    return start && unit ? new Date(start.getTime() + expiry.duration * unit) : undefined
  }

  function urlsFor(call: Call): string[] {
    const split = (text = ''): string[] =>
      text
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)
    const override = split(headerOf(call, 'x-override-notification'))
    const append = split(headerOf(call, 'x-append-notification'))
    return [...(override.length > 0 ? override : options.notificationUrls), ...append].slice(0, 3)
  }

  const coreActions: Readonly<Record<string, (transaction: SnapTransaction, call: Call) => Reply>> = {
    'GET status': (transaction) => {
      const body = account.status(transaction)
      return body ? { status: 200, body } : missing()
    },
    'POST expire': (transaction) =>
      changed(transaction, () => account.expire(transaction), 'Success, transaction has expired'),
    'POST cancel': (transaction) =>
      changed(transaction, () => account.cancel(transaction), 'Success, transaction is canceled'),
    'POST approve': (transaction) =>
      changed(transaction, () => account.review(transaction, 'approve'), 'Success, transaction is approved'),
    'POST deny': (transaction) =>
      changed(transaction, () => account.review(transaction, 'deny'), 'Success, transaction is denied'),
    'POST refund': refund,
    'POST refund/online/direct': refund,
  }

  function changed(transaction: SnapTransaction, change: () => boolean, message: string): Reply {
    if (!transaction.charge) return missing()
    if (!change()) return cannotModify()
    return { status: 200, body: { ...account.status(transaction), status_message: message } }
  }

  /** A refund_key names one refund: with it the same request is answered as the first was. */
  function refund(transaction: SnapTransaction, call: Call): Reply {
    const request = refundRequest.safeParse(call.body === '' ? {} : jsonOf(call))
    if (!request.success) return core('400', 'Validation Error')
    const { charge } = transaction
    if (!charge) return missing()
    const { refund_key: key, amount: asked, reason = '' } = request.data
    const before = charge.refunds.findIndex((one) => one.key === key)
    const left = transaction.grossAmount - refundedOf(charge)
    const amount = asked === undefined ? left : toUnits(asked, DECIMALS)
    const known = charge.refunds[before]
    if (known && (asked === undefined || known.amount === amount)) return refunded(transaction, before)
    if (known) return core('406', 'refund_key has already been utilized previously')
    const settled = charge.status === 'settlement' || charge.status === 'partial_refund'
    if (!settled || !REFUNDABLE.includes(charge.type) || !amount || amount > left) return cannotModify()
    account.refund(transaction, charge, { key: key ?? random.uuid(), amount, reason, at: now() })
    return refunded(transaction, charge.refunds.length - 1)
  }

  function refunded(transaction: SnapTransaction, index: number): Reply {
    const { charge } = transaction
    const made = charge?.refunds[index]
    if (!charge || !made) return missing()
    return {
      status: 200,
      body: {
        status_code: '200',
        status_message: 'Success, refund request is approved',
        transaction_id: charge.id,
        order_id: transaction.orderId,
        payment_type: charge.type,
        transaction_time: midtransTime(charge.at),
        transaction_status: charge.status,
        gross_amount: toDecimal(transaction.grossAmount, DECIMALS),
        refund_chargeback_id: index + 1,
        refund_amount: toDecimal(made.amount, DECIMALS),
        refund_key: made.key,
      },
    }
  }

  const core = (code: string, message: string): Reply => ({
    status: code === '401' ? 401 : 200,
    body: { status_code: code, status_message: message, id: random.uuid() },
  })
  const missing = (): Reply => core('404', "Transaction doesn't exist.")
  const cannotModify = (): Reply => core('412', 'Merchant cannot modify the status of the transaction')

  return {
    operation,
    notFound: (call: Call): Reply => (isSnap(call) ? snapFailure(404, 'Not Found') : missing()),
    broken: (call: Call, status: number): Reply =>
      isSnap(call)
        ? snapFailure(status, 'Sorry, we encountered internal server error. We will fix this soon.')
        : {
            ...core(String(status), 'Sorry. Our system is recovering from unexpected issues. Please retry.'),
            status,
          },
  }
}

const ACCESS_DENIED = 'Access denied due to unauthorized transaction, please check client or server key'

const isSnap = (call: Call): boolean => call.path[0] === 'snap'

const nameOf = (action: string): string => action.split(' ')[1]?.split('/')[0] ?? action

const snapFailure = (status: number, ...messages: string[]): Reply => ({
  status,
  body: { error_messages: messages },
})

const codeIn = (body: object | string): number =>
  typeof body === 'object' && 'status_code' in body ? Number(body.status_code) : 0
