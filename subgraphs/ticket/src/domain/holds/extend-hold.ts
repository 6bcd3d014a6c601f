import { transaction } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import type { Hold } from '../allocation/hold.ts'
import { updateHoldEnd } from '../allocation/hold-store.ts'
import { requireOpenEvent } from '../allocation/known-events.ts'
import type { Deps } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { moveStockOfSeats } from '../inventory/stock-store.ts'
import { publishChange } from '../live.ts'
import { moveHeldUntil } from '../seat-map/seat-store.ts'
import { readHold } from './release-hold.ts'

/** A hold lasts so many times HOLD_SECONDS at most, however often it is extended: others want its places too. */
const LONGEST = 2

/**
 * Has an unbound hold of the viewer last HOLD_SECONDS from now, but no longer in all than twice that, nor than its event; it never ends earlier
 * than before. Its seats are shown as held until then.
 * @throws NotFound, BadUserInput, HoldExpired, Conflict when a booking has bound it, EventNotBookable, SalesPaused.
 */
export async function extendHold(deps: Deps, viewer: Viewer, id: string): Promise<Hold> {
  const hold = await readHold(deps, viewer, id)
  const started = performance.now()
  const { db, live, seatClaims, settings } = deps
  const seconds = settings.HOLD_SECONDS
  const extended = await transaction(db, async (tx) => {
    const end = await updateHoldEnd(tx, hold, seconds, LONGEST * seconds)
    if (!end) return null
    const seatIds = await moveHeldUntil(tx, hold.eventId, [hold.id])
    const change = seatIds.length > 0 ? await moveStockOfSeats(tx, hold.eventId, seatIds, []) : null
    return { ...end, seatIds, change }
  })
  if (!extended) return requireExtendable(deps, viewer, hold.id)
  const { seatIds, change, secondsLeft } = extended
  if (change) {
    publishChange(live, hold.eventId, change)
    seatClaims.confirm(hold.eventId, seatIds, hold.id, secondsLeft * 1_000 - (performance.now() - started))
  }
  return readHold(deps, viewer, hold.id)
}

/** Says what was in the way. */
async function requireExtendable(deps: Deps, viewer: Viewer, id: string): Promise<never> {
  const { bookingId, status, eventId } = await readHold(deps, viewer, id)
  if (bookingId !== null)
    throw new Conflict('A booking has this hold: what it has left to be paid in is up to it.', { bookingId })
  if (status === 'ACTIVE') await requireOpenEvent(deps, eventId)
  throw new HoldExpired(id)
}
