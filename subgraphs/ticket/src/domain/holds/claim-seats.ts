import { newId } from '@karcis/kit/ids'
import type { Deps } from '../deps.ts'
import { SeatsUnavailable } from '../errors.ts'
import type { Hold } from '../allocation/hold.ts'

/**
 * Runs `take` while the seats are claimed in Redis; losers of a rush leave there. A take that fails gives the claim back.
 * @param take gets the id of the hold to make. @throws SeatsUnavailable with the seats that somebody else has.
 */
export async function withClaim(
  { seatHints, settings }: Deps,
  eventId: string,
  seatIds: readonly string[],
  take: (holdId: string) => Promise<Hold>,
): Promise<Hold> {
  const holdId = newId()
  const started = performance.now()
  const taken = await seatHints.claim(eventId, seatIds, holdId)
  if (taken.length > 0) throw new SeatsUnavailable(taken)
  try {
    const hold = await take(holdId)
    // Never longer than the hold itself: its time runs from a moment after `started`.
    seatHints.confirm(eventId, seatIds, holdId, settings.HOLD_SECONDS * 1000 - (performance.now() - started))
    return hold
  } catch (error) {
    seatHints.release(eventId, seatIds, holdId)
    throw error
  }
}
