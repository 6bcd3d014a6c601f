import { newId } from '@karcis/kit/ids'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { StandingSeat } from './map-diff.ts'
import type { SeatStatus } from './seat.ts'
import {
  DRAWN_COLUMNS,
  drawnRows,
  inParts,
  type MapDrawing,
  type NewSection,
  type PlacedSeat,
} from './seat-map-store.ts'

/** How a seat `s` stands when its map is drawn anew: what is held back is somebody's, too, and so is what somebody has a ticket for and offers. */
const STANDING = Prisma.sql`CASE WHEN s.contingent_id IS NOT NULL THEN 'HELD' WHEN s.resale THEN 'SOLD' ELSE s.status END AS status`

/** Every seat of a map, section by section, row by row, as they are written: lapsed holds still count as held. */
export const findStandingSeats = (db: Db | Tx, eventId: string): PromiseLike<StandingSeat[]> =>
  db.$queryRaw<
    StandingSeat[]
  >`SELECT s.id, s.section_id AS "sectionId", x.name AS section, s.ticket_type_id AS "ticketTypeId",
      s.row_label AS "rowLabel", s.row_index AS "rowIndex", s.number, s.label, s.position, s.x, s.y, s.accessible, s.companion,
      s.obstructed, ${STANDING}
    FROM seats s JOIN sections x ON x.id = s.section_id WHERE s.event_id = ${eventId}::uuid
    ORDER BY x.ordinal, s.row_index, s.position`

/** Locks seats that are about to be drawn anew, in id order as everybody does, and tells how they stand now, by id. */
export async function lockSeats(tx: Tx, seatIds: readonly string[]): Promise<Map<string, SeatStatus>> {
  const statuses = new Map<string, SeatStatus>()
  for (const part of inParts([...seatIds].sort())) {
    const rows = await tx.$queryRaw<
      { id: string; status: SeatStatus }[]
    >`SELECT s.id, ${STANDING} FROM seats s WHERE s.id = ANY(${part}::uuid[]) ORDER BY s.id FOR UPDATE`
    for (const { id, status } of rows) statuses.set(id, status)
  }
  return statuses
}

/** How many people each standing area of a map holds, by ticket type. */
export async function findStandingCapacities(tx: Tx, eventId: string): Promise<Map<string, number>> {
  const rows = await tx.$queryRaw<
    { id: string; capacity: number }[]
  >`SELECT ticket_type_id AS id, sum(capacity)::int AS capacity FROM sections
    WHERE event_id = ${eventId}::uuid AND capacity IS NOT NULL GROUP BY ticket_type_id`
  return new Map(rows.map((row) => [row.id, row.capacity]))
}

/**
 * Writes the sections of a map from the front: those of a name that there is stay themselves. Those that are not named any more keep
 * their name for the seats that were once theirs, and are on the map no more.
 * @returns their ids by name.
 */
export async function upsertSections(
  tx: Tx,
  eventId: string,
  sections: readonly NewSection[],
): Promise<Map<string, string>> {
  const column = <K extends 'name' | 'ticketTypeId' | 'capacity'>(key: K) =>
    sections.map((section) => section[key])
  await tx.$executeRaw`UPDATE sections SET capacity = NULL WHERE event_id = ${eventId}::uuid AND name <> ALL(${column('name')}::text[])`
  const rows = await tx.$queryRaw<
    { id: string; name: string }[]
  >`INSERT INTO sections (id, event_id, name, ticket_type_id, capacity, ordinal)
    SELECT n.id, ${eventId}::uuid, n.name, n.type_id, n.capacity, n.ordinal - 1
    FROM unnest(${sections.map(() => newId())}::uuid[], ${column('name')}::text[], ${column('ticketTypeId')}::uuid[],
      ${column('capacity')}::int[]) WITH ORDINALITY AS n(id, name, type_id, capacity, ordinal)
    ON CONFLICT (event_id, name) DO UPDATE SET ticket_type_id = EXCLUDED.ticket_type_id, capacity = EXCLUDED.capacity,
      ordinal = EXCLUDED.ordinal
    RETURNING id, name`
  return new Map(rows.map((row) => [row.name, row.id]))
}

/** Takes seats, all of them locked, out of their places, so that these can be given anew one by one. */
export async function liftSeats(tx: Tx, seatIds: readonly string[]): Promise<void> {
  for (const part of inParts(seatIds))
    await tx.$executeRaw`UPDATE seats SET row_index = -1 - row_index WHERE id = ANY(${part}::uuid[])`
}

/** Gives seats another place among the others, whoever has them: to people they stay what they are. */
export async function moveSeatPlaces(
  tx: Tx,
  seats: readonly { id: string; sectionId: string; rowIndex: number; position: number }[],
): Promise<void> {
  for (const part of inParts(seats))
    await tx.$executeRaw`UPDATE seats s SET section_id = n.section_id, row_index = n.row_index, position = n.position
      FROM unnest(${part.map((seat) => seat.id)}::uuid[], ${part.map((seat) => seat.sectionId)}::uuid[],
        ${part.map((seat) => seat.rowIndex)}::int[], ${part.map((seat) => seat.position)}::int[]) AS n(id, section_id, row_index, position)
      WHERE s.id = n.id`
}

/** Draws seats anew that nobody has. @returns ids of those that were: not of those that somebody holds or has bought. */
export async function updateFreeSeats(
  tx: Tx,
  seats: readonly (PlacedSeat & { id: string })[],
): Promise<string[]> {
  const drawn: string[] = []
  for (const part of inParts(seats)) {
    const rows = await tx.$queryRaw<{ id: string }[]>`UPDATE seats s SET (${DRAWN_COLUMNS}, version) =
        (n.section_id, n.ticket_type_id, n.row_label, n.row_index, n.number, n.label, n.position, n.x, n.y, n.accessible,
          n.companion, n.obstructed, s.version + 1)
      FROM ${drawnRows(part)} AS n(id, blocked, ${DRAWN_COLUMNS})
      WHERE s.id = n.id AND s.status IN ('AVAILABLE', 'BLOCKED') AND s.contingent_id IS NULL AND NOT s.resale RETURNING s.id`
    drawn.push(...rows.map((row) => row.id))
  }
  return drawn
}

/**
 * Takes seats off their map that nobody has. They stay behind all rows of their section, out of sale, because what has ended names them.
 * @returns ids of those that were taken off: not of those that somebody holds or has bought.
 */
export async function retireFreeSeats(tx: Tx, seatIds: readonly string[]): Promise<string[]> {
  const retired: string[] = []
  for (const part of inParts(seatIds)) {
    const rows = await tx.$queryRaw<{ id: string }[]>`
      WITH behind AS (
        SELECT s.id, least(-1000000, (SELECT min(o.row_index) FROM seats o WHERE o.section_id = s.section_id))
          - row_number() OVER (PARTITION BY s.section_id ORDER BY s.id) AS row_index
        FROM seats s WHERE s.id = ANY(${part}::uuid[])
      )
      UPDATE seats s SET event_id = NULL, status = 'BLOCKED', row_index = b.row_index, version = s.version + 1 FROM behind b
      WHERE s.id = b.id AND s.status IN ('AVAILABLE', 'BLOCKED') AND s.contingent_id IS NULL RETURNING s.id`
    retired.push(...rows.map((row) => row.id))
  }
  return retired
}

/** Completes a correction of a map, last in its transaction. @returns the map's new revision. */
export async function moveDrawing(
  tx: Tx,
  eventId: string,
  { focal, layoutId, geometryHash }: MapDrawing,
): Promise<number> {
  const [map] = await tx.$queryRaw<
    { revision: number }[]
  >`UPDATE seat_maps SET revision = revision + 1, drawn_revision = revision + 1,
      focal_x = ${focal?.x ?? null}::int, focal_y = ${focal?.y ?? null}::int, layout_id = ${layoutId}::uuid, geometry_hash = ${geometryHash}
    WHERE event_id = ${eventId}::uuid RETURNING revision`
  if (!map) throw new Error(`event ${eventId} lost its seat map`)
  return map.revision
}
