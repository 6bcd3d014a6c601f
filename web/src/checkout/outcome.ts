/** What a booking tells about its payment. */
export interface PayableBooking {
  status: 'PENDING' | 'PAID' | 'EXPIRED' | 'CANCELLED' | 'PARTIALLY_REFUNDED' | 'REFUNDED'
  totalPrice: number
  payment: {
    id: string
    method: string
    status: string
    redirectUrl: string | null
    instructions: string | null
  } | null
  tickets: readonly unknown[] | null
}

/**
 * How a purchase stands, in the words of who buys:
 * UNPAID: nobody was asked for money yet; OPEN: there is something to do at the provider; CHECKING: the provider has the money, and looks into
 * it; DECLINED: the last try came to nothing, and another may be made; ISSUING: paid, the tickets follow; DONE: here they are;
 * EXPIRED and CANCELLED: nothing was bought; RETURNED: the money went back, or goes.
 */
export type Outcome =
  | 'UNPAID'
  | 'OPEN'
  | 'CHECKING'
  | 'DECLINED'
  | 'ISSUING'
  | 'DONE'
  | 'EXPIRED'
  | 'CANCELLED'
  | 'RETURNED'

/** How a purchase stands; of one past its time the server's word counts, never our clock's. */
export function outcomeOf({ status, payment, tickets }: PayableBooking): Outcome {
  switch (status) {
    case 'PAID':
      return tickets && tickets.length > 0 ? 'DONE' : 'ISSUING'
    case 'PARTIALLY_REFUNDED':
      return 'DONE'
    case 'REFUNDED':
      return 'RETURNED'
    case 'EXPIRED':
      return payment?.status === 'REFUNDED' ? 'RETURNED' : 'EXPIRED'
    case 'CANCELLED':
      return 'CANCELLED'
    case 'PENDING':
      if (!payment) return 'UNPAID'
      if (payment.status === 'REQUIRES_ACTION') return 'OPEN'
      return payment.status === 'FAILED' ? 'DECLINED' : 'CHECKING'
  }
}

/** Whether nothing more will come of it by itself. */
export const isSettled = (outcome: Outcome): boolean =>
  outcome === 'DONE' || outcome === 'EXPIRED' || outcome === 'CANCELLED' || outcome === 'RETURNED'

/** Whose page a payment goes on at, by its method: names that are the same in every language. */
export const PROVIDERS = {
  MIDTRANS: 'Midtrans',
  STRIPE: 'Stripe',
  XENDIT: 'Xendit',
  WALLET: 'Karcis',
  MANUAL: '',
} as const

/**
 * The idempotency key of booking a hold: it follows from what is booked, so that a reload, a second tab and a request that is sent once more
 * after a lost answer all mean the same attempt.
 */
export const bookingKey = (holdId: string, promoCodes: readonly string[], unitPrice: number | null): string =>
  `book ${holdId} ${unitPrice ?? ''} ${promoCodes.join(' ')}`.trim().slice(0, 255)

/**
 * The idempotency key of paying, likewise. The payment that came to nothing before is part of it: after a refusal the next try is another one,
 * and until then every tab means the same.
 */
export const paymentKey = (bookingId: string, method: string, before: string | null): string =>
  `pay ${bookingId} ${method} ${before ?? 'first'}`
