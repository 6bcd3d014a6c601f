import { EXPIRE_BOOKINGS, expiredBookings, MOST_LAPSED_HOLDS } from '@karcis/kit/contracts/bound-hold'
import { statement, transaction } from '@karcis/kit/database'
import { ServiceUnavailable } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import type { Logger } from '@karcis/kit/log'
import { isAway } from '@karcis/kit/outages'
import type { ServiceClient } from '@karcis/kit/service-client'
import {
  enqueueExpiry,
  type LapsedBoundHold,
  listLapsedBoundHolds,
  updateKeptAt,
} from './bound-hold-store.ts'
import { endHolds, type ExpiryDeps, expireHolds } from './hold-ender.ts'

const PER_SWEEP = 5_000

/** What it takes to end what bookings have bound. */
interface BoundExpiryDeps extends ExpiryDeps {
  clients: Record<string, ServiceClient>
  log: Logger
  settings: { BOOKING_SILENCE_SECONDS: number }
}

/**
 * Ends one hold if its time is up and no booking keeps it, as its job does at that time. Where that was put off meanwhile, another
 * job goes on.
 * @returns how many ended now.
 */
export async function expireHold(deps: BoundExpiryDeps, holdId: string): Promise<number> {
  const ended = (await expireHolds(deps, { holdId })) + (await expireBoundHolds(deps, { holdId }))
  if (ended === 0) await statement(deps.db, (tx) => enqueueExpiry(tx, holdId))
  return ended
}

/** Ends every hold past its time that no booking keeps: those whose job was lost, or was told to wait. */
export const sweepHolds = async (deps: BoundExpiryDeps): Promise<number> =>
  (await expireHolds(deps, 'all')) + (await expireBoundHolds(deps, 'all'))

/**
 * Ends bound holds past their time of which booking says that they are over. Nobody who was told PAID loses their places, whatever
 * dies or stands still, and in whichever order:
 *
 * - Booking takes payment until a moment before the hold's end, by its own clock, in a transaction that locks the booking and moves
 *   it to PAID; the places stay as they are meanwhile. So from the hold's end on one question decides: was it paid?
 * - Booking answers by expiring what is overdue, on that same locked row. A payment under way is waited for and found PAID; one that
 *   comes later finds EXPIRED. A booking that was never written cannot be paid any more either: its time would be past. So the word
 *   "over" is final, and whatever happens between it and the end of the hold here changes nothing.
 * - If this process dies before it ends the hold, the next sweep asks again and is told the same. If it dies after, the places are
 *   free, and the booking's own release finds nothing to do.
 * - While booking says that it is paid, or can still be, or says nothing, the hold stays and nobody else gets its places.
 *   `issueTickets` turns a hold into tickets however long its time is past; booking's job tries until it has.
 * - Silence ends too: places that booking has said nothing about for BOOKING_SILENCE_SECONDS past their time go back on sale. Whoever
 *   had paid for them is given them when they are still free as booking returns, else all the money back.
 *
 * @returns how many ended now.
 */
async function expireBoundHolds(deps: BoundExpiryDeps, filter: { holdId: string } | 'all'): Promise<number> {
  const { db, log, settings } = deps
  const lapsed = await listLapsedBoundHolds(db, filter, settings.BOOKING_SILENCE_SECONDS, PER_SWEEP)
  let ended = 0
  let silent = false
  for (let at = 0; at < lapsed.length; at += MOST_LAPSED_HOLDS) {
    const holds = lapsed.slice(at, at + MOST_LAPSED_HOLDS)
    const over: Set<string> | null = silent ? null : await askBooking(deps, holds)
    silent ||= over === null
    await faultPoint('end-hold/asked')
    const done = holds.filter((hold) => (over ? over.has(hold.bookingId) : hold.isGivenUp))
    if (over) await keep(deps, holds, over)
    else if (done.length > 0) {
      const facts = { holds: done.map(({ id, bookingId }) => ({ id, bookingId })) }
      log.error(facts, 'booking was silent for too long: places go back on sale')
    }
    ended += await endOver(deps, done)
  }
  return ended
}

/** @returns the bookings that are over; null when booking does not say, for whatever reason. */
async function askBooking(
  { clients, log }: BoundExpiryDeps,
  holds: readonly LapsedBoundHold[],
): Promise<Set<string> | null> {
  try {
    if (!clients.booking) throw new ServiceUnavailable()
    const asked = holds.map(({ bookingId, expiresAt }) => ({ bookingId, expiresAt: expiresAt.toISOString() }))
    const answer = await clients.booking.query<{ expireBookings: unknown }>(EXPIRE_BOOKINGS, { holds: asked })
    return new Set(expiredBookings.parse(answer.expireBookings))
  } catch (error) {
    if (!isAway(error, log))
      log.warn({ err: error, holds: holds.length }, 'booking does not say whether it is paid: places wait')
    return null
  }
}

async function keep(
  { db }: BoundExpiryDeps,
  holds: readonly LapsedBoundHold[],
  over: ReadonlySet<string>,
): Promise<void> {
  const kept = holds.filter((hold) => !over.has(hold.bookingId)).map((hold) => hold.id)
  if (kept.length > 0) await transaction(db, (tx) => updateKeptAt(tx, kept))
}

async function endOver(deps: BoundExpiryDeps, holds: readonly LapsedBoundHold[]): Promise<number> {
  let ended = 0
  for (const [eventId, ofEvent] of Map.groupBy(holds, (hold) => hold.eventId)) {
    const holdIds = ofEvent.map((hold) => hold.id)
    ended += (await endHolds(deps, { eventId, holdIds, to: 'EXPIRED' })).length
  }
  return ended
}
