/** Until so many hours before an event starts so many per cent of what tickets have cost go back. */
export interface RefundTier {
  hoursBeforeStart: number
  percent: number
}

/** What an organizer promises of refunds. */
export interface RefundPolicy {
  /** The earliest first; empty: nothing goes back. */
  tiers: readonly RefundTier[]
  /** AUTOMATIC: what is asked for in time goes back at once; ORGANIZER: once the organizer approves. */
  approval: 'AUTOMATIC' | 'ORGANIZER'
  /** For so long the organizer may look at a request. */
  reviewHours: number
  /** What becomes of a request that nobody has looked at by then. */
  whenUndecided: 'APPROVE' | 'REJECT'
  /** Whether what the platform and the organizer charge beside the price is kept. */
  feesKept: boolean
}

/**
 * What holds for an event whose organizer has said nothing. It is a promise to those who bought under it: it is never changed, but
 * followed by another that is written down as a policy of its own.
 */
export const DEFAULT_POLICY: RefundPolicy = {
  tiers: [{ hoursBeforeStart: 0, percent: 100 }],
  approval: 'ORGANIZER',
  reviewHours: 72,
  whenUndecided: 'APPROVE',
  feesKept: false,
}

/** What somebody who asks for a refund at a moment would get. */
export interface RefundOffer
  extends Pick<RefundPolicy, 'approval' | 'reviewHours' | 'whenUndecided' | 'feesKept'> {
  percent: number
}

/** All the money back, and at once. */
export const FULL_RIGHT: RefundOffer = {
  percent: 100,
  approval: 'AUTOMATIC',
  reviewHours: 1,
  whenUndecided: 'APPROVE',
  feesKept: false,
}

const HOUR_MS = 3_600_000

/** What a policy gives at a moment; null when nothing goes back (any more). */
export function offerOf(policy: RefundPolicy, startsAt: Date, now: Date): RefundOffer | null {
  const { tiers, ...terms } = policy
  const percent = tiers
    .filter(({ hoursBeforeStart }) => now.getTime() <= startsAt.getTime() - hoursBeforeStart * HOUR_MS)
    .reduce((most, tier) => Math.max(most, tier.percent), 0)
  return percent === 0 ? null : { ...terms, percent }
}

/** Of several offers the best for the buyer: more money first, then without waiting, then the fees too. */
export function bestOffer(offers: readonly (RefundOffer | null)[]): RefundOffer | null {
  const score = ({ percent, approval, feesKept }: RefundOffer) =>
    percent * 4 + (approval === 'AUTOMATIC' ? 2 : 0) + (feesKept ? 0 : 1)
  const given = offers.filter((offer) => offer !== null)
  return given.toSorted((a, b) => score(b) - score(a))[0] ?? null
}

/** What an event says of refunds beside any policy. */
export interface EventTimes {
  status: string
  startsAt: Date
  rescheduledAt: Date | null
  refundUntil: Date | null
}

/**
 * What the buyer of a booking would get: the terms that it was bought under, or those of now where they are better. Of an event that is off, and
 * until a date of one that was moved after it was booked, everything, whatever the policy says.
 * @param policies that of the booking, and that of now.
 */
export function offerFor(
  policies: readonly RefundPolicy[],
  event: EventTimes,
  bookedAt: Date,
  now: Date,
): RefundOffer | null {
  const { rescheduledAt, refundUntil } = event
  const moved =
    rescheduledAt !== null && bookedAt <= rescheduledAt && refundUntil !== null && now <= refundUntil
  if (moved || event.status === 'CANCELLED') return FULL_RIGHT
  return bestOffer(policies.map((policy) => offerOf(policy, event.startsAt, now)))
}
