import { type AccountRef, BANK, clearingOf, type Posting, salesOf } from '../ledger/postings.ts'
import type { Payout, PayoutPart } from './payout.ts'

/** What is on its way to an organizer. */
export const payoutsDueOf = (organizerId: string): AccountRef => ({
  kind: 'PAYOUTS_DUE',
  ownerId: organizerId,
})

/** What an organizer has taken in themself, in cash or by bank transfer. */
const collectedBy = (organizerId: string): AccountRef => clearingOf('MANUAL', organizerId)

type Terms = Pick<Payout, 'id' | 'organizerId' | 'amount' | 'currency'>

/** A payout is asked for: what it takes leaves the events. */
export const payoutPosting = (payout: Terms, parts: readonly PayoutPart[]): Posting => ({
  kind: 'PAYOUT',
  reference: `payout:${payout.id}`,
  bookingId: null,
  currency: payout.currency,
  lines: [...fromEvents(payout, parts), { account: payoutsDueOf(payout.organizerId), amount: payout.amount }],
})

/** A payout was transferred. */
export const payoutSentPosting = (payout: Terms): Posting => ({
  kind: 'PAYOUT_SENT',
  reference: `payout-sent:${payout.id}`,
  bookingId: null,
  currency: payout.currency,
  lines: [
    { account: payoutsDueOf(payout.organizerId), amount: -payout.amount },
    { account: BANK, amount: payout.amount },
  ],
})

/**
 * A payout was rejected, could not be transferred, or came back from the bank: all of it is the events' again.
 * @param from where it is: on its way still, or in the bank.
 */
export const payoutReturnedPosting = (
  payout: Terms,
  parts: readonly PayoutPart[],
  from: 'PAYOUTS_DUE' | 'BANK',
): Posting => ({
  kind: 'PAYOUT_RETURNED',
  reference: `payout-returned:${payout.id}`,
  bookingId: null,
  currency: payout.currency,
  lines: [
    ...fromEvents(payout, parts).map((line) => ({ ...line, amount: -line.amount })),
    { account: from === 'BANK' ? BANK : payoutsDueOf(payout.organizerId), amount: -payout.amount },
  ],
})

/** The lines by which a payout leaves the events. */
function fromEvents({ organizerId }: Terms, parts: readonly PayoutPart[]): Posting['lines'] {
  const setOff = parts.reduce((sum, part) => sum + part.setOff, 0)
  return [
    ...parts.flatMap(({ eventId, takenSales, takenTax }) => [
      { account: salesOf(eventId), amount: -takenSales },
      { account: { kind: 'EVENT_TAX' as const, ownerId: eventId }, amount: -takenTax },
    ]),
    { account: collectedBy(organizerId), amount: setOff },
  ].filter(({ amount }) => amount !== 0)
}
