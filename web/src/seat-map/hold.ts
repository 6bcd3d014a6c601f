import { type ApiError, asApiError } from '../api/api-error.ts'
import type { Note, Offer, Picking, PickingOptions } from './picking.ts'

/** Holds what is chosen, or the best seats of a tier for the whole party, and tells what was in the way. @param tier -1: what is chosen. */
export async function hold<H>(
  picking: Picking<H>,
  { beforeHold, held, failed, party }: PickingOptions<H>,
  tier: number,
): Promise<void> {
  const [hall, desk] = [picking.hall.value, picking.desk.value]
  if (!hall || !desk) return
  const chosen = picking.chosen.value
  const best = hall.tiers[tier]
  try {
    if (!(await beforeHold())) return
    const hold = await (best
      ? desk.holdBest(best.id, party.value, hall.filter.accessible ? 1 : 0)
      : desk.hold(chosen))
    const now = picking.hall.value
    if (now && !best) {
      now.own([...now.mine, ...now.chosen])
      now.choose([])
    }
    held(hold)
  } catch (failure) {
    const error = asApiError(failure)
    const note = await noteOf(picking, error, tier)
    if (note || !failed(error)) picking.note.value = note ?? { kind: 'error', error }
  }
}

/** What a refusal says of seats; null where it is about something else. What is gone is let go. */
async function noteOf<H>(
  { hall: { value: hall }, desk }: Picking<H>,
  { code, extensions: facts }: ApiError,
  tier: number,
): Promise<Note | null> {
  const number = (value: unknown) => (typeof value === 'number' ? value : 0)
  const remaining = number(facts.remaining)
  if (hall && (code === 'SEATS_UNAVAILABLE' || code === 'ORPHAN_SEAT')) {
    const ids = Array.isArray(facts.seatIds) ? (facts.seatIds as string[]) : []
    // Which they are may not be asked just now: the rest is still worth telling.
    const seats = (await desk.value?.find(hall.plan, ids).catch(() => [])) ?? []
    if (code === 'ORPHAN_SEAT') return { kind: 'orphan', seats }
    hall.choose([...hall.chosen].filter((seat) => !seats.includes(seat)))
    return { kind: 'gone', seats }
  }
  if (code === 'LIMIT_EXCEEDED') return { kind: 'limit', limit: number(facts.limit), remaining }
  if (code !== 'SOLD_OUT' || tier === -1) return null
  const offers = Array.isArray(facts.alternatives) ? (facts.alternatives as Offer[]) : []
  return { kind: 'soldOut', tier, remaining, offers }
}
