import { BadUserInput, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { LimitExceeded, SaleNotOpen } from '../errors.ts'
import type { TicketType } from '../inventory/ticket-type.ts'

/** The most places that one hold keeps. */
export const MAX_PLACES_PER_HOLD = 10

export type HoldStatus = 'ACTIVE' | 'CONVERTED' | 'RELEASED' | 'EXPIRED'

/** Whose hold it is, and the booking that it is bound to. */
export interface HoldOwner {
  userId: string
  bookingId: string | null
}

/** Places kept for a user; EXPIRED as soon as its time is past, even when no sweep has ended it yet. */
export interface Hold extends HoldOwner {
  id: string
  eventId: string
  status: HoldStatus
  expiresAt: Date
  items: HoldItem[]
}

/** One line item of a hold. `unitPrice` in the smallest unit of `currency`, as of the hold. */
export interface HoldItem {
  ticketTypeId: string
  seatId: string | null
  quantity: number
  unitPrice: number
  currency: string
}

/** @throws LimitExceeded over what one hold may keep; BadUserInput below 1. @param path of the argument. */
export function requireQuantity(quantity: number, path: string): void {
  if (quantity < 1) throw new BadUserInput([{ path, message: 'must be at least 1' }])
  if (quantity > MAX_PLACES_PER_HOLD) {
    throw new LimitExceeded(MAX_PLACES_PER_HOLD, `One hold keeps at most ${MAX_PLACES_PER_HOLD} places.`)
  }
}

/**
 * Whether `quantity` of a type may be held at all now, whatever its stock. Whether its event is open is asked before.
 * @throws SaleNotOpen before or after its sale; LimitExceeded over its maxPerUser.
 */
export function requireSale(type: TicketType, quantity: number): void {
  if (type.saleStatus === 'UPCOMING' || type.saleStatus === 'ENDED')
    throw new SaleNotOpen(type.saleStartsAt, type.saleEndsAt)
  if (type.maxPerUser !== null && quantity > type.maxPerUser) throw overUserLimit(type.maxPerUser)
}

/** For a user who would have more of a type than its maxPerUser, in holds and tickets together. */
export const overUserLimit = (limit: number): LimitExceeded =>
  new LimitExceeded(limit, `One person can have at most ${limit} of this ticket type, held ones included.`)

/** The hold, when the viewer may read it. @throws NotFound otherwise: whose hold it is concerns nobody else. */
export function requireOwnHold(hold: Hold | null, id: string, viewer: Viewer): Hold {
  if (!hold || (hold.userId !== viewer.id && viewer.role !== 'ADMIN')) throw new NotFound('hold', id)
  return hold
}
