import { NotPossible } from '../common/protocol.ts'
import { ordersOf, type StripeAccount } from './account.ts'
import { invalid } from './failure.ts'
import {
  type Charge,
  type Dispute,
  type Metadata,
  newDispute,
  newRefund,
  type PaymentIntent,
  type Refund,
  unix,
} from './objects.ts'

/** Gives a charge's money back, all that is left if not said otherwise. @throws StripeFailure */
export function refund(
  account: StripeAccount,
  charge: Charge,
  asked: { amount?: number; reason?: string; metadata: Metadata },
): Refund {
  if (charge.disputed) {
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    })
  }
  const left = charge.amount_captured - charge.amount_refunded
  if (left === 0) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' })
  }
  const amount = asked.amount ?? left
  if (amount > left) {
    throw invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    })
  }
  const { faults, random, now } = account.surroundings
  const pending = faults.take('refund-pending', { orders: ordersOfCharge(account, charge) }) !== undefined
  const { reason, metadata } = asked
  const made = newRefund(charge, { amount, reason, metadata, pending }, random, unix(now()))
  account.keep(made)
  giveBack(charge, amount)
  account.emit('refund.created', made)
  account.emit('charge.refunded', charge)
  return made
}

/** Ends a pending refund. */
export function finishRefund(account: StripeAccount, refund: Refund, outcome: 'succeeded' | 'failed'): void {
  const charge = account.objectOf(refund.charge)
  if (refund.status !== 'pending' || charge?.object !== 'charge')
    throw new NotPossible(`Refund ${refund.id} is ${refund.status}.`)
  refund.status = outcome
  delete refund.pending_reason
  if (outcome === 'failed') {
    refund.failure_reason = 'declined'
    giveBack(charge, -refund.amount)
  }
  account.emit('refund.updated', refund)
  if (outcome === 'failed') account.emit('refund.failed', refund)
}

/** The cardholder asks their bank for the money back: it is taken away until that is decided. */
export function dispute(account: StripeAccount, intent: PaymentIntent, reason: string): Dispute {
  const charge = account.chargeOf(intent)
  if (!charge?.captured || charge.disputed || charge.refunded) {
    throw new NotPossible(`Payment ${intent.id} cannot be disputed.`)
  }
  const { random, now } = account.surroundings
  const made = newDispute(charge, reason, random, unix(now()))
  charge.disputed = true
  account.keep(made)
  account.emit('charge.dispute.created', made)
  account.emit('charge.dispute.funds_withdrawn', made)
  return made
}

/** The bank decides. */
export function closeDispute(account: StripeAccount, dispute: Dispute, outcome: 'won' | 'lost'): void {
  if (dispute.status === 'won' || dispute.status === 'lost')
    throw new NotPossible(`It is ${dispute.status} already.`)
  dispute.status = outcome
  account.emit('charge.dispute.closed', dispute)
  if (outcome === 'won') account.emit('charge.dispute.funds_reinstated', dispute)
}

function giveBack(charge: Charge, amount: number): void {
  charge.amount_refunded += amount
  charge.refunded = charge.amount_refunded === charge.amount_captured
}

function ordersOfCharge(account: StripeAccount, charge: Charge): string[] {
  const intent = account.intent(charge.payment_intent)
  return intent ? ordersOf(intent) : [charge.id]
}
