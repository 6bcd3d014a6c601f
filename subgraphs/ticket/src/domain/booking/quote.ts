import type { BookingQuote, WantedItem } from '@karcis/kit/contracts/bound-hold'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { WantedPlaces } from '../allocation/allocate-items.ts'
import { findHoldToQuote } from '../allocation/bound-hold-store.ts'
import { quantitySchema, requireSale } from '../allocation/hold.ts'
import { findHold } from '../allocation/hold-store.ts'
import { requirePlacesOfOneHold, requireWithinLimits } from '../allocation/limits.ts'
import { requireOpenTypes } from '../allocation/sale-reads.ts'
import type { Deps } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { givenCodeSchema } from '../inventory/access-codes.ts'
import { requireEvent, requireOpenEvent } from '../allocation/known-events.ts'

/** So many of each of several ticket types, each type once. */
export const wantedItems = z
  .array(z.object({ ticketTypeId: idSchema, quantity: quantitySchema }))
  .min(1, 'must name at least one ticket type')
  .refine(
    (items) => new Set(items.map((item) => item.ticketTypeId)).size === items.length,
    'must not name a ticket type twice',
  )

/**
 * What booking a hold of the viewer, or so many of some types of one event, would come to; nothing is taken.
 * @throws what bindHold and takeForBooking would refuse with, as far as it does not depend on what is left; BadUserInput unless
 *   exactly one of the two is asked for.
 */
export async function quoteBooking(
  deps: Deps,
  viewer: Viewer,
  {
    holdId,
    items,
    accessCode,
  }: {
    holdId?: string | null | undefined
    items?: readonly WantedItem[] | null | undefined
    accessCode?: string | null | undefined
  },
): Promise<BookingQuote> {
  if (holdId != null && items == null) return quoteHold(deps, viewer, parseInput(idSchema, holdId, 'holdId'))
  if (holdId != null || items == null)
    throw new BadUserInput([{ path: 'holdId', message: 'must be given, or items, and not both' }])
  return quoteItems(deps, viewer, parseInput(wantedItems, items, 'items'), accessCode)
}

/** A hold that a booking has bound already gives its quote too: whoever books it twice at once is to come as far as the booking. */
async function quoteHold(deps: Deps, viewer: Viewer, holdId: string): Promise<BookingQuote> {
  const hold = await findHoldToQuote(deps.reads, holdId)
  const userId = hold ? hold.userId : (await findHold(deps.db, holdId))?.userId
  if (userId !== viewer.id) throw new NotFound('hold', holdId)
  // Without items it ended, and its ticket type has been deleted since.
  if (!hold?.isKept) throw new HoldExpired(holdId)
  if (!hold.isBound && !hold.isOnSale) await requireOpenEvent(deps, hold.quote.eventId)
  return hold.quote
}

async function quoteItems(
  deps: Deps,
  viewer: Viewer,
  items: readonly WantedItem[],
  accessCode: string | null | undefined,
): Promise<BookingQuote> {
  const wanted = await requireWanted(deps, viewer, items, accessCode)
  const eventId = wanted[0]?.type.eventId ?? ''
  for (const { type } of wanted) requireSale(type)
  await requireWithinLimits(deps, { eventId, userId: viewer.id }, items)
  const { organizerId, endsAt } = await requireEvent(deps, eventId)
  return {
    eventId,
    organizerId,
    endsAt,
    items: wanted.map(({ type: { id: ticketTypeId, name, kind, price, currency }, quantity }) => ({
      ticketTypeId,
      name,
      kind,
      seatId: null,
      seatLabel: null,
      unitPrice: price,
      quantity,
      currency,
    })),
  }
}

/**
 * The types of what is wanted, all of one event that takes bookings, and not more places than one hold keeps.
 * @param rawCode the access code that the buyer gives.
 * @throws NotFound, EventNotBookable, SalesPaused, QueueRequired, AccessCodeRefused, BadUserInput, LimitExceeded.
 */
export async function requireWanted(
  deps: Deps,
  viewer: Viewer,
  items: readonly WantedItem[],
  rawCode: string | null | undefined,
): Promise<WantedPlaces[]> {
  const accessCode = parseInput(givenCodeSchema, rawCode, 'accessCode')
  const types = await requireOpenTypes(
    deps,
    { userId: viewer.id, accessCode },
    items.map((item) => item.ticketTypeId),
  )
  const [first, ...others] = [...types.values()]
  const eventId = first?.eventId ?? ''
  const foreign = others.find((type) => type.eventId !== eventId)
  if (foreign) {
    const at = items.findIndex((item) => item.ticketTypeId === foreign.id)
    const message = 'is of another event than those before it: book each event by itself'
    throw new BadUserInput([{ path: `items.${at}.ticketTypeId`, message }])
  }
  const total = items.reduce((sum, { quantity }) => sum + quantity, 0)
  await requirePlacesOfOneHold(deps, { eventId, userId: viewer.id }, total)
  return items.flatMap(({ ticketTypeId, quantity }) => {
    const type = types.get(ticketTypeId)
    return type ? [{ type, quantity }] : []
  })
}
