import { z } from 'zod'
import { toDecimal } from './common/money.ts'
import { renderPage, timeText } from './common/page.ts'
import { type Call, press, type Provider, type Reply, seeOther } from './common/protocol.ts'
import { type StandIn, type StandInOptions, startStandIn, type Surroundings } from './common/server.ts'
import { type PayOptions, XenditAccount } from './xendit/account.ts'
import { createXenditApi } from './xendit/api.ts'
import { xenditChannel } from './xendit/callbacks.ts'
import { decimalsOf, type Invoice, type Told } from './xendit/objects.ts'

export interface XenditOptions extends StandInOptions {
  readonly secretKey: string
  /** What callbacks are attested with: the account's webhook verification token. */
  readonly callbackToken: string
  /** Where callbacks go. None are sent without. */
  readonly callbackUrl?: string
}

/** A running stand-in for Xendit. An order is named by its `external_id`, or by the invoice's id. */
export interface XenditStandIn extends StandIn {
  /** The customer pays, by card if not said otherwise; `late` pays what is expired. @throws UnknownPayment, NotPossible */
  pay(order: string, options?: PayOptions): void
  /** A payment fails: the invoice stays PENDING, and nobody is told. @throws UnknownPayment */
  decline(order: string): void
  /** PAID → SETTLED. @throws UnknownPayment, NotPossible */
  settle(order: string): void
  /** Ends a pending refund of the order. @throws UnknownPayment, NotPossible */
  finishRefund(order: string, outcome: 'SUCCEEDED' | 'FAILED'): void
}

const payOptions = z.strictObject({
  method: z.enum(['CREDIT_CARD', 'BANK_TRANSFER', 'EWALLET', 'QR_CODE']).optional(),
  late: z.boolean().optional(),
})
const refundOutcome = z.strictObject({ outcome: z.enum(['SUCCEEDED', 'FAILED']).default('SUCCEEDED') })

/** Starts a local server that speaks Xendit's protocol: see `createXenditApi` for what of it, and from which pages. */
export async function startXendit(options: XenditOptions): Promise<XenditStandIn> {
  const { standIn, provider } = await startStandIn(
    options,
    xenditChannel(options.callbackToken),
    (surroundings) => createProvider(options, surroundings),
  )
  const { pay, decline, settle, finishRefund } = provider.actions
  return {
    ...standIn,
    pay,
    decline,
    settle,
    finishRefund: (order, outcome) => finishRefund(order, { outcome }),
  }
}

function createProvider(options: XenditOptions, surroundings: Surroundings<Told>) {
  const account = new XenditAccount(options.callbackUrl, surroundings)
  const keys = { secretKey: options.secretKey, userId: '5f9a3fbd571a1c4068aa40ce' }
  const api = createXenditApi(account, keys, surroundings)
  /** What was last tried on the page, by invoice: the invoice itself knows only of payments that came. */
  const tried = new Map<string, 'decline' | 'wait'>()

  const actions = {
    pay: (order: string, how: unknown = {}) => account.pay(account.get(order), payOptions.parse(how)),
    decline: (order: string) => {
      tried.set(account.get(order).id, 'decline')
    },
    settle: (order: string) => account.settle(account.get(order)),
    finishRefund: (order: string, how: unknown = {}) =>
      account.finishRefund(account.get(order), refundOutcome.parse(how).outcome),
  }

  /** The page of `invoice_url`, which sends the customer on to `success_redirect_url` or `failure_redirect_url`. */
  function page(call: Call): Reply | undefined {
    const [root, id = ''] = call.path
    if (root !== 'web') return undefined
    const invoice = account.findById(id)
    if (!invoice) return api.notFound()
    if (call.method !== 'POST') return { status: 200, body: show(invoice) }
    const action = new URLSearchParams(call.body).get('action')
    tried.delete(id)
    press(() => {
      if (action === 'pay') account.pay(invoice, {})
      else if (action === 'wait' || action === 'decline') tried.set(id, action)
    })
    return seeOther((action === 'wait' ? undefined : backTo(invoice)) ?? `/web/${id}`)
  }

  const backTo = ({ status, success_redirect_url, failure_redirect_url }: Invoice): string | undefined =>
    status === 'PAID' || status === 'SETTLED' ? success_redirect_url : failure_redirect_url

  function show(invoice: Invoice): string {
    return renderPage({
      provider: 'Xendit',
      merchant: invoice.merchant_name,
      order: invoice.external_id,
      amount: toDecimal(invoice.amount * 10 ** decimalsOf(invoice.currency), decimalsOf(invoice.currency)),
      currency: invoice.currency,
      details: [
        ...(invoice.description ? [['For', invoice.description] as const] : []),
        ...(invoice.items ?? []).map(({ name, quantity }) => [`${quantity} ×`, name] as const),
        ['Pay until', timeText(new Date(invoice.expiry_date))],
      ],
      ...saidOf(invoice, tried.get(invoice.id)),
      choices:
        invoice.status === 'PENDING'
          ? [
              { action: 'pay', label: 'Pay by card', kind: 'main' },
              { action: 'wait', label: 'Pay later by bank transfer', kind: 'plain' },
              { action: 'decline', label: 'Let the card be refused', kind: 'danger' },
            ]
          : [],
      backUrl: backTo(invoice),
    })
  }

  return {
    ...api,
    page,
    actions,
    sweep: () => account.sweep(),
    ledger: () => account.ledger(),
  } satisfies Provider
}

function saidOf(
  { status }: Invoice,
  tried: 'decline' | 'wait' | undefined,
): { message: string; mood?: 'good' | 'bad' } {
  if (status === 'EXPIRED') return { message: 'The time to pay is over.', mood: 'bad' }
  if (status !== 'PENDING') return { message: 'This is paid.', mood: 'good' }
  if (tried === 'decline') return { message: 'The card was refused. Try again.', mood: 'bad' }
  if (tried === 'wait') return { message: 'We wait for your bank transfer. You may also pay now.' }
  return { message: 'What should happen?' }
}
