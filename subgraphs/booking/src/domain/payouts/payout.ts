/** How far a payout has got; the database's trigger payouts_status_moves has the moves between them. */
export const PAYOUT_STATUSES = ['REQUESTED', 'APPROVED', 'REJECTED', 'PAID', 'FAILED'] as const

export type PayoutStatus = (typeof PAYOUT_STATUSES)[number]

/** What an organizer asked to be paid, in the smallest unit of `currency`. */
export interface Payout {
  id: string
  organizerId: string
  status: PayoutStatus
  amount: number
  currency: string
  bankName: string
  /** Forgotten, as the number, a while after the payout's end. */
  accountHolder: string | null
  accountNumber: string | null
  accountEnding: string
  message: string | null
  createdAt: Date
  reviewedAt: Date | null
  paidAt: Date | null
}

/** Where a payout goes. */
export interface BankAccount {
  bankName: string
  accountHolder: string
  accountNumber: string
}

/** What an event is owed to its organizer just now, in the smallest unit of `currency`. */
export interface EventBalance {
  eventId: string
  currency: string
  sales: number
  tax: number
  /** What the organizer took in themself, as a number below zero: they have it already. */
  collected: number
  /** Frozen until disputes are decided; no part of the others. */
  disputed: number
  /** Whether it can be paid out: the event is over, and its hold too; or it was called off, and an admin has released what is left. */
  released: boolean
}

/** What a payout takes from one event. */
export interface PayoutPart {
  eventId: string
  takenSales: number
  takenTax: number
  setOff: number
}

/** What an event is owed, less what its organizer has taken in themself. */
export const owedOf = ({ sales, tax, collected }: EventBalance): number => sales + tax + collected

/** What is to be had of an event: all of it once it is released; what it owes, at once. */
const dueOf = (event: EventBalance): number => (event.released ? owedOf(event) : Math.min(owedOf(event), 0))

/** How much can be paid out of events of one currency; 0 where they owe more than there is. */
export const availableOf = (events: readonly EventBalance[]): number =>
  Math.max(
    0,
    events.reduce((sum, event) => sum + dueOf(event), 0),
  )

/**
 * Which events a payout of `amount` takes how much from: what events owe is settled first, then the others pay in their order, the
 * last of them in part. Of that one what its organizer has taken in is set off, and its sales go before its tax.
 * @param amount from 1 to `availableOf(events)`. @throws RangeError for any other.
 */
export function takeFrom(events: readonly EventBalance[], amount: number): PayoutPart[] {
  if (amount < 1 || amount > availableOf(events)) throw new RangeError(`cannot pay out ${amount}`)
  const owing = events.filter((event) => dueOf(event) < 0)
  const paying = events.filter((event) => dueOf(event) > 0)
  const parts = owing.map(whole)
  let open = amount - owing.reduce((sum, event) => sum + dueOf(event), 0)
  for (const event of paying) {
    if (open === 0) break
    const taken = Math.min(open, dueOf(event))
    parts.push(taken === dueOf(event) ? whole(event) : partly(event, taken))
    open -= taken
  }
  return parts
}

const whole = ({ eventId, sales, tax, collected }: EventBalance): PayoutPart => ({
  eventId,
  takenSales: sales,
  takenTax: tax,
  setOff: 0 - collected,
})

function partly({ eventId, sales, tax, collected }: EventBalance, amount: number): PayoutPart {
  const gross = amount - collected
  // Of two of which one is below zero, that one is settled whole.
  const takenSales = tax <= 0 ? gross - tax : Math.min(sales, gross)
  return { eventId, takenSales, takenTax: gross - takenSales, setOff: 0 - collected }
}

/** What a payout's part comes to. */
export const amountOf = ({ takenSales, takenTax, setOff }: PayoutPart): number =>
  takenSales + takenTax - setOff
