import type { BoundHold, WantedItem } from '@karcis/kit/contracts/bound-hold'
import { BadUserInput, KarcisError, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { allocateItems } from '../allocation/allocate-items.ts'
import { findKeptHolds } from '../allocation/bound-hold-store.ts'
import { findHold } from '../allocation/hold-store.ts'
import type { Db } from '../database.ts'
import type { Deps } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { holdSeats } from '../holds/hold-seats.ts'
import { requireBoundHold } from './bind-hold.ts'
import { requireWanted, wantedItems } from './quote.ts'

/** What is to be kept: so many of some types of one event, or chosen seats of one. */
interface WantedReservation {
  holdId: string
  items?: readonly WantedItem[] | null | undefined
  eventId?: string | null | undefined
  seatIds?: readonly string[] | null | undefined
  accessCode?: string | null | undefined
}

/**
 * Keeps places for the viewer for HOLD_SECONDS, in a hold whose id the caller has made up: asked again, it is the same one.
 * @throws as holdTickets, holdBestSeats and holdSeats; HoldExpired on a repeat whose hold is over; BadUserInput unless either items or
 *   seats are wanted.
 */
export async function reservePlaces(
  deps: Deps,
  viewer: Viewer,
  { holdId: rawId, items, eventId, seatIds, accessCode }: WantedReservation,
): Promise<BoundHold> {
  const holdId = parseInput(idSchema, rawId, 'holdId')
  if ((items == null) === (seatIds == null))
    throw new BadUserInput([{ path: 'items', message: 'must be given, or seatIds, and not both' }])
  const reserve = () =>
    items != null
      ? reserveItems(deps, viewer, holdId, items, accessCode)
      : holdSeats(deps, viewer, { eventId, seatIds, accessCode }, holdId)
  // At once they would be in the way of each other, and none might find places. Of two processes the slower finds the hold of the other.
  await deps.reservationInTurn(holdId, () => reserveUnlessHeld(deps.db, holdId, reserve))
  const hold = await findHold(deps.db, holdId)
  if (hold?.userId !== viewer.id) throw new NotFound('hold', holdId)
  if (hold.status !== 'ACTIVE') throw new HoldExpired(holdId)
  return requireBoundHold(deps.db, holdId)
}

async function reserveUnlessHeld(db: Db, holdId: string, reserve: () => Promise<unknown>): Promise<void> {
  if (await findHold(db, holdId)) return
  try {
    await reserve()
  } catch (error) {
    // The same call from elsewhere was faster, and what it holds was in the way of this one: its hold is the answer.
    if (!(await findHold(db, holdId))) throw error
    if (error instanceof KarcisError && error.code === 'SERVICE_UNAVAILABLE') throw error
  }
}

async function reserveItems(
  deps: Deps,
  viewer: Viewer,
  holdId: string,
  rawItems: readonly WantedItem[],
  accessCode: string | null | undefined,
): Promise<void> {
  const wanted = await requireWanted(deps, viewer, parseInput(wantedItems, rawItems, 'items'), accessCode)
  await allocateItems(deps, { userId: viewer.id, bookingId: null }, wanted, holdId)
}

/** How many holds one person is told of at once. */
const MAX_HOLDS = 50

const holdIdsSchema = z.array(idSchema).max(MAX_HOLDS, `must name at most ${MAX_HOLDS}`)

/** What those holds of the viewer keep that no booking has bound and that are not over. @throws BadUserInput. */
export async function readKeptPlaces(
  { db }: Deps,
  viewer: Viewer,
  holdIds: readonly string[],
): Promise<BoundHold[]> {
  const kept = await findKeptHolds(db, viewer.id, parseInput(holdIdsSchema, holdIds, 'holdIds'))
  return Promise.all(kept.map((id) => requireBoundHold(db, id)))
}
