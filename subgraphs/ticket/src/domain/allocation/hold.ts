import { BadUserInput, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { LimitExceeded, SaleNotOpen } from '../errors.ts'
import type { TicketKind, TicketType } from '../inventory/ticket-type.ts'

/** The most places that one hold keeps. */
export const MAX_PLACES_PER_HOLD = 10

export type HoldStatus = 'ACTIVE' | 'CONVERTED' | 'RELEASED' | 'EXPIRED'

/** Places kept for a user; EXPIRED as soon as its time is past, also when nothing has swept it yet. */
export interface Hold {
  id: string
  userId: string
  eventId: string
  status: HoldStatus
  expiresAt: Date
  bookingId: string | null
  items: HoldItem[]
}

/** One line of a hold. `unitPrice` in the smallest unit of `currency`, as of the hold. */
export interface HoldItem {
  ticketTypeId: string
  seatId: string | null
  quantity: number
  unitPrice: number
  currency: string
}

/** What booking is told of a hold that it has bound. */
export interface BoundHold {
  holdId: string
  eventId: string
  organizerId: string
  expiresAt: Date
  items: BoundHoldItem[]
}

export interface BoundHoldItem extends HoldItem {
  name: string
  kind: TicketKind
  seatLabel: string | null
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

/** A user who would have more of a type than its maxPerUser, in holds and tickets together. */
export const overUserLimit = (limit: number): LimitExceeded =>
  new LimitExceeded(limit, `One person can have at most ${limit} of this ticket type, held ones included.`)

/** The hold, when the viewer may see it. @throws NotFound otherwise: whose hold it is concerns nobody else. */
export function requireOwnHold(hold: Hold | undefined, id: string, viewer: Viewer): Hold {
  if (!hold || (hold.userId !== viewer.id && viewer.role !== 'ADMIN')) throw new NotFound('hold', id)
  return hold
}
