import { NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { z } from 'zod'
import { SaleNotOpen } from '../errors.ts'
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

/** How many places somebody asks for. That no hold keeps more than a few is told apart, with the limit (limits.ts). */
export const quantitySchema = z.int().min(1)

/** What shows that somebody was admitted from a waiting room; left out: it is looked up. */
export const queuePassSchema = z.string().nullish()

/** Whether a type may be held at all now, whatever its stock. Whether its event is open is asked before. @throws SaleNotOpen. */
export function requireSale(type: TicketType): void {
  if (type.saleStatus === 'UPCOMING' || type.saleStatus === 'ENDED')
    throw new SaleNotOpen(type.saleStartsAt, type.saleEndsAt)
}

/** The hold, when the viewer may read it. @throws NotFound otherwise: whose hold it is concerns nobody else. */
export function requireOwnHold(hold: Hold | null, id: string, viewer: Viewer): Hold {
  if (!hold || (hold.userId !== viewer.id && viewer.role !== 'ADMIN')) throw new NotFound('hold', id)
  return hold
}
