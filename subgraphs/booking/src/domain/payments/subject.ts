import type { Booking } from '../bookings/booking.ts'

/** What a payment is for: exactly one of a booking, all bookings of a checkout, and a wallet that is topped up. */
export interface Subject {
  bookingId: string | null
  checkoutId: string | null
  /** Whose wallet it is. */
  topUpUserId: string | null
}

/** What is to be paid at once, and by whom. `amount` is in the smallest unit of `currency`. */
export interface Bill extends Subject {
  userId: string
  amount: number
  currency: string
  /** Until when it can be paid. */
  expiresAt: Date
}

/**
 * What bookings cost that are paid together.
 * @param bookings one, or all of one checkout, which are of one buyer and in one currency.
 */
export function billOf(bookings: readonly Booking[]): Bill {
  const [first] = bookings
  if (!first) throw new Error('there is nothing to pay')
  return {
    bookingId: first.checkoutId === null ? first.id : null,
    checkoutId: first.checkoutId,
    topUpUserId: null,
    userId: first.userId,
    amount: bookings.reduce((sum, { totalPrice }) => sum + totalPrice, 0),
    currency: first.currency,
    expiresAt: new Date(Math.min(...bookings.map(({ expiresAt }) => expiresAt.getTime()))),
  }
}

/** What somebody pays into their own wallet. `amount` is in the smallest unit of `currency`. */
export const topUpBill = (topUp: Pick<Bill, 'userId' | 'amount' | 'currency' | 'expiresAt'>): Bill => ({
  ...topUp,
  bookingId: null,
  checkoutId: null,
  topUpUserId: topUp.userId,
})
