import { z } from 'zod'
import { toDecimal } from './common/money.ts'
import { type PaymentPage, renderPage } from './common/page.ts'
import { type Call, NotPossible, press, type Provider, type Reply, seeOther } from './common/protocol.ts'
import { type StandIn, type StandInOptions, startStandIn, type Surroundings } from './common/server.ts'
import { decimalsOf, ordersOf, StripeAccount } from './stripe/account.ts'
import { createStripeApi } from './stripe/api.ts'
import { type StripeEvent, stripeChannel } from './stripe/events.ts'
import { closeDispute, dispute, finishRefund } from './stripe/giving-back.ts'
import { DECLINED, NOT_AUTHENTICATED } from './stripe/methods.ts'
import type { PaymentIntent } from './stripe/objects.ts'

export interface StripeOptions extends StandInOptions {
  readonly secretKey: string
  /** For what Stripe.js would ask. */
  readonly publishableKey?: string
  /** Signs the events. */
  readonly webhookSecret: string
  /** Where events go. None are sent without. */
  readonly webhookUrl?: string
  /** The types of event that are sent; all by default. */
  readonly events?: readonly string[]
}

/**
 * A running stand-in for Stripe. An order is named by the payment intent's id, or by anything in its metadata; the
 * ledger names it by `metadata.order_id`, where there is one.
 */
export interface StripeStandIn extends StandIn {
  /**
   * Where a customer pays a payment intent: what Stripe.js would be on the merchant's own page.
   * @param returnUrl where they go then, with `payment_intent`, `payment_intent_client_secret` and `redirect_status`
   */
  pageUrl(clientSecret: string, returnUrl: string): string
  /** The customer pays by card, or what they were asked for, or what is processed comes in. @throws UnknownPayment, NotPossible */
  pay(order: string): void
  /** The card is refused, or 3-D Secure failed. They may try again. @throws UnknownPayment, NotPossible */
  decline(order: string): void
  /** The payment is on its way: `processing`. @throws UnknownPayment, NotPossible */
  wait(order: string): void
  /** The customer's bank asks for 3-D Secure: `requires_action`. @throws UnknownPayment, NotPossible */
  challenge(order: string): void
  /** Ends a pending refund of the order. @throws UnknownPayment, NotPossible */
  finishRefund(order: string, outcome: 'succeeded' | 'failed'): void
  /** The cardholder disputes the payment: `charge.dispute.created`. @throws UnknownPayment, NotPossible */
  dispute(order: string, reason?: string): void
  /** Their bank decides: `charge.dispute.closed`. @throws UnknownPayment, NotPossible */
  closeDispute(order: string, outcome: 'won' | 'lost'): void
}

/** Starts a local server that speaks Stripe's protocol: see `createStripeApi` for what of it, and from which pages. */
export async function startStripe(options: StripeOptions): Promise<StripeStandIn> {
  const now = options.now ?? (() => new Date())
  const channel = stripeChannel(options.webhookSecret, now)
  const { standIn, provider } = await startStandIn(options, channel, (surroundings) =>
    createProvider(options, surroundings),
  )
  const { actions } = provider
  return {
    ...standIn,
    pay: actions.pay,
    decline: actions.decline,
    wait: actions.wait,
    challenge: actions.challenge,
    pageUrl: (clientSecret, returnUrl) =>
      `${standIn.url}/pay/${clientSecret}?${new URLSearchParams({ return_url: returnUrl }).toString()}`,
    finishRefund: (order, outcome) => actions.finishRefund(order, { outcome }),
    dispute: (order, reason) => actions.dispute(order, { reason }),
    closeDispute: (order, outcome) => actions.closeDispute(order, { outcome }),
  }
}

const refundOutcome = z.strictObject({ outcome: z.enum(['succeeded', 'failed']).default('succeeded') })
const disputeReason = z.strictObject({ reason: z.string().default('fraudulent') })
const disputeOutcome = z.strictObject({ outcome: z.enum(['won', 'lost']) })

function createProvider(options: StripeOptions, surroundings: Surroundings<StripeEvent>) {
  const { secretKey, publishableKey = 'pk_test_stand_in', webhookUrl, events } = options
  const account = new StripeAccount({ webhookUrl, events }, surroundings)
  const api = createStripeApi(account, { secretKey, publishableKey }, surroundings)

  function pay(intent: PaymentIntent): void {
    byNobody()
    intent.payment_method ??= 'pm_card_visa'
    const orders = ordersOf(intent)
    if (intent.status !== 'requires_action' && surroundings.faults.take('challenge', { orders, on: 'pay' })) {
      account.requireAction(intent, undefined)
    } else account.authorize(intent)
  }

  function decline(intent: PaymentIntent): void {
    byNobody()
    account.fail(intent, intent.status === 'requires_action' ? NOT_AUTHENTICATED : DECLINED)
  }

  function challenge(intent: PaymentIntent): void {
    byNobody()
    intent.payment_method ??= 'pm_card_threeDSecure2Required'
    account.requireAction(intent, undefined)
  }

  /** What people and banks do is done by no request of the merchant. */
  function byNobody(): void {
    account.cause = { request: null, key: null }
  }

  const actions = {
    pay: (order: string) => pay(account.get(order)),
    decline: (order: string) => decline(account.get(order)),
    wait: (order: string) => {
      byNobody()
      account.process(account.get(order))
    },
    challenge: (order: string) => challenge(account.get(order)),
    finishRefund: (order: string, how: unknown = {}) => {
      byNobody()
      const { id } = account.get(order)
      const refund = account.refunds.find((one) => one.payment_intent === id && one.status === 'pending')
      if (!refund) throw new NotPossible(`No refund of ${order} is pending.`)
      finishRefund(account, refund, refundOutcome.parse(how).outcome)
    },
    dispute: (order: string, how: unknown = {}) => {
      byNobody()
      dispute(account, account.get(order), disputeReason.parse(how).reason)
    },
    closeDispute: (order: string, how: unknown) => {
      byNobody()
      const { id } = account.get(order)
      const found = account.disputes.findLast((one) => one.payment_intent === id)
      if (!found) throw new NotPossible(`Nobody disputes ${order}.`)
      closeDispute(account, found, disputeOutcome.parse(how).outcome)
    },
  }

  /**
   * The page to pay on, and to pass 3-D Secure on. Then it goes to the `return_url`:
   * https://docs.stripe.com/payments/accept-a-payment (handle post-payment: what is appended)
   */
  function page(call: Call): Reply | undefined {
    const [root, clientSecret = ''] = call.path
    if (root !== 'pay') return undefined
    const intent = account.intent(clientSecret.split('_secret_')[0] ?? '')
    if (intent?.client_secret !== clientSecret) return api.notFound(call)
    const action = intent.next_action
    const known = action?.type === 'redirect_to_url' ? action.redirect_to_url.return_url : undefined
    const returnUrl = call.query.get('return_url') ?? known
    if (call.method !== 'POST') return { status: 200, body: show(intent, backTo(intent, returnUrl)) }
    press(() => choose(intent, new URLSearchParams(call.body).get('action')))
    const stays = `/pay/${clientSecret}?${call.query.toString()}`
    return seeOther(intent.status === 'requires_action' ? stays : (backTo(intent, returnUrl) ?? stays))
  }

  function choose(intent: PaymentIntent, action: string | null): void {
    if (action === 'pay') pay(intent)
    else if (action === 'decline') decline(intent)
    else if (action === 'challenge') challenge(intent)
    else if (action === 'wait') actions.wait(intent.id)
  }

  function backTo(intent: PaymentIntent, returnUrl: string | undefined): string | undefined {
    const back = returnUrl === undefined ? null : URL.parse(returnUrl)
    if (!back) return undefined
    const succeeded = intent.status === 'succeeded' || intent.status === 'requires_capture'
    back.searchParams.set('payment_intent', intent.id)
    back.searchParams.set('payment_intent_client_secret', intent.client_secret)
    back.searchParams.set(
      'redirect_status',
      succeeded ? 'succeeded' : intent.status === 'processing' ? 'pending' : 'failed',
    )
    return back.href
  }

  function show(intent: PaymentIntent, backUrl: string | undefined): string {
    return renderPage({
      provider: 'Stripe',
      merchant: surroundings.merchant,
      order: ordersOf(intent)[0] ?? intent.id,
      amount: toDecimal(intent.amount, decimalsOf(intent.currency)),
      currency: intent.currency,
      details: [
        ...(intent.description ? [['For', intent.description] as const] : []),
        ['Payment', intent.id],
      ],
      backUrl,
      ...saidOf(intent),
    })
  }

  return { ...api, page, actions, sweep: () => {}, ledger: () => account.ledger() } satisfies Provider
}

function saidOf({
  status,
  last_payment_error,
}: PaymentIntent): Pick<PaymentPage, 'message' | 'mood' | 'choices'> {
  switch (status) {
    case 'requires_payment_method':
    case 'requires_confirmation':
      return {
        ...(last_payment_error
          ? { message: 'That did not work. Try again.', mood: 'bad' }
          : { message: 'What should happen?' }),
        choices: [
          { action: 'pay', label: 'Pay by card', kind: 'main' },
          { action: 'challenge', label: 'Pay by a card with 3-D Secure', kind: 'plain' },
          { action: 'wait', label: 'Pay by a way that takes its time', kind: 'plain' },
          { action: 'decline', label: 'Let the card be refused', kind: 'danger' },
        ],
      }
    case 'requires_action':
      return {
        message: '3-D Secure: your bank asks you to confirm this payment.',
        choices: [
          { action: 'pay', label: 'Confirm', kind: 'main' },
          { action: 'decline', label: 'Fail the check', kind: 'danger' },
        ],
      }
    case 'processing':
      return { message: 'The payment is on its way.', choices: [] }
    case 'canceled':
      return { message: 'This payment was cancelled.', mood: 'bad', choices: [] }
    case 'requires_capture':
    case 'succeeded':
      return { message: 'This is paid.', mood: 'good', choices: [] }
  }
}
