import type { FieldProblem } from '@karcis/kit/errors'
import { MAX_PLACES_PER_HOLD } from '../allocation/hold.ts'
import { priceFitsKind, type TicketKind } from '../inventory/ticket-type.ts'
import type { TicketTypeTerms } from '../inventory/ticket-type-store.ts'

/** A ticket type as somebody wants it, and what it must agree with. */
export interface TicketTypePlan {
  kind: TicketKind
  terms: TicketTypeTerms
  /** What was asked for: nobody is told of a field that they did not send, nor held up by what was there before. */
  sent: ReadonlySet<keyof TicketTypeTerms>
  event: {
    endsAt: Date
    /** How many people its room holds; null without a room. */
    capacity: number | null
  }
  /** How many places other ticket types and the seat map of the event have. */
  elsewhere: number
  /** Its quota before, which may always be lowered; 0 for a new one. */
  quotaBefore: number
}

/**
 * The highest price (smallest unit) of a type with so many places: what a booking, or all of them, come to is still a number that
 * JSON carries exactly.
 */
export const highestPrice = (quota: number): number =>
  Math.floor(Number.MAX_SAFE_INTEGER / Math.max(quota, MAX_PLACES_PER_HOLD))

/** The terms as they are to be written: a sale ends with the event at the latest. */
export const endingWith = <Terms extends Pick<TicketTypeTerms, 'saleEndsAt'>>(
  event: { endsAt: Date },
  terms: Terms,
): Terms => {
  const { saleEndsAt } = terms
  return { ...terms, saleEndsAt: saleEndsAt && saleEndsAt > event.endsAt ? event.endsAt : saleEndsAt }
}

/** What is wrong with terms that are well-formed one by one. Paths are names of fields. */
export function planProblems(plan: TicketTypePlan): FieldProblem[] {
  return [...priceProblems(plan), ...saleProblems(plan), ...quotaProblems(plan)]
}

function priceProblems({ kind, terms: { price, quota }, sent }: TicketTypePlan): FieldProblem[] {
  if (sent.has('price') && !priceFitsKind(kind, price))
    return [{ path: 'price', message: 'must be 0 for FREE and above 0 for PAID' }]
  const highest = highestPrice(quota)
  if (price <= highest) return []
  if (sent.has('price')) return [{ path: 'price', message: `must be at most ${highest} for so many tickets` }]
  return sent.has('quota') ? [{ path: 'quota', message: 'is too many at this price' }] : []
}

function saleProblems({ terms: { saleStartsAt, saleEndsAt }, sent, event }: TicketTypePlan): FieldProblem[] {
  if (sent.has('saleStartsAt') && saleStartsAt && saleStartsAt >= event.endsAt)
    return [{ path: 'saleStartsAt', message: 'must be before the event ends' }]
  if (!saleStartsAt || !saleEndsAt || saleEndsAt > saleStartsAt) return []
  if (sent.has('saleEndsAt')) return [{ path: 'saleEndsAt', message: 'must be after saleStartsAt' }]
  return sent.has('saleStartsAt') ? [{ path: 'saleStartsAt', message: 'must be before saleEndsAt' }] : []
}

function quotaProblems({
  terms: { quota },
  sent,
  event: { capacity },
  elsewhere,
  quotaBefore,
}: TicketTypePlan): FieldProblem[] {
  if (!sent.has('quota') || capacity === null || quota <= quotaBefore) return []
  const left = Math.max(0, capacity - elsewhere)
  if (quota <= left) return []
  const message = `must be at most ${left}: the room holds ${capacity}, and ${elsewhere} are planned already`
  return [{ path: 'quota', message }]
}
