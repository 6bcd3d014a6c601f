import { KarcisError } from '@karcis/kit/errors'
import type { BookingStatus } from './bookings/booking.ts'

export class BookingNotPayable extends KarcisError {
  constructor(status: BookingStatus) {
    super('BOOKING_NOT_PAYABLE', `A booking that is ${status} cannot be paid.`, { status })
  }
}

export class InsufficientBalance extends KarcisError {
  constructor(balance: number, required: number, currency: string) {
    super('INSUFFICIENT_BALANCE', 'The wallet does not hold enough for this.', {
      balance,
      required,
      currency,
    })
  }
}

/** The wallet holds another currency than that of what is to be paid. */
export class WrongCurrency extends KarcisError {
  constructor(currency: string, walletCurrency: string) {
    super('PAYMENT_DECLINED', `The wallet holds ${walletCurrency}; this booking is in ${currency}.`, {
      currency,
      walletCurrency,
    })
  }
}

/** An organizer asks for more than there is to be paid out. */
export class PayoutNotCovered extends KarcisError {
  constructor(balance: number, required: number, currency: string) {
    super('INSUFFICIENT_BALANCE', 'There is not so much to be paid out at this time.', {
      balance,
      required,
      currency,
    })
  }
}

/** A way to pay that is not offered here, or not for this currency. */
export class MethodNotOffered extends KarcisError {
  constructor(method: string, currency: string) {
    super('PAYMENT_DECLINED', `${method} does not take ${currency} here: choose another way to pay.`, {
      method,
      currency,
    })
  }
}

/** A provider refuses a payment. */
export class PaymentDeclined extends KarcisError {
  constructor(method: string) {
    super('PAYMENT_DECLINED', 'The payment was refused. Try again, or choose another way to pay.', { method })
  }
}

export class RefundNotAllowed extends KarcisError {
  constructor(message: string, status: BookingStatus) {
    super('REFUND_NOT_ALLOWED', message, { status })
  }
}

/** The buyer's bank has the money until a dispute about it is decided: nothing of it is refunded meanwhile. */
export class PaymentDisputed extends RefundNotAllowed {
  constructor(status: BookingStatus) {
    super('The payment is in dispute: nothing of it is refunded until that is decided.', status)
  }
}

/** A ticket of these is refunded already, or about to be. */
export class TicketsRefunded extends KarcisError {
  constructor() {
    super('REFUND_NOT_ALLOWED', 'One of these tickets is refunded already, or about to be.')
  }
}

export class HoldExpired extends KarcisError {
  constructor(holdId: string) {
    super('HOLD_EXPIRED', 'The hold has run out: take the places again.', { holdId })
  }
}

export class IdempotencyKeyReused extends KarcisError {
  constructor(idempotencyKey: string) {
    super('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used with another input.', { idempotencyKey })
  }
}

/** One request asks for more changes than it may, as by aliases. */
export class TooManyChanges extends KarcisError {
  constructor(limit: number) {
    super('RATE_LIMITED', `One request makes at most ${limit} changes: send the others in another.`, {
      limit,
      retryAfterSeconds: 1,
    })
  }
}

/** Too many files are being made at a time, for one person or for all. */
export class TooManyExports extends KarcisError {
  constructor() {
    super('RATE_LIMITED', 'Other files are still being made. Wait for them.', { retryAfterSeconds: 10 })
  }
}

/** Why a promo code cannot be used for what is to be booked. */
export type PromoRefusal =
  | 'NOT_FOUND'
  | 'INACTIVE'
  | 'NOT_STARTED'
  | 'EXPIRED'
  | 'USED_UP'
  | 'USER_LIMIT'
  | 'MINIMUM_SPEND'
  | 'MINIMUM_QUANTITY'
  | 'WRONG_CURRENCY'
  | 'NOT_APPLICABLE'
  | 'NOT_COMBINABLE'

const PROMO_REFUSALS: Record<PromoRefusal, string> = {
  NOT_FOUND: 'There is no such promo code here.',
  INACTIVE: 'This promo code is switched off.',
  NOT_STARTED: 'This promo code cannot be used yet.',
  EXPIRED: 'This promo code has expired.',
  USED_UP: 'This promo code has been used as often as it may.',
  USER_LIMIT: 'You have used this promo code as often as you may.',
  MINIMUM_SPEND: 'The booking does not come to as much as this promo code needs.',
  MINIMUM_QUANTITY: 'The booking has fewer places than this promo code needs.',
  WRONG_CURRENCY: 'This promo code is for prices in another currency.',
  NOT_APPLICABLE: 'This promo code makes nothing of this booking cheaper.',
  NOT_COMBINABLE: 'This promo code cannot be used together with the others.',
}

export class PromoInvalid extends KarcisError {
  constructor(promoCode: string, reason: PromoRefusal, facts: Record<string, unknown> = {}) {
    super('PROMO_INVALID', PROMO_REFUSALS[reason], { reason, promoCode, ...facts })
  }
}

/** An organizer has as many webhook endpoints as one may have. */
export class TooManyEndpoints extends KarcisError {
  constructor(limit: number) {
    super('LIMIT_EXCEEDED', `You have ${limit} webhook endpoints, and nobody may have more.`, { limit })
  }
}

/** Too many promo codes were tried that there are none of. */
export class TooManyGuesses extends KarcisError {
  constructor(retryAfterSeconds: number) {
    super('RATE_LIMITED', 'Too many promo codes that do not exist. Wait a while.', { retryAfterSeconds })
  }
}
