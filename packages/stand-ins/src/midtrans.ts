import { z } from 'zod'
import { toDecimal } from './common/money.ts'
import { renderPage, timeText } from './common/page.ts'
import { type Call, NotPossible, press, type Provider, type Reply, seeOther } from './common/protocol.ts'
import { type StandIn, type StandInOptions, type Surroundings, startStandIn } from './common/server.ts'
import { MidtransAccount, type PayOptions } from './midtrans/account.ts'
import { createMidtransApi } from './midtrans/api.ts'
import { midtransChannel, type Told } from './midtrans/notification.ts'
import { DECIMALS, type SnapTransaction } from './midtrans/transaction.ts'

export interface MidtransOptions extends StandInOptions {
  readonly serverKey: string
  /** Where notifications go (Payment Notification URL). None are sent without. */
  readonly notificationUrl?: string
  /** Where customers go after the page, where a transaction does not say it (Finish Redirect URL). */
  readonly finishUrl?: string
  readonly merchantId?: string
  /** How long after it a card's capture settles by itself, in milliseconds; only when told to (`settle`), unless given. */
  readonly settleAfterMs?: number
}

/** A running stand-in for Midtrans. An order is named by the merchant's id or by Midtrans' transaction id. */
export interface MidtransStandIn extends StandIn {
  /**
   * The customer pays. A card is captured and settles when told to (`settle`); another method is first pending, then
   * settled. `fraud: 'challenge'` leaves a card's capture to be approved or denied; `late` pays what is expired or
   * cancelled already.
   * @throws UnknownPayment, NotPossible
   */
  pay(order: string, options?: PayOptions): void
  /** The customer's card is refused: `deny`. They may try again. @throws UnknownPayment, NotPossible */
  decline(order: string): void
  /** The customer chooses a bank transfer, to be made later: `pending`. @throws UnknownPayment, NotPossible */
  wait(order: string): void
  /** capture → settlement, as it happens on the next day. @throws UnknownPayment, NotPossible */
  settle(order: string): void
  /** The merchant decides, in their dashboard, what fraud detection holds. @throws UnknownPayment, NotPossible */
  review(order: string, decision: 'approve' | 'deny'): void
}

const payOptions = z.strictObject({
  method: z.enum(['credit_card', 'bank_transfer', 'qris', 'gopay']).optional(),
  fraud: z.enum(['accept', 'challenge', 'deny']).optional(),
  late: z.boolean().optional(),
})
const reviewDecision = z.strictObject({ decision: z.enum(['approve', 'deny']) })

/** Starts a local server that speaks Midtrans' protocol: see `createMidtransApi` for what of it, and from which pages. */
export async function startMidtrans(options: MidtransOptions): Promise<MidtransStandIn> {
  const { standIn, provider } = await startStandIn(
    options,
    midtransChannel(options.serverKey),
    (surroundings) => createProvider(options, surroundings),
  )
  const { pay, decline, wait, settle, review } = provider.actions
  return {
    ...standIn,
    pay,
    decline,
    wait,
    settle,
    review: (order, decision) => review(order, { decision }),
  }
}

function createProvider(options: MidtransOptions, surroundings: Surroundings<Told>) {
  const keys = { serverKey: options.serverKey, merchantId: options.merchantId ?? 'G000000001' }
  const account = new MidtransAccount(keys, surroundings, options.settleAfterMs)
  const api = createMidtransApi(
    account,
    {
      serverKey: options.serverKey,
      notificationUrls: options.notificationUrl ? [options.notificationUrl] : [],
      finishUrl: options.finishUrl,
    },
    surroundings,
  )
  const actions = {
    pay: (order: string, how: unknown = {}) => account.pay(account.get(order), payOptions.parse(how)),
    decline: (order: string) => account.decline(account.get(order)),
    wait: (order: string) => account.wait(account.get(order), 'bank_transfer'),
    settle: (order: string) => account.settle(account.get(order)),
    review: (order: string, how: unknown) => {
      const { decision } = reviewDecision.parse(how)
      if (!account.review(account.get(order), decision))
        throw new NotPossible(`Nothing of ${order} is held by fraud detection.`)
    },
  }

  /** The page of `redirect_url`. A finished one sends the customer on: https://docs.midtrans.com/reference/window-redirection */
  function page(call: Call): Reply | undefined {
    const [snap, version, vtweb, token = ''] = call.path
    if (snap !== 'snap' || version !== 'v2' || vtweb !== 'vtweb') return undefined
    const transaction = account.find(token)
    if (!transaction) return api.notFound(call)
    if (call.method !== 'POST') return { status: 200, body: show(transaction) }
    const action = new URLSearchParams(call.body).get('action')
    press(() => {
      if (action === 'pay') account.pay(transaction, {})
      else if (action === 'challenge') account.pay(transaction, { fraud: 'challenge' })
      else if (action === 'decline') account.decline(transaction)
      else account.wait(transaction, 'bank_transfer')
    })
    return seeOther(finishOf(transaction) ?? `/snap/v2/vtweb/${token}`)
  }

  function finishOf(transaction: SnapTransaction): string | undefined {
    const status = account.status(transaction)
    if (!transaction.finishUrl || !status) return undefined
    const finish = new URL(transaction.finishUrl)
    finish.searchParams.set('order_id', transaction.orderId)
    finish.searchParams.set('status_code', status.status_code)
    finish.searchParams.set('transaction_status', status.transaction_status)
    return finish.href
  }

  function show(transaction: SnapTransaction): string {
    const status = transaction.charge?.status
    const paid = (transaction.charge?.captured ?? 0) > 0
    const open = !transaction.lapsed && !paid && transaction.charge?.fraud !== 'challenge'
    return renderPage({
      provider: 'Midtrans',
      merchant: surroundings.merchant,
      order: transaction.orderId,
      amount: toDecimal(transaction.grossAmount, DECIMALS),
      currency: 'IDR',
      details: [
        ...(transaction.customer ? [['Customer', transaction.customer] as const] : []),
        ...transaction.items.map(({ name, quantity }) => [`${quantity} ×`, name] as const),
        ['Pay until', timeText(transaction.expiresAt)],
      ],
      ...said(status, transaction),
      choices: open
        ? [
            { action: 'pay', label: 'Pay by card', kind: 'main' },
            { action: 'wait', label: 'Pay later by bank transfer', kind: 'plain' },
            { action: 'challenge', label: 'Pay, held by fraud detection', kind: 'plain' },
            { action: 'decline', label: 'Let the card be refused', kind: 'danger' },
          ]
        : [],
      backUrl: finishOf(transaction),
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

function said(
  status: string | undefined,
  { lapsed, charge }: SnapTransaction,
): { message: string; mood?: 'good' | 'bad' } {
  if (charge && charge.captured > 0) return { message: 'This is paid.', mood: 'good' }
  if (charge?.fraud === 'challenge') return { message: 'The payment is held by fraud detection.' }
  if (lapsed) return { message: 'The time to pay is over.', mood: 'bad' }
  if (status === 'deny') return { message: 'The card was refused. Try again.', mood: 'bad' }
  if (status === 'pending') return { message: 'We wait for your bank transfer. You may also pay now.' }
  return { message: 'What should happen?' }
}
