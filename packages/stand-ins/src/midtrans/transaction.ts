/** Midtrans' amounts have two decimals, also in rupiah, which has none in use: "150000.00". */
export const DECIMALS = 2

/** https://docs.midtrans.com/docs/transaction-status-cycle */
type Status =
  | 'pending'
  | 'capture'
  | 'settlement'
  | 'deny'
  | 'cancel'
  | 'expire'
  | 'refund'
  | 'partial_refund'

/** What a customer may choose on the page. A card is captured, and settles later; the others settle at once. */
export type PaymentType = 'credit_card' | 'bank_transfer' | 'qris' | 'gopay'

interface Refund {
  readonly key: string
  /** In hundredths. */
  readonly amount: number
  readonly reason: string
  readonly at: Date
}

/** What a customer's choice of a way to pay made of an order. */
export interface Charge {
  readonly id: string
  readonly type: PaymentType
  readonly at: Date
  status: Status
  fraud: 'accept' | 'challenge' | 'deny'
  settledAt?: Date
  /** In hundredths, as `Refund.amount`. */
  captured: number
  /** Given back by a cancel; refunds are listed apart. */
  voided: number
  readonly refunds: Refund[]
}

/** A Snap transaction: a token and a page. It is no transaction of the Core API until a way to pay is chosen. */
export interface SnapTransaction {
  readonly token: string
  readonly orderId: string
  /** In hundredths. */
  readonly grossAmount: number
  readonly items: readonly { name: string; quantity: number }[]
  readonly customer?: string
  readonly finishUrl?: string
  readonly notificationUrls: readonly string[]
  /** Until when the page opens, and a chosen way to pay may be paid. */
  readonly expiresAt: Date
  /** Whether `expiresAt` passed, or the merchant said so, and what follows from it was done. */
  lapsed: boolean
  charge?: Charge
}

export const refundedOf = (charge: Charge): number =>
  charge.refunds.reduce((sum, { amount }) => sum + amount, 0)

/** "2020-01-09 18:27:19", in GMT+7: https://docs.midtrans.com/docs/get-status-api-requests */
export function midtransTime(date: Date): string {
  return new Date(date.getTime() + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}

/**
 * The time of "2018-12-13 18:11:08 +0700", in which a merchant says when an expiry begins; undefined for what is none.
 * https://docs.midtrans.com/docs/snap-advanced-feature (custom transaction expiry)
 */
export function parseStartTime(text: string): Date | undefined {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d):?(\d\d)$/.exec(text)
  if (!match) return undefined
  const date = new Date(`${match[1]}T${match[2]}${match[3]}:${match[4]}`)
  return Number.isNaN(date.getTime()) ? undefined : date
}
