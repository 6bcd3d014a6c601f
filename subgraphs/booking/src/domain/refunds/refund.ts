import { spread } from '../promos/discount.ts'
import type { BookingItem } from '../bookings/booking.ts'

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

/** What one ticket of a booking has cost, or how much of that goes back. */
export interface TicketAmount {
  ticketId: string
  amount: number
}

/**
 * What each ticket of a booking has cost: its unit price less its share of what the line is cheaper by, by the rounding rule of discounts. They
 * sum to what all lines cost.
 * @param items in order. @param ticketIds in the order of the places of the items.
 */
export function ticketPrices(items: readonly BookingItem[], ticketIds: readonly string[]): TicketAmount[] {
  const prices = items.flatMap(({ unitPrice, quantity, discount }) =>
    spread(BigInt(unitPrice) * BigInt(quantity) - BigInt(discount), Array(quantity).fill(BigInt(unitPrice))),
  )
  if (prices.length !== ticketIds.length)
    throw new Error(`${ticketIds.length} tickets were issued for ${prices.length} places`)
  return ticketIds.map((ticketId, at) => ({ ticketId, amount: Number(prices[at]) }))
}

/**
 * So many per cent of what tickets have cost: of all of them together half a unit and more is rounded up, and the sum spread over them by the
 * rounding rule of discounts.
 */
export function percentOf(prices: readonly TicketAmount[], percent: number): TicketAmount[] {
  const costs = prices.map(({ amount }) => BigInt(amount))
  const whole = costs.reduce((sum, cost) => sum + cost, 0n)
  return shares((whole * BigInt(percent) * 2n + 100n) / 200n, prices, costs)
}

/** An amount spread over tickets in proportion to what they have cost; nothing over tickets that cost nothing. */
export function spreadOver(amount: number, prices: readonly TicketAmount[]): TicketAmount[] {
  const costs = prices.map((price) => BigInt(price.amount))
  const whole = costs.reduce((sum, cost) => sum + cost, 0n)
  return shares(whole < BigInt(amount) ? whole : BigInt(amount), prices, costs)
}

const shares = (sum: bigint, prices: readonly TicketAmount[], costs: readonly bigint[]): TicketAmount[] => {
  const parts = spread(sum, costs)
  return prices.map(({ ticketId }, at) => ({ ticketId, amount: Number(parts[at]) }))
}

/** What amounts of tickets come to. */
export const sumOf = (amounts: readonly TicketAmount[]): number =>
  amounts.reduce((sum, { amount }) => sum + amount, 0)
