import type { BookingOfMine, Policy } from '../generated/tickets/bookings.ts'

/** What somebody who asks for their money now would get. */
export interface RefundOffer {
  percent: number
  /** Whether it goes back without anybody's having to approve. */
  atOnce: boolean
  reviewHours: number
  whenUndecided: Policy['whenUndecided']
  feesKept: boolean
}

const HOUR_MS = 3_600_000

const FULL: RefundOffer = {
  percent: 100,
  atOnce: true,
  reviewHours: 0,
  whenUndecided: 'APPROVE',
  feesKept: false,
}

/**
 * What the policy gives, as the booking subgraph decides it: the terms of then or those of now, whichever are better for the buyer; everything of an
 * event that was called off, or was moved after it was booked. Null when nothing goes back.
 * @param now in milliseconds.
 */
export function refundOfferOf(booking: BookingOfMine, now: number): RefundOffer | null {
  const { event, refundPolicy, createdAt } = booking
  if (booking.status !== 'PAID' && booking.status !== 'PARTIALLY_REFUNDED') return null
  if (!event) return null
  const { rescheduledAt, refundUntil, startsAt } = event
  const moved =
    rescheduledAt !== null &&
    refundUntil !== null &&
    Date.parse(createdAt) <= Date.parse(rescheduledAt) &&
    now <= Date.parse(refundUntil)
  if (moved || event.status === 'CANCELLED') return FULL
  const offers = [refundPolicy, event.refundPolicy].flatMap(
    (policy) => offerBy(policy, Date.parse(startsAt), now) ?? [],
  )
  return offers.toSorted((a, b) => worth(b) - worth(a))[0] ?? null
}

function offerBy(policy: Policy, startsAt: number, now: number): RefundOffer | null {
  const percent = policy.tiers
    .filter(({ hoursBeforeStart }) => now <= startsAt - hoursBeforeStart * HOUR_MS)
    .reduce((most, tier) => Math.max(most, tier.percent), 0)
  const { approval, reviewHours, whenUndecided, feesKept } = policy
  return percent === 0
    ? null
    : { percent, atOnce: approval === 'AUTOMATIC', reviewHours, whenUndecided, feesKept }
}

const worth = ({ percent, atOnce, feesKept }: RefundOffer): number =>
  percent * 4 + (atOnce ? 2 : 0) + (feesKept ? 0 : 1)

/** Tickets of a booking that can be given back: those that were not used or given back, and are not asked for already. */
export function refundableTickets(booking: BookingOfMine): NonNullable<BookingOfMine['tickets']> {
  const asked = new Set(
    booking.refundRequests
      .filter(({ status }) => status === 'PENDING')
      .flatMap(({ tickets }) => tickets?.map(({ id }) => id) ?? []),
  )
  return (booking.tickets ?? []).filter(({ id, status }) => status === 'VALID' && !asked.has(id))
}

/**
 * About how much goes back for some tickets, in the booking's currency: their part of what was paid. It is exact for all tickets at once; of single
 * ones the last unit is the booking subgraph's to round, and what the request says counts.
 */
export function refundAmountOf(
  booking: BookingOfMine,
  ticketIds: readonly string[],
  { percent, feesKept }: RefundOffer,
): number {
  const { items, surcharge, subtotal, discount, tickets } = booking
  const places = items.flatMap(({ quantity, unitPrice, discount: off }) =>
    Array.from({ length: quantity }, () => unitPrice - off / quantity),
  )
  const price = (tickets ?? []).reduce(
    (sum, { id }, at) => (ticketIds.includes(id) ? sum + (places[at] ?? 0) : sum),
    0,
  )
  const paid = subtotal - discount
  const fees = feesKept || paid === 0 ? 0 : (surcharge * price) / paid
  return Math.floor(((price + fees) * percent) / 100)
}
