import type { IncomingHttpHeaders } from 'node:http'
import type { Booking } from '../bookings/booking.ts'
import type { Db, Tx } from '../database.ts'
import type { Posting } from '../ledger/postings.ts'
import type { Share } from '../fees/refund-share.ts'
import type { PaymentState } from './payment-state.ts'
import type { Bill } from './subject.ts'

/**
 * A way to pay: the port between bookings and whoever moves the money. There are two kinds, distinguished by where the money
 * is while the booking is being paid, because a database transaction must never wait for somebody else.
 * A new provider is a file beside this one, a few lines in providers.ts, and its settings.
 */
export type PaymentProvider = LedgerProvider | ExternalProvider

interface AnyProvider {
  /** Whether it takes money of this currency, an ISO 4217 code. */
  charges(currency: string): boolean
}

/** Its money is in our own ledger: it moves in the transaction that moves the booking, and the outcome is known at once. */
export interface LedgerProvider extends AnyProvider {
  readonly kind: 'LEDGER'
  /**
   * Takes the prices of bookings, in the transaction that marks them PAID. Not called for a price of nothing.
   * @throws whatever ends that transaction; `mapError` turns it into what the buyer is told.
   */
  pay(tx: Tx, bookings: readonly Booking[]): Promise<void>
  /** Gives money of a booking back, in the transaction that says so of the booking. Not called for an amount of nothing. */
  refund(tx: Tx, booking: Booking, refund: { key: string; share: Share }): Promise<void>
  /** What `refund` posts, for those who post many at once. */
  refundPosting(booking: Booking, refund: { key: string; share: Share }): Posting
  /** What the buyer is told of an error that ended a payment's transaction; an error that is not its own comes back as it is. */
  mapError(db: Db, bill: Bill, error: unknown): Promise<unknown>
}

/**
 * Somebody else moves the money, at a time of their own. Nothing here is called inside a transaction. Every call may be
 * made again: what was done once is not done twice, and the answer is how the payment stands there after it.
 *
 * Of any of these, @throws ServiceUnavailable where no answer came: it may or may not have been done.
 */
export interface ExternalProvider extends AnyProvider {
  readonly kind: 'EXTERNAL'
  /** Asks for a payment. @throws KarcisError PAYMENT_DECLINED when it is refused then and there: no money can come of it. */
  start(order: PaymentOrder): Promise<StartedPayment>
  /** How it stands, by the provider's own word: all that money ever moves on. */
  status(payment: KnownPayment): Promise<PaymentReport>
  /** Sees to it that it cannot be paid any more, as far as that can be. Where it was paid a moment before, the report says so. */
  cancel(payment: KnownPayment): Promise<PaymentReport>
  /** Gives a part or all of what was taken back to where it came from. @throws RefundFailed where the provider does not, yet. */
  refund(payment: KnownPayment, refund: Refund): Promise<void>
  /** What became of the dispute about a payment that was taken; null where there is none, or no such thing as disputes. */
  dispute?(payment: KnownPayment): Promise<Dispute | null>
  /** Payments, by the provider's own ids, that were disputed since a moment; of a provider that has disputes. */
  disputedSince?(since: Date): Promise<string[]>
  /**
   * Reads what was sent to the provider's webhook.
   * @param body byte for byte as it came: signatures are over the bytes.
   * @returns null for what is signed, and about nothing of ours.
   * @throws Unauthenticated unless the provider has signed it; BadUserInput when it cannot be read.
   */
  readNotification(body: Buffer, headers: IncomingHttpHeaders): Notification | null
}

/** What is to be paid, in full until `expiresAt`. */
export interface PaymentOrder {
  /** Our own id of the payment, and the provider's idempotency key: started twice, it is started once. */
  paymentId: string
  /** In the smallest unit of `currency`, an ISO 4217 code. */
  amount: number
  currency: string
  expiresAt: Date
  /** The page of ours that the provider sends the buyer back to, whatever came of it; it asks us what did. */
  returnUrl: string
}

/** A payment that was asked for, as its provider is asked about it. */
export interface KnownPayment {
  /** Our own id of it, by which the provider knows it too. */
  id: string
  /** The provider's; null where its answer to the start was lost. */
  reference: string | null
  /** In the smallest unit of `currency`. */
  amount: number
  currency: string
}

/** What a provider answers to a start. */
export interface StartedPayment {
  /** The provider's id of the payment; unique among its payments. */
  reference: string
  /** What the buyer has to do next; null when nothing. */
  action: BuyerAction | null
}

/** A page to send the buyer to; a secret that the provider's own form takes; or words to follow, as for a bank transfer. Any one will do. */
export interface BuyerAction {
  redirectUrl?: string
  clientSecret?: string
  instructions?: string
}

/** How a payment stands at its provider. Whoever acts on it first compares amount and currency with what was asked for. */
export interface PaymentReport {
  status: PaymentState['status']
  amount: number
  currency: string
}

/** Money that goes back, in the smallest unit of the payment's currency. */
export interface Refund {
  /** Distinguishes this refund from every other: repeated with the same key, it is made once. */
  key: string
  amount: number
}

/** A provider does not give money back at this moment; it is asked again. */
export class RefundFailed extends Error {}

/** Nor will it ever: somebody has to give the money back by hand. */
export class RefundImpossible extends RefundFailed {}

/** A buyer asks their bank for the money of a payment back, and the bank takes it from us until it is decided whose it is. */
export interface Dispute {
  /** The provider's id of it. */
  id: string
  status: 'OPEN' | 'WON' | 'LOST'
  /** In the smallest unit of the payment's currency. */
  amount: number
}

/** What a notification is about. It is a hint to ask for the `status`, never a reason to move money. */
export interface Notification {
  /** The provider's id of the event: what comes again under it is dropped. */
  eventId: string
  /** The payment, by our own id of it or by the provider's. */
  payment: { id: string } | { reference: string }
  about: 'PAYMENT' | 'DISPUTE'
}
