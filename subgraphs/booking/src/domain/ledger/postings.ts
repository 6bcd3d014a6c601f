import type { Booking } from '../bookings/booking.ts'
import { type Share, wholeShare } from '../fees/refund-share.ts'

/** Owner of the platform's own accounts. */
export const PLATFORM = '00000000-0000-0000-0000-000000000000'

/** What every user's wallet is kept in. */
export const WALLET_CURRENCY = 'IDR'

/**
 * Whose money an account counts. WALLET: what the platform owes a user; EVENT_SALES: what an event has earned, net of the platform's
 * fees and of tax; EVENT_TAX: tax that an event has taken in, its organizer's to pay; PLATFORM_FEES: what the platform has earned;
 * SIGNUP_GRANTS: what the platform gave away, always below zero; CLEARING: below zero by what a provider holds for the platform;
 * REFUNDS_DUE: what is to go back through a provider and has not gone yet; PAYOUTS_DUE: what is on its way to an organizer; BANK: below
 * zero by what has come in there; PROVIDER_FEES: below zero by what providers have kept for themselves.
 */
export interface AccountRef {
  kind:
    | 'WALLET'
    | 'EVENT_SALES'
    | 'EVENT_TAX'
    | 'PLATFORM_FEES'
    | 'SIGNUP_GRANTS'
    | 'REFUNDS_DUE'
    | 'DISPUTED'
    | 'PAYOUTS_DUE'
    | 'BANK'
    | 'PROVIDER_FEES'
    | `CLEARING:${string}`
  ownerId: string
}

/** One thing that happened to money, as the ledger will hold it. Its lines sum to zero. */
export interface Posting {
  kind:
    | 'GRANT'
    | 'PAYMENT'
    | 'REFUND'
    | 'STRAY_PAYMENT'
    | 'REFUND_SENT'
    | 'TOP_UP'
    | 'DISPUTE'
    | 'DISPUTE_WON'
    | 'DISPUTE_LOST'
    | 'PAYOUT'
    | 'PAYOUT_SENT'
    | 'PAYOUT_RETURNED'
    | 'SETTLEMENT'
  /** Names what happened: the same reference is posted once. */
  reference: string
  bookingId: string | null
  currency: string
  lines: { account: AccountRef; amount: number }[]
}

export const walletOf = (userId: string): AccountRef => ({ kind: 'WALLET', ownerId: userId })

/**
 * Where what a provider holds is counted; of what was paid to an organizer themself, the organizer.
 * @param organizerId of the event that it is paid for; of nobody where it is for a wallet.
 */
export const clearingOf = (provider: string, organizerId: string = PLATFORM): AccountRef => ({
  kind: `CLEARING:${provider}`,
  ownerId: provider === 'MANUAL' ? organizerId : PLATFORM,
})

/** The platform's own account at a bank. */
export const BANK: AccountRef = { kind: 'BANK', ownerId: PLATFORM }

/** Where refunds wait until their provider has made them. */
export const REFUNDS_DUE: AccountRef = { kind: 'REFUNDS_DUE', ownerId: PLATFORM }

export const salesOf = (eventId: string): AccountRef => ({ kind: 'EVENT_SALES', ownerId: eventId })

/** Whose what a booking has brought is: its event's, tax, and the platform's. Nothing stands for what is 0. */
const takings = ({ eventId }: Booking, { sales, tax, platformFees }: Share): Posting['lines'] =>
  [
    { account: salesOf(eventId), amount: sales },
    { account: { kind: 'EVENT_TAX' as const, ownerId: eventId }, amount: tax },
    { account: { kind: 'PLATFORM_FEES' as const, ownerId: PLATFORM }, amount: platformFees },
  ].filter(({ amount }) => amount !== 0)

/** The sign-up grant: from the platform to a new wallet. `amount` in rupiah. */
export const grantPosting = (userId: string, amount: number): Posting => ({
  kind: 'GRANT',
  reference: `grant:${userId}`,
  bookingId: null,
  currency: WALLET_CURRENCY,
  lines: transfer({ kind: 'SIGNUP_GRANTS', ownerId: PLATFORM }, walletOf(userId), amount),
})

/** The price of a booking goes from an account to whom it is of. A booking is paid once, by whichever payment. */
export const paymentPosting = (booking: Booking, from: AccountRef): Posting => ({
  kind: 'PAYMENT',
  reference: `payment:${booking.id}`,
  bookingId: booking.id,
  currency: booking.currency,
  lines: [{ account: from, amount: -positive(booking.totalPrice) }, ...takings(booking, wholeShare(booking))],
})

/**
 * Money of a booking goes back to an account from whom it is of.
 * @param key distinguishes this refund from every other.
 * @param share whose it was: `wholeShare`, or what `refundShare` says of some of its places.
 */
export const refundPosting = (booking: Booking, to: AccountRef, key: string, share: Share): Posting => ({
  kind: 'REFUND',
  reference: `refund:${key}`,
  bookingId: booking.id,
  currency: booking.currency,
  lines: [
    ...takings(booking, share).map(({ account, amount }) => ({ account, amount: -amount })),
    { account: to, amount: positive(share.sales + share.tax + share.platformFees) },
  ],
})

/** A provider took the price of a booking that could not take it: it is due to go back, and no event has earned it. */
export const strayPosting = (payment: ProviderPayment, booking: Booking): Posting => ({
  kind: 'STRAY_PAYMENT',
  reference: payment.bookingId === booking.id ? `stray:${payment.id}` : `stray:${payment.id}:${booking.id}`,
  bookingId: booking.id,
  currency: payment.currency,
  lines: transfer(clearingOf(payment.provider, booking.organizerId), REFUNDS_DUE, booking.totalPrice),
})

/** What a provider took goes into its payer's wallet. */
export const topUpPosting = (payment: ProviderPayment & { userId: string }): Posting => ({
  kind: 'TOP_UP',
  reference: `top-up:${payment.id}`,
  bookingId: null,
  currency: payment.currency,
  lines: transfer(clearingOf(payment.provider), walletOf(payment.userId), payment.amount),
})

/** What was due has gone back, out of what somebody held. */
export const refundSentPosting = (
  payment: ProviderPayment,
  refundId: string,
  amount: number,
  heldBy: AccountRef,
): Posting => ({
  kind: 'REFUND_SENT',
  reference: `refund-sent:${refundId}`,
  bookingId: payment.bookingId,
  currency: payment.currency,
  lines: transfer(REFUNDS_DUE, heldBy, amount),
})

/** What a posting says of a payment at a provider. */
interface ProviderPayment {
  id: string
  /** Null where it is for more than one booking, or for none. */
  bookingId: string | null
  provider: string
  amount: number
  currency: string
}

/** @throws RangeError for anything but a whole amount above zero: a transfer of nothing is not posted at all. */
function transfer(from: AccountRef, to: AccountRef, amount: number): Posting['lines'] {
  return [
    { account: from, amount: -positive(amount) },
    { account: to, amount },
  ]
}

function positive(amount: number): number {
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new RangeError(`cannot transfer ${amount}`)
  return amount
}
