import type { StripeAccount, Refusal } from './account.ts'
import { dispute } from './giving-back.ts'
import { invalid, unexpectedState } from './failure.ts'
import { type Form, groupOf, textOf } from './form.ts'
import type { PaymentIntent } from './objects.ts'

/** What a card is refused with: https://docs.stripe.com/declines/codes */
export const DECLINED: Refusal = {
  code: 'card_declined',
  decline_code: 'generic_decline',
  message: 'Your card was declined.',
}

/** What the customer who fails 3-D Secure is refused with. */
export const NOT_AUTHENTICATED: Refusal = {
  code: 'payment_intent_authentication_failure',
  message:
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
}

/** The cards that Stripe has for tests, by what they do: https://docs.stripe.com/testing */
const REFUSED_CARDS: Readonly<Record<string, Refusal>> = {
  pm_card_chargeDeclined: DECLINED,
  pm_card_visa_chargeDeclined: DECLINED,
  pm_card_chargeDeclinedInsufficientFunds: {
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  pm_card_visa_chargeDeclinedInsufficientFunds: {
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  pm_card_chargeDeclinedExpiredCard: { code: 'expired_card', message: 'Your card has expired.' },
  pm_card_chargeDeclinedProcessingError: {
    code: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  },
}
const CHALLENGED_CARDS = ['pm_card_threeDSecure2Required', 'pm_card_authenticationRequired']
const DISPUTED_CARDS = ['pm_card_createDispute']

/**
 * Confirms a payment intent, by its own payment method or that of the request.
 * - A card of https://docs.stripe.com/testing does what it is there for; every other one pays.
 * - A method that pays on a page of its own (`payment_method_data[type]` other than `card`) wants a `return_url`, and
 *   leads there by `next_action.redirect_to_url`: https://docs.stripe.com/api/payment_intents/confirm
 * @param challenged whether the bank asks for 3-D Secure, whatever the card
 * @throws StripeFailure
 */
export function confirm(
  account: StripeAccount,
  intent: PaymentIntent,
  form: Form,
  challenged: boolean,
): void {
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
    throw unexpectedState(
      `You cannot confirm this PaymentIntent because it has a status of ${intent.status}.`,
      intent,
    )
  }
  const type = textOf(groupOf(form, 'payment_method_data'), 'type')
  const method = textOf(form, 'payment_method') ?? (type ? `pm_${type}` : intent.payment_method)
  if (!method) {
    throw unexpectedState(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      intent,
    )
  }
  const returnUrl = textOf(form, 'return_url')
  const redirects = type !== undefined && type !== 'card'
  if (redirects && !returnUrl) {
    throw invalid('A `return_url` must be specified for this payment method.', {
      code: 'parameter_missing',
      param: 'return_url',
    })
  }
  intent.payment_method = method
  const refusal = REFUSED_CARDS[method]
  if (refusal) throw account.fail(intent, refusal)
  if (redirects || challenged || CHALLENGED_CARDS.includes(method))
    return account.requireAction(intent, returnUrl)
  account.authorize(intent)
  if (DISPUTED_CARDS.includes(method)) dispute(account, intent, 'fraudulent')
}
