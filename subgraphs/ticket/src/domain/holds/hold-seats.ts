import { NotFound } from '@karcis/kit/errors'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context, Deps } from '../deps.ts'
import { withClaim } from './claim-seats.ts'
import { OrphanSeat, SeatsUnavailable } from '../errors.ts'
import { expireHoldsOfSeats } from '../allocation/expire-holds.ts'
import { type Hold, requireQuantity, requireSale } from '../allocation/hold.ts'
import { idsSchema } from '../input.ts'
import { openTypes } from './open-sale.ts'
import { orphansOf } from '../seat-map/orphan-rule.ts'
import { missingFrom } from '../seat-map/seat-moves.ts'
import { takings } from '../inventory/stock-store.ts'

const MOST_IDS = 1_000
const inputSchema = z.object({ eventId: idSchema, seatIds: idsSchema(MOST_IDS) })

/**
 * Holds the chosen seats of an event for the viewer, all of them or none, for HOLD_SECONDS.
 * @throws SeatsUnavailable, OrphanSeat, EventNotBookable, SaleNotOpen, LimitExceeded, NotFound (a seat of no or another event).
 */
export async function holdSeats({ deps, ...scope }: Context, input: unknown): Promise<Hold> {
  const viewer = requireViewer(scope)
  const { eventId, seatIds } = parseInput(inputSchema, input)
  requireQuantity(seatIds.length, 'input.seatIds')
  return withClaim(deps, eventId, seatIds, async (holdId) => {
    const chosen = await chooseSeats(deps, eventId, seatIds)
    const types = await openTypes(deps, [...new Set(chosen.map((seat) => seat.ticketTypeId))])
    for (const { ticketTypeId, quantity } of takings(
      viewer.id,
      chosen.map((seat) => ({ ...seat, quantity: 1 })),
    )) {
      const type = types.get(ticketTypeId)
      if (type) requireSale(type, quantity)
    }
    return deps.seatTaker.submit(eventId, {
      holdId,
      userId: viewer.id,
      bookingId: null,
      seats: chosen,
      types,
    })
  })
}

/** The seats as they stand, when they may be chosen; those that a hold past its time still covers are freed first. */
async function chooseSeats(
  deps: Deps,
  eventId: string,
  seatIds: readonly string[],
): Promise<{ id: string; ticketTypeId: string }[]> {
  const rows = await deps.sharedReads.rowsAround(eventId, seatIds)
  const wanted = new Set(seatIds)
  const chosen = rows.flatMap((row) => row.filter((seat) => wanted.has(seat.id)))
  const [unknown] = missingFrom(
    seatIds,
    chosen.map((seat) => seat.id),
  )
  if (unknown) throw new NotFound('seat of this event', unknown)
  const taken = chosen.filter((seat) => !seat.free)
  if (taken.length > 0) throw new SeatsUnavailable(taken.map((seat) => seat.id))
  const orphans = rows.flatMap((row) => orphansOf(row, wanted))
  if (orphans.length > 0) throw new OrphanSeat(orphans)
  const lapsed = chosen.filter((seat) => seat.lapsed).map((seat) => seat.id)
  if (lapsed.length > 0) await expireHoldsOfSeats(deps, lapsed)
  return chosen
}
