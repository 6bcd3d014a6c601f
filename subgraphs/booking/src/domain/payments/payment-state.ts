/**
 * How far a payment has got. REQUIRES_ACTION: the buyer still has to do something at the provider, such as pay on its
 * page; AUTHORIZED: the money is reserved and not yet taken; PAID: it is taken; PARTIALLY_REFUNDED, REFUNDED: so much
 * of it went back; DISPUTED: the buyer's bank keeps what was left of it until it is decided whose it is; FAILED: no money is to come of
 * it; yet an outside provider has the last word on that.
 */
export type PaymentStatus =
  | 'REQUIRES_ACTION'
  | 'AUTHORIZED'
  | 'PAID'
  | 'PARTIALLY_REFUNDED'
  | 'REFUNDED'
  | 'DISPUTED'
  | 'FAILED'

/** What has become of a payment's money, in the smallest unit of its currency. It is taken as a whole or not at all. */
export interface PaymentState {
  status: PaymentStatus
  amount: number
  capturedAmount: number
  refundedAmount: number
}

/** Something that happened to a payment. `amount` is what goes back now, on top of what went back before. */
export type PaymentChange =
  | { type: 'AUTHORIZED' }
  | { type: 'CAPTURED' }
  | { type: 'FAILED' }
  /** Its money came, and no booking could take it: all of it goes back. */
  | { type: 'RETURNED' }
  | { type: 'REFUNDED'; amount: number }
  | { type: 'DISPUTED' }
  /** What was in dispute stays ours … */
  | { type: 'DISPUTE_WON' }
  /** … or is the buyer's again, as a whole. */
  | { type: 'DISPUTE_LOST' }

/** The database's trigger payments_status_moves has the same table. */
const MOVES: Record<PaymentStatus, readonly PaymentStatus[]> = {
  REQUIRES_ACTION: ['AUTHORIZED', 'PAID', 'FAILED', 'REFUNDED'],
  AUTHORIZED: ['PAID', 'FAILED', 'REFUNDED'],
  PAID: ['PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED'],
  PARTIALLY_REFUNDED: ['PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED'],
  REFUNDED: [],
  DISPUTED: ['PAID', 'PARTIALLY_REFUNDED', 'REFUNDED'],
  FAILED: ['PAID', 'REFUNDED'],
}

/** A payment of `amount` that was only just asked for. */
export const newPaymentState = (amount: number): PaymentState => ({
  status: 'REQUIRES_ACTION',
  amount,
  capturedAmount: 0,
  refundedAmount: 0,
})

/**
 * The payment after a change.
 * @throws RangeError for a change that cannot happen to it: a payment never goes back, and gives back at most what it took.
 */
export function advance(state: PaymentState, change: PaymentChange): PaymentState {
  const next = apply(state, change)
  if (!MOVES[state.status].includes(next.status)) {
    throw new RangeError(`a payment cannot go from ${state.status} to ${next.status}`)
  }
  return next
}

function apply(state: PaymentState, change: PaymentChange): PaymentState {
  switch (change.type) {
    case 'AUTHORIZED':
    case 'FAILED':
    case 'DISPUTED':
      return { ...state, status: change.type }
    case 'CAPTURED':
      if (state.capturedAmount > 0) throw new RangeError('a payment is taken once')
      return { ...state, status: 'PAID', capturedAmount: state.amount }
    case 'RETURNED':
      if (state.capturedAmount > 0) throw new RangeError('what has paid for a booking is refunded')
      return { ...state, status: 'REFUNDED', capturedAmount: state.amount, refundedAmount: state.amount }
    case 'REFUNDED':
      if (state.status === 'DISPUTED') throw new RangeError('what is in dispute is not refunded')
      return refunded(state, change.amount)
    case 'DISPUTE_WON':
    case 'DISPUTE_LOST':
      return decided(state, change.type === 'DISPUTE_WON')
  }
}

function decided(state: PaymentState, won: boolean): PaymentState {
  if (state.status !== 'DISPUTED') throw new RangeError('it is not in dispute')
  if (!won) return { ...state, status: 'REFUNDED', refundedAmount: state.capturedAmount }
  return { ...state, status: state.refundedAmount > 0 ? 'PARTIALLY_REFUNDED' : 'PAID' }
}

function refunded(state: PaymentState, amount: number): PaymentState {
  const left = state.capturedAmount - state.refundedAmount
  // Of a payment of nothing, nothing goes back.
  if (!Number.isSafeInteger(amount) || amount > left || amount < Math.min(left, 1)) {
    throw new RangeError(`cannot refund ${amount} of the ${left} that are left`)
  }
  const status = amount === left ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
  return { ...state, status, refundedAmount: state.refundedAmount + amount }
}
