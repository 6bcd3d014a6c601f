import type { Call } from '../common/protocol.ts'
import { ordersOf, type StripeAccount } from './account.ts'
import { invalid, missingParam, noSuch } from './failure.ts'
import { type Form, groupOf, listOf, textOf } from './form.ts'
import { closeDispute as endDispute, refund } from './giving-back.ts'
import { confirm } from './methods.ts'
import {
  type Charge,
  type Dispute,
  newPaymentIntent,
  type PaymentIntent,
  type Refund,
  unix,
} from './objects.ts'
import { allowOnly, amountOf, mergeMetadata, metadataOf } from './params.ts'

/** What may be said of a payment intent: https://docs.stripe.com/api/payment_intents/create. Anything else is refused. */
const INTENT_PARAMS = [
  'amount amount_details application_fee_amount automatic_payment_methods capture_method confirm',
  'confirmation_method confirmation_token currency customer description error_on_requires_action',
  'excluded_payment_method_types expand hooks mandate mandate_data metadata off_session on_behalf_of',
  'payment_details payment_method payment_method_configuration payment_method_data',
  'payment_method_options payment_method_types radar_options receipt_email return_url',
  'setup_future_usage shipping statement_descriptor statement_descriptor_suffix transfer_data',
  'transfer_group use_stripe_sdk client_secret',
].join(' ')
/** Those that are taken as text and answered as they came; nothing follows from them here. */
const INTENT_TEXTS =
  'customer receipt_email setup_future_usage statement_descriptor statement_descriptor_suffix transfer_group'

/** One request, as far as it was read. */
export interface Asked {
  readonly call: Call
  readonly form: Form
  /** The id in the path, where there is one. */
  readonly id: string
}

export function create(account: StripeAccount, { form }: Asked): PaymentIntent {
  allowOnly(form, INTENT_PARAMS)
  const amount = amountOf(form, 'amount')
  if (amount === undefined) throw missingParam('amount')
  const currency = textOf(form, 'currency')?.toLowerCase()
  if (!currency) throw missingParam('currency')
  if (!/^[a-z]{3}$/.test(currency)) throw invalid(`Invalid currency: ${currency}.`, { param: 'currency' })
  const captureMethod = textOf(form, 'capture_method') ?? 'automatic_async'
  if (captureMethod !== 'automatic' && captureMethod !== 'automatic_async' && captureMethod !== 'manual') {
    throw invalid(`Invalid capture_method: must be one of automatic, automatic_async, or manual`, {
      param: 'capture_method',
    })
  }
  const automatic = groupOf(form, 'automatic_payment_methods')
  const types = listOf(form, 'payment_method_types')
  const more = {
    ...Object.fromEntries(INTENT_TEXTS.split(' ').map((name) => [name, textOf(form, name) ?? null])),
    automatic_payment_methods: textOf(automatic, 'enabled')
      ? {
          enabled: textOf(automatic, 'enabled') === 'true',
          allow_redirects: textOf(automatic, 'allow_redirects') ?? 'always',
        }
      : null,
  }
  const intent = newPaymentIntent(
    {
      amount,
      currency,
      captureMethod,
      types: types.length > 0 ? types : ['card'],
      description: textOf(form, 'description'),
      metadata: metadataOf(form),
      more,
    },
    account.surroundings.random,
    unix(account.surroundings.now()),
  )
  setMethod(intent, form)
  account.add(intent)
  if (textOf(form, 'confirm') === 'true') confirmNow(account, intent, form)
  return intent
}

export function update(account: StripeAccount, { form, id }: Asked): PaymentIntent {
  allowOnly(form, INTENT_PARAMS)
  const intent = intentOf(account, id)
  const amount = amountOf(form, 'amount')
  if (amount !== undefined && amount !== intent.amount) {
    if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
      throw invalid(
        `This PaymentIntent's amount could not be updated because it has a status of ${intent.status}.`,
        { code: 'payment_intent_unexpected_state' },
      )
    }
    intent.amount = amount
  }
  intent.description = textOf(form, 'description') ?? intent.description
  mergeMetadata(intent, form)
  account.noteMetadata(intent)
  setMethod(intent, form)
  return intent
}

export function confirmIntent(account: StripeAccount, { form, id }: Asked): PaymentIntent {
  allowOnly(form, INTENT_PARAMS)
  const intent = intentOf(account, id)
  confirmNow(account, intent, form)
  return intent
}

function confirmNow(account: StripeAccount, intent: PaymentIntent, form: Form): void {
  const challenged =
    account.surroundings.faults.take('challenge', { orders: ordersOf(intent), on: 'confirm' }) !== undefined
  confirm(account, intent, form, challenged)
}

export function capture(account: StripeAccount, { form, id }: Asked): PaymentIntent {
  allowOnly(
    form,
    'amount_to_capture application_fee_amount expand final_capture metadata statement_descriptor statement_descriptor_suffix transfer_data',
  )
  const intent = intentOf(account, id)
  account.capture(intent, amountOf(form, 'amount_to_capture') ?? intent.amount_capturable)
  mergeMetadata(intent, form)
  return intent
}

export function cancel(account: StripeAccount, { form, id }: Asked): PaymentIntent {
  allowOnly(form, 'cancellation_reason expand')
  const intent = intentOf(account, id)
  account.cancel(intent, textOf(form, 'cancellation_reason'))
  return intent
}

export function createRefund(account: StripeAccount, { form }: Asked): Refund {
  allowOnly(
    form,
    'amount charge currency customer expand instructions_email metadata origin payment_intent reason refund_application_fee reverse_transfer',
  )
  const reason = textOf(form, 'reason')
  if (reason && !['duplicate', 'fraudulent', 'requested_by_customer'].includes(reason)) {
    throw invalid('Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer', {
      param: 'reason',
    })
  }
  return refund(account, refundable(account, form), {
    amount: amountOf(form, 'amount'),
    reason,
    metadata: metadataOf(form),
  })
}

function refundable(account: StripeAccount, form: Form): Charge {
  const chargeId = textOf(form, 'charge')
  if (chargeId) return oneOf('charge', account.charges, chargeId, 'charge')
  const intentId = textOf(form, 'payment_intent')
  if (!intentId)
    throw invalid(
      'One of the following params should be provided for this request: payment_intent or charge.',
    )
  const intent = oneOf('payment_intent', account.intents, intentId, 'payment_intent')
  const charge = account.chargeOf(intent)
  if (charge?.captured) return charge
  throw invalid(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
    param: 'payment_intent',
  })
}

export function submitEvidence(account: StripeAccount, { form, id }: Asked): Dispute {
  const dispute = oneOf('dispute', account.disputes, id)
  dispute.evidence = { ...dispute.evidence, ...groupOf(form, 'evidence') }
  mergeMetadata(dispute, form)
  if (textOf(form, 'submit') !== 'false' && dispute.status === 'needs_response')
    dispute.status = 'under_review'
  account.emit('charge.dispute.updated', dispute)
  return dispute
}

export function closeDispute(account: StripeAccount, { id }: Asked): Dispute {
  const dispute = oneOf('dispute', account.disputes, id)
  endDispute(account, dispute, 'lost')
  return dispute
}

export const intentOf = (account: StripeAccount, id: string): PaymentIntent =>
  oneOf('payment_intent', account.intents, id, 'intent')

function setMethod(intent: PaymentIntent, form: Form): void {
  const method = textOf(form, 'payment_method')
  if (!method) return
  intent.payment_method = method
  if (intent.status === 'requires_payment_method') intent.status = 'requires_confirmation'
}

/** @throws StripeFailure */
export function oneOf<T extends { readonly id: string }>(
  kind: string,
  all: readonly T[],
  id: string,
  param = 'id',
): T {
  const found = all.find((one) => one.id === id)
  if (!found) throw noSuch(kind, id, param)
  return found
}
