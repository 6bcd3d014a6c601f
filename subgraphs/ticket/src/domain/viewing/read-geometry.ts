import { codedSeatLayout, seatLayoutPath } from '@karcis/kit/contracts/seat-layouts'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import type { FileAnswer } from '@karcis/kit/subgraph/server'
import type { Deps } from '../deps.ts'
import { findStandingSeats } from '../seat-map/drawn-seat-store.ts'
import { geometryOf } from '../seat-map/geometry.ts'
import {
  findGeometry,
  insertGeometry,
  packGeometry,
  updateMissingGeometry,
} from '../seat-map/geometry-store.ts'
import type { SeatMap, SeatMapChange } from '../seat-map/seat.ts'
import { findSeatMaps } from '../seat-map/seat-map-store.ts'
import { packDelta } from '../seat-map/statuses.ts'
import type { StatusRead } from '../seat-map/status-boards.ts'

/** Seats that are asked for by their places in the order of all. */
const MAX_INDICES = 500

/** Where the geometry of a map is, at the router. Of a map from before there were geometries it is made now. */
export async function layoutUrlOf(deps: Deps, map: SeatMap): Promise<string> {
  return seatLayoutPath(map.geometryHash ?? (await drawGeometry(deps, map)))
}

async function drawGeometry({ db }: Deps, { eventId, focal }: SeatMap): Promise<string> {
  const seats = await findStandingSeats(db, eventId)
  const sections = [...Map.groupBy(seats, (seat) => seat.section)].map(([name, ofSection]) => ({
    name,
    seats: ofSection,
  }))
  const geometry = await packGeometry(geometryOf(sections, focal, null))
  return transaction(db, async (tx) => {
    await insertGeometry(tx, geometry)
    await updateMissingGeometry(tx, eventId, geometry.hash)
    return (await findSeatMaps(tx, [eventId])).get(eventId)?.geometryHash ?? geometry.hash
  })
}

/** A geometry as it is kept: for ever, by what is in it. @param name as the router asks for it. @throws NotFound. */
export async function openGeometry({ db }: Deps, name: string): Promise<FileAnswer> {
  const file = codedSeatLayout(name)
  const body = file && (await findGeometry(db, file.hash, file.coding))
  if (!file || !body) throw new NotFound('seat layout', name)
  return {
    headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
    body: pieces(body),
  }
}

async function* pieces(body: Uint8Array): AsyncIterable<Uint8Array> {
  yield body
}

/** The statuses of a map. @throws ServiceUnavailable when it was drawn anew since the map was read: its seats are others. */
async function readStatuses({ statusBoards }: Deps, map: SeatMap): Promise<StatusRead> {
  const read = await statusBoards.read(map.eventId)
  if (!read || (map.geometryHash !== null && read.geometryHash !== map.geometryHash))
    throw new ServiceUnavailable('The seats of this map were drawn anew at this moment. Ask again.')
  return read
}

/** All statuses of a map as one text (statuses.ts). @throws ServiceUnavailable when it is drawn anew at this moment. */
export const statusesOf = async (deps: Deps, map: SeatMap): Promise<string> =>
  (await readStatuses(deps, map)).statuses

/** All statuses of a map as they are after a change, or later. */
export async function statusesAfter({ statusBoards }: Deps, { eventId }: SeatMapChange): Promise<string> {
  return (await statusBoards.read(eventId))?.statuses ?? ''
}

/**
 * A change in a few bytes for each of its seats (statuses.ts); null for a snapshot, and when the map was drawn anew since: a snapshot
 * follows then.
 */
export async function deltaOf(
  { statusBoards }: Deps,
  { eventId, snapshot, seats }: SeatMapChange,
): Promise<string | null> {
  const read = snapshot ? null : await statusBoards.read(eventId)
  const changed = seats.flatMap(({ id, status }) => {
    const index = read?.indexOf(id)
    return index === undefined ? [] : [{ index, status }]
  })
  return read && changed.length === seats.length ? packDelta(changed) : null
}

/**
 * Ids of the seats that are at places in the order of all; null where there is none.
 * @throws BadUserInput for more than 500, ServiceUnavailable when the map is drawn anew at this moment.
 */
export async function seatIdsAt(
  deps: Deps,
  map: SeatMap,
  indices: readonly number[],
): Promise<(string | null)[]> {
  if (indices.length > MAX_INDICES)
    throw new BadUserInput([{ path: 'indices', message: `must name at most ${MAX_INDICES}` }])
  const { ids } = await readStatuses(deps, map)
  return indices.map((index) => ids[index] ?? null)
}
