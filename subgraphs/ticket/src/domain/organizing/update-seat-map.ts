import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { expireHolds } from '../allocation/hold-ender.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { SeatsInUse } from '../errors.ts'
import { lockEventCopy, raiseMapVersion } from '../events/event-copy-store.ts'
import { moveStockOfDrawing, type StockMove } from '../inventory/stock-store.ts'
import {
  countPlannedPlaces,
  lockTicketTypesOfEvent,
  updateTicketTypeToSeated,
} from '../inventory/ticket-type-store.ts'
import { publishRedrawn } from '../live.ts'
import * as store from '../seat-map/drawn-seat-store.ts'
import { insertGeometry } from '../seat-map/geometry-store.ts'
import {
  diffMaps,
  isReordered,
  type MapDiff,
  type SeatChange,
  type StandingSeat,
  seatsOf,
  type WantedSeat,
} from '../seat-map/map-diff.ts'
import type { SeatMap, SeatStatus } from '../seat-map/seat.ts'
import { findSeatMaps, insertSeats } from '../seat-map/seat-map-store.ts'
import { MAP_TRANSACTION_MS } from './create-seat-map.ts'
import { type MapPlan, placesByType, planOwnMap } from './map-plan.ts'

/**
 * Corrects the seat map of an event of the viewer's while it is on sale, in one transaction: seats that nobody holds or has bought are
 * added, moved, renamed, sold as another type and taken away, and quotas follow. Those that somebody has stay what they are.
 * @throws SeatsInUse with each seat that somebody has and that would not stay what it is; then nothing has changed. Forbidden,
 *   NotFound (no map), BadUserInput, Conflict, ServiceUnavailable.
 */
export async function updateSeatMap(deps: Deps, viewer: Viewer, input: unknown): Promise<SeatMap | null> {
  const { db, live } = deps
  const { eventId, types, plan } = await planOwnMap(deps, viewer, input)
  await expireHolds(deps, { eventId, ticketTypeIds: types.map((type) => type.id) })
  const revision = await transaction(db, (tx) => redraw(tx, eventId, plan), { timeoutMs: MAP_TRANSACTION_MS })
  publishRedrawn(live, eventId, revision)
  return (await findSeatMaps(db, [eventId])).get(eventId) ?? null
}

/** Locks in the order of all: event copy, seats, ticket types, seat map. @returns the map's new revision. */
async function redraw(tx: Tx, eventId: string, plan: MapPlan): Promise<number> {
  const event = await lockEventCopy(tx, eventId) // until the end nobody else plans for this event
  if (!(await findSeatMaps(tx, [eventId])).has(eventId)) throw new NotFound('seat map of the event', eventId)
  const planned = await countPlannedPlaces(tx, eventId, [])
  const standing = await store.findStandingCapacities(tx, eventId)
  const diff = diffMaps(await store.findStandingSeats(tx, eventId), seatsOf(plan.sections))
  requireFree(diff, (seat) => seat.status)
  const sectionIds = await store.upsertSections(tx, eventId, plan.sections)
  const stock = await redrawSeats(tx, eventId, diff, sectionIds)
  await moveStock(tx, eventId, plan, stock, standing)
  await requireCapacity(tx, eventId, event?.capacity ?? null, planned)
  await raiseMapVersion(tx, eventId)
  await insertGeometry(tx, plan.geometry)
  return store.moveDrawing(tx, eventId, plan)
}

/** Seats of which something changes for whoever has them, with what. */
const harmful = ({ kept, removed }: MapDiff): { seat: StandingSeat; change: SeatChange }[] => [
  ...kept.flatMap(({ seat, change }) => (change ? [{ seat, change }] : [])),
  ...removed.map((seat) => ({ seat, change: 'REMOVED' as const })),
]

const isFree = (status: SeatStatus | undefined): boolean => status === 'AVAILABLE' || status === 'BLOCKED'

/** @throws SeatsInUse. */
function requireFree(diff: MapDiff, statusOf: (seat: StandingSeat) => SeatStatus | undefined): void {
  const inUse = harmful(diff).flatMap(({ seat, change }) => {
    const status = statusOf(seat)
    return status !== undefined && !isFree(status) ? [{ seat: { ...seat, status }, change }] : []
  })
  if (inUse.length > 0) throw new SeatsInUse(inUse)
}

/** Writes what has become of the seats. @returns how many more, or fewer, are available, by ticket type. */
async function redrawSeats(
  tx: Tx,
  eventId: string,
  diff: MapDiff,
  sectionIds: ReadonlyMap<string, string>,
): Promise<Map<string, number>> {
  const placed = <T extends WantedSeat>(seat: T) => ({
    ...seat,
    sectionId: sectionIds.get(seat.section) ?? '',
  })
  const kept = diff.kept.map((pair) => ({ ...pair, to: { ...placed(pair.wanted), id: pair.seat.id } }))
  const changed = kept.filter(({ change }) => change !== null)
  const reordered = kept.filter(({ seat, to }) => isReordered(seat, to))
  const touched = [...changed, ...reordered, ...diff.removed.map((seat) => ({ seat }))].map(
    ({ seat }) => seat.id,
  )
  const statuses = await store.lockSeats(tx, [...new Set(touched)])
  await store.liftSeats(
    tx,
    reordered.map(({ seat }) => seat.id),
  )
  const done = new Set([
    ...(await store.retireFreeSeats(
      tx,
      diff.removed.map((seat) => seat.id),
    )),
    ...(await store.updateFreeSeats(
      tx,
      changed.map(({ to }) => to),
    )),
  ])
  // What somebody has taken since it was looked at.
  requireFree(diff, (seat) => (done.has(seat.id) ? undefined : statuses.get(seat.id)))
  await store.moveSeatPlaces(
    tx,
    reordered.filter(({ change }) => change === null).map(({ to }) => to),
  )
  await insertSeats(tx, eventId, diff.added.map(placed))

  const available = new Map<string, number>()
  const count = (ticketTypeId: string, by: number): void => {
    available.set(ticketTypeId, (available.get(ticketTypeId) ?? 0) + by)
  }
  const wasAvailable = (seat: StandingSeat): boolean => statuses.get(seat.id) === 'AVAILABLE'
  for (const { seat, to } of changed) {
    if (!wasAvailable(seat)) continue
    count(seat.ticketTypeId, -1)
    count(to.ticketTypeId, 1)
  }
  for (const seat of diff.removed) if (wasAvailable(seat)) count(seat.ticketTypeId, -1)
  for (const seat of diff.added) if (!seat.blocked) count(seat.ticketTypeId, 1)
  return available
}

/** Has stock follow: of seats, and of standing areas that hold more or fewer people than before. @throws Conflict. */
async function moveStock(
  tx: Tx,
  eventId: string,
  { sections }: MapPlan,
  ofSeats: ReadonlyMap<string, number>,
  standingBefore: ReadonlyMap<string, number>,
): Promise<void> {
  const seated = placesByType(sections, ({ seats }) => seats.length)
  const standing = placesByType(sections, ({ capacity }) => capacity ?? 0)
  const types = await lockTicketTypesOfEvent(tx, eventId)
  const moves: StockMove[] = []
  for (const { id, seated: isSeated, quota } of types) {
    const refused = (why: string) => new Conflict(why, { ticketTypeId: id })
    if (seated.has(id) && !isSeated && !(await updateTicketTypeToSeated(tx, eventId, id, 0)))
      throw refused(
        'A ticket type that these seats were to be sold as was already sold or held without seats.',
      )
    const people = standing.get(id)
    if (people !== undefined && isSeated) throw refused('A ticket type of a standing area is one of seats.')
    const available =
      (ofSeats.get(id) ?? 0) + (people === undefined ? 0 : people - (standingBefore.get(id) ?? quota))
    if (available !== 0) moves.push({ ticketTypeId: id, sold: 0, held: 0, available })
  }
  const short = await moveStockOfDrawing(tx, moves)
  if (short.length > 0)
    throw new Conflict('A standing area would hold fewer people than have a place there.', {
      ticketTypeIds: short,
    })
}

/** @throws BadUserInput for more places than the room holds, unless there were as many before. */
async function requireCapacity(
  tx: Tx,
  eventId: string,
  capacity: number | null,
  before: number,
): Promise<void> {
  if (capacity === null) return
  const planned = await countPlannedPlaces(tx, eventId, [])
  if (planned <= Math.max(capacity, before)) return
  const message = `must not come to ${planned} places with all else that is planned: the room holds ${capacity}`
  throw new BadUserInput([{ path: 'input.sections', message }])
}
