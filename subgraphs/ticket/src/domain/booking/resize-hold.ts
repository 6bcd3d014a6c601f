import type { BoundHold } from '@karcis/kit/contracts/bound-hold'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { allocateItems } from '../allocation/allocate-items.ts'
import { absorbHolds, countHoldPlaces, cutHoldItems } from '../allocation/bound-hold-store.ts'
import { type Hold, quantitySchema } from '../allocation/hold.ts'
import { endHolds, freePlaces } from '../allocation/hold-ender.ts'
import { findHold } from '../allocation/hold-store.ts'
import { requirePlacesOfOneHold } from '../allocation/limits.ts'
import { requireOpenType } from '../allocation/sale-reads.ts'
import type { Deps } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { givenCodeSchema } from '../inventory/access-codes.ts'
import { moveStockOfSeats } from '../inventory/stock-store.ts'
import { publishChange } from '../live.ts'
import { moveHeldUntil, moveSeats } from '../seat-map/seat-store.ts'
import { requireBoundHold } from './bind-hold.ts'

/**
 * Has a hold of the viewer, of one ticket type, keep so many places from now on; nothing that it keeps is let go of to get more, and its
 * time stays as it is. Repeating it changes nothing.
 * @throws NotFound (not the viewer's), HoldExpired, Conflict (a booking has bound it), BadUserInput (it is of several types), and what
 *   holdTickets and holdBestSeats refuse with.
 */
export async function resizeHold(
  deps: Deps,
  viewer: Viewer,
  input: { holdId: string; quantity: number; accessCode?: string | null | undefined },
): Promise<BoundHold> {
  const holdId = parseInput(idSchema, input.holdId, 'holdId')
  const quantity = parseInput(quantitySchema, input.quantity, 'quantity')
  const accessCode = parseInput(givenCodeSchema, input.accessCode, 'accessCode')
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const hold = await requireLoose(deps, viewer, holdId)
    const had = countOf(hold)
    if (quantity < had) await shrink(deps, hold, quantity)
    else if (quantity > had && !(await grow(deps, hold, { quantity, more: quantity - had, accessCode })))
      continue
    return requireBoundHold(deps.db, holdId)
  }
  throw new ServiceUnavailable('This hold is being changed elsewhere. Try again.')
}

/** How often it is begun again where others resize the same hold at the same time. */
const MAX_TRIES = 10

const countOf = ({ items }: Hold): number => items.reduce((sum, item) => sum + item.quantity, 0)

/** Rolls back what would make a hold keep another number than was asked for. */
class Resized extends Error {}

/** The viewer's own hold that is neither over nor bound. */
async function requireLoose({ db }: Deps, viewer: Viewer, holdId: string): Promise<Hold> {
  const hold = await findHold(db, holdId)
  if (hold?.userId !== viewer.id) throw new NotFound('hold', holdId)
  if (hold.status !== 'ACTIVE') throw new HoldExpired(holdId)
  if (hold.bookingId !== null) throw new Conflict('A booking has this hold.', { bookingId: hold.bookingId })
  if (new Set(hold.items.map((item) => item.ticketTypeId)).size > 1)
    throw new BadUserInput([{ path: 'holdId', message: 'keeps several ticket types' }])
  return hold
}

async function shrink(deps: Deps, { id: holdId, eventId, userId }: Hold, quantity: number): Promise<void> {
  const { cut, change } = await transaction(deps.db, async (tx) => {
    const items = await cutHoldItems(tx, { holdId, userId }, quantity)
    return { cut: items, change: await freePlaces(tx, eventId, 'held', items, [holdId]) }
  })
  publishChange(deps.live, eventId, change)
  const seatIds = cut.flatMap((item) => item.seatId ?? [])
  if (seatIds.length > 0) deps.seatClaims.release(eventId, seatIds, holdId)
}

/** What is wanted more is held by itself first, then taken in. @returns whether nobody else has resized the hold meanwhile. */
async function grow(
  deps: Deps,
  hold: Hold,
  { quantity, more, accessCode }: { quantity: number; more: number; accessCode: string | null | undefined },
): Promise<boolean> {
  const { id: holdId, eventId, userId, items } = hold
  await requirePlacesOfOneHold(deps, { eventId, userId }, quantity)
  const type = await requireOpenType(deps, { userId, accessCode }, items[0]?.ticketTypeId ?? '')
  const extraId = newId()
  const extra = await allocateItems(
    deps,
    { userId, bookingId: null },
    [{ type, quantity: more }],
    extraId,
  ).catch(async (error: unknown) => {
    // What another has made of it meanwhile may be what was in the way.
    const now = await findHold(deps.db, holdId)
    if (now && countOf(now) === countOf(hold)) throw error
    return null
  })
  if (!extra) return false
  const seatIds = extra.items.flatMap((item) => item.seatId ?? [])
  try {
    const change = await transaction(deps.db, async (tx) => {
      await absorbHolds(tx, { holdId, userId, absorbed: [extraId] })
      if ((await countHoldPlaces(tx, holdId)) !== quantity) throw new Resized()
      if (seatIds.length === 0) return null
      const seconds = deps.settings.HOLD_SECONDS
      const holds = { ids: seatIds.map(() => holdId), seconds }
      await moveSeats(tx, { eventId, seatIds, from: 'HELD', to: 'HELD', fromHolds: [extraId], holds })
      await moveHeldUntil(tx, eventId, [holdId])
      return moveStockOfSeats(tx, eventId, seatIds, [])
    })
    publishChange(deps.live, eventId, change)
    return true
  } catch (error) {
    await endHolds(deps, { eventId, holdIds: [extraId], to: 'RELEASED', unboundOnly: true })
    if (error instanceof Resized) return false
    throw error instanceof HoldExpired ? new HoldExpired(holdId) : error
  }
}
