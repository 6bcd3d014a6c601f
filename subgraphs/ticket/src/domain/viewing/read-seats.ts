import { mapAsync } from '@karcis/kit/async-queue'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { requireVisibleEvent } from '../allocation/known-events.ts'
import { maySeeEvent } from '../events/event-copy.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import type { Seat, SeatMapChange } from '../seat-map/seat.ts'
import { findSeatMaps } from '../seat-map/seat-map-store.ts'

const MAX_SEATS = 500

/**
 * Seats by id, in the order asked for, null where there is none.
 * @param load reads one, together with others that are asked for at the same time. @throws BadUserInput for more than 500.
 */
export function readSeats(
  load: (id: string) => Promise<Seat | null>,
  ids: readonly string[],
): Promise<(Seat | null)[]> {
  if (ids.length > MAX_SEATS)
    throw new BadUserInput([{ path: 'ids', message: `must name at most ${MAX_SEATS}` }])
  return Promise.all(ids.map(load))
}

/**
 * Seats of an event that the viewer may see, as they change.
 * @param sinceRevision what the watcher has; null for changes from now on. One that this map has not reached yet comes from
 *   elsewhere: such a watcher is given the whole map.
 * @throws NotFound when the event has no seat map.
 */
export async function watchSeatMap(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
  sinceRevision: number | null,
): Promise<AsyncIterableIterator<SeatMapChange>> {
  const eventId = parseInput(idSchema, id, 'eventId')
  const { db, live } = deps
  await requireVisibleEvent(deps, viewer, eventId)
  const map = (await findSeatMaps(db, [eventId])).get(eventId)
  if (!map) throw new NotFound('seat map of the event', eventId)
  const since = sinceRevision ?? map.revision
  return mapAsync(live.seats.watch(eventId, since > map.revision ? 0 : Math.max(0, since)), withDates)
}

/** Instants that came over the bus are text. */
const withDates = (change: SeatMapChange): SeatMapChange => ({
  ...change,
  seats: change.seats.map((seat) => ({ ...seat, heldUntil: seat.heldUntil && new Date(seat.heldUntil) })),
})

/** What comes before every revision of a stock. */
const BEFORE_ALL = -1

/**
 * All ticket types of an event that the viewer may see: as they are now, and whenever one has changed, also by time alone.
 * @throws NotFound when there is no such event.
 */
export async function watchStock(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
): Promise<AsyncIterableIterator<TicketType[]>> {
  const eventId = parseInput(idSchema, id, 'eventId')
  await requireVisibleEvent(deps, viewer, eventId)
  return mapAsync(deps.live.stock.watch(eventId, BEFORE_ALL), ({ ticketTypes }) =>
    ticketTypes.filter((type) => maySeeEvent(viewer, type)),
  )
}
