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
