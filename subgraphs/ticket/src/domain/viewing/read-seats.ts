import { mapAsync } from '@karcis/kit/async-queue'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { requireVisibleEvent } from '../allocation/known-events.ts'
import { maySeeEvent } from '../events/event-copy.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { type Seat, type SeatMapChange, seatIdsSchema } from '../seat-map/seat.ts'
import { findSeatMaps } from '../seat-map/seat-map-store.ts'
import { findSeatsOfSections } from '../seat-map/seat-store.ts'

const MAX_SEATS = 500
/** As many as the largest map has. */
const MAX_SECTIONS = 200
/** What an answer carries of seats: the router takes 16 MB of a subgraph, and something may stand beside them. */
const MAX_SEAT_BYTES = 15_000_000
/** How many objects, too: a budget of 200,000 is all that one operation has. */
const MAX_SEAT_OBJECTS = 199_000

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

/** The seats of some sections of an event, section by section, row by row. @throws BadUserInput. */
export const readSeatsOfSections = (
  { db }: Deps,
  eventId: string,
  sectionIds: readonly string[],
): Promise<Seat[]> =>
  findSeatsOfSections(db, eventId, parseInput(seatIdsSchema(MAX_SECTIONS), sectionIds, 'sectionIds'))

/**
 * Says at once when seats are more than one answer carries, instead of after minutes of work and as if trying again would help.
 * @param perSeat what is asked of each, in JSON about so many bytes, and so many objects. @throws BadUserInput, with how to ask.
 */
export function requireOneAnswer<T extends readonly Seat[]>(
  seats: T,
  perSeat: { bytes: number; objects: number },
): T {
  const bytes = seats.length * perSeat.bytes
  if (bytes <= MAX_SEAT_BYTES && seats.length * perSeat.objects <= MAX_SEAT_OBJECTS) return seats
  const most = Math.floor(Math.min(MAX_SEAT_BYTES / perSeat.bytes, MAX_SEAT_OBJECTS / perSeat.objects))
  const message =
    `are ${seats.length}, and with these fields one answer carries ${most}: ask for fewer fields of each (what a seat is sold as ` +
    'stands at its section too, as `sections { name ticketType { … } }`), or for some `sectionIds` at a time'
  throw new BadUserInput([{ path: 'seats', message }])
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

/** Instants that came over the bus are text. What was read is left as it is, for it may be long, and shared by many watchers. */
function withDates(change: SeatMapChange): SeatMapChange {
  if (!change.seats.some(({ heldUntil }) => typeof heldUntil === 'string')) return change
  const seats = change.seats.map((seat) => ({
    ...seat,
    heldUntil: seat.heldUntil && new Date(seat.heldUntil),
  }))
  return { ...change, seats }
}

/** What comes before every revision of a stock. */
const BEFORE_ALL = -1

/**
 * All ticket types of an event that the viewer may see, but those that are hidden, for all watchers are told the same: as they are now, and whenever one has changed, also by time alone.
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
    ticketTypes.filter((type) => !type.hidden && maySeeEvent(viewer, type)),
  )
}
