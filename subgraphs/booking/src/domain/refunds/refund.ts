import { costOf } from '../fees/fee.ts'
import { type Charges, refundShare, type Share } from '../fees/refund-share.ts'
import { spread } from '../promos/discount.ts'

/** Money of a booking that goes back to its buyer, in the smallest unit of the booking's currency. */
export interface BookingRefund {
  id: string
  bookingId: string
  /**
   * ENDING: its tickets are being taken out of use, and no money has moved. MADE: the money has left the event's sales.
   * REFUSED: a ticket was used meanwhile, and nothing came of it.
   */
  status: 'ENDING' | 'MADE' | 'REFUSED'
  amount: number
  /** What of it was tax, and the platform's; all else is the event's. */
  tax: number
  platformFees: number
  /** Into the buyer's wallet, wherever it came from. */
  toWallet: boolean
  /** In words for the buyer. */
  reason: string
  /** The tickets that it takes out of use, in order; none where there were none any more. */
  ticketIds: string[]
  /** Whether the money is where it was to go: a provider may not have given it back yet. */
  done: boolean
  createdAt: Date
}

/** How much goes back for one ticket. */
export interface TicketAmount {
  ticketId: string
  amount: number
  /** What of it is the price, without fees and tax that were added to it; null where all goes back that is left. */
  price: number | null
}

/** Money that goes back for tickets, and where it is taken from: `sales`, `tax` and `platformFees` sum to `amount`. */
export interface RefundPart extends Share {
  amount: number
  /** What of it is the price, without fees and tax that were added to it. */
  price: number
  tickets: TicketAmount[]
}

/** The items of a booking, and its tickets in the order of the places of these. */
type Places = Pick<Charges, 'items'> & { ticketIds: readonly string[] }

/** What a booking was charged, its tickets, and those of them that are refunded, or about to be. */
export interface Issued extends Charges, Places {
  refunded: ReadonlySet<string>
}

/**
 * What goes back for some tickets of a booking, which are not refunded yet: their part of prices and fees, by the rules of `refundShare`, so in
 * whatever steps tickets are given back, the parts sum to the whole.
 * @param terms as of `refundShare`. @throws Error unless there is a ticket for each place.
 */
export function partOf(
  issued: Issued,
  wanted: readonly string[],
  terms: { percent: number; keepFees: boolean },
): RefundPart {
  const { items, ticketIds, refunded } = issued
  const itemOf = itemsOfTickets(issued)
  const places = items.map((_, item) => {
    const tickets = ticketIds.filter((id) => itemOf.get(id) === item)
    const count = (is: (id: string) => boolean) => tickets.filter(is).length
    return { before: count((id) => refunded.has(id)), now: count((id) => wanted.includes(id)) }
  })
  const { amount, sales, tax, platformFees, items: prices } = refundShare(issued, places, terms)
  const price = prices.reduce((sum, one) => sum + one, 0)
  return { amount, price, sales, tax, platformFees, tickets: spreadOver(issued, { amount, price }, wanted) }
}

/** As much of a part as an amount, at most all of it, taken in proportion from whom it is of. */
export function cutTo(part: RefundPart, amount: number, issued: Issued): RefundPart {
  const [sales, tax, platformFees] = spread(
    BigInt(amount),
    [part.sales, part.tax, part.platformFees].map(BigInt),
  ).map(Number) as [number, number, number]
  const [price] = spread(BigInt(amount), [part.price, part.amount - part.price].map(BigInt)).map(Number) as [
    number,
  ]
  const ticketIds = part.tickets.map(({ ticketId }) => ticketId)
  const tickets = spreadOver(issued, { amount, price }, ticketIds)
  return { amount, price, sales, tax, platformFees, tickets }
}

/**
 * An amount, and what of it is the price, spread over tickets in proportion to the price of their lines, by the rounding rule of discounts;
 * nothing over what cost nothing.
 */
export function spreadOver(
  issued: Places,
  { amount, price }: { amount: number; price: number | null },
  ticketIds: readonly string[],
): TicketAmount[] {
  const itemOf = itemsOfTickets(issued)
  const weights = ticketIds.map((id) => {
    const item = issued.items[itemOf.get(id) ?? -1]
    return item ? (costOf(item) * SCALE) / BigInt(item.quantity) : 0n
  })
  const amounts = spread(BigInt(amount), weights)
  const prices = price === null ? null : spread(BigInt(price), weights)
  return ticketIds.map((ticketId, at) => ({
    ticketId,
    amount: Number(amounts[at]),
    price: prices && Number(prices[at]),
  }))
}

/** So that a part of the smallest unit has its weight too. */
const SCALE = 1_000_000n

/** Which item of a booking each of its tickets is of. */
function itemsOfTickets({ items, ticketIds }: Places): Map<string, number> {
  const places = items.flatMap(({ quantity }, item) => Array<number>(quantity).fill(item))
  if (places.length !== ticketIds.length)
    throw new Error(`${ticketIds.length} tickets were issued for ${places.length} places`)
  return new Map(ticketIds.map((id, at) => [id, places[at] ?? 0]))
}
