import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'
import {
  countPlannedPlaces,
  updateTicketTypeToSeated,
  updateTicketTypeToStanding,
} from '../inventory/ticket-type-store.ts'
import { publishStock } from '../live.ts'
import { insertGeometry } from '../seat-map/geometry-store.ts'
import type { SeatMap } from '../seat-map/seat.ts'
import { findSeatMaps, insertSeatMap, insertSections } from '../seat-map/seat-map-store.ts'
import { type MapPlan, placesByType, placesOf, planOwnMap } from './map-plan.ts'

/** Writing the largest map takes longer than a transaction may otherwise. */
export const MAP_TRANSACTION_MS = 60_000

/**
 * Gives an event of the viewer's its seat map, in one transaction: of the sections given, of a drawing, or as its room's seats stand.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (it has a map, or a type was already sold, held or seated);
 *   ServiceUnavailable when the room is asked for and the event subgraph does not answer.
 */
export async function createSeatMap(deps: Deps, viewer: Viewer, input: unknown): Promise<SeatMap | null> {
  const { db, live } = deps
  const { eventId, plan } = await planOwnMap(deps, viewer, input)
  await transaction(db, (tx) => write(tx, eventId, plan), { timeoutMs: MAP_TRANSACTION_MS })
  publishStock(live, eventId)
  return (await findSeatMaps(db, [eventId])).get(eventId) ?? null
}

async function write(tx: Tx, eventId: string, plan: MapPlan): Promise<void> {
  const { sections } = plan
  await requireCapacity(tx, eventId, placesByType(sections, placesOf))
  await insertGeometry(tx, plan.geometry)
  await insertSeatMap(tx, eventId, plan)
  const forSale = placesByType(sections, ({ seats }) => seats.filter((seat) => !seat.blocked).length)
  const standing = placesByType(sections, ({ capacity }) => capacity ?? 0)
  // In id order, as everybody locks ticket types.
  for (const ticketTypeId of [...new Set(sections.map((section) => section.ticketTypeId))].sort()) {
    const people = standing.get(ticketTypeId)
    const done =
      people === undefined
        ? await updateTicketTypeToSeated(tx, eventId, ticketTypeId, forSale.get(ticketTypeId) ?? 0)
        : await updateTicketTypeToStanding(tx, eventId, ticketTypeId, people)
    if (!done)
      throw new Conflict('A ticket type of this map was already sold, held or seated.', { ticketTypeId })
  }
  await insertSections(tx, eventId, sections)
}

/** Until the transaction ends nobody else plans for this event. @throws BadUserInput for more places than the room has left. */
async function requireCapacity(
  tx: Tx,
  eventId: string,
  placesOfTypes: ReadonlyMap<string, number>,
): Promise<void> {
  const event = await lockEventCopy(tx, eventId)
  if (event?.capacity == null) return
  const planned = await countPlannedPlaces(tx, eventId, [...placesOfTypes.keys()])
  const left = Math.max(0, event.capacity - planned)
  const places = [...placesOfTypes.values()].reduce((sum, each) => sum + each, 0)
  if (places <= left) return
  const message = `must have at most ${left} seats in all: the room holds ${event.capacity}, and ${planned} are planned already`
  throw new BadUserInput([{ path: 'input.sections', message }])
}
