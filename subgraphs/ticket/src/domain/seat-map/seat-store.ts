import { Prisma } from '../../generated/prisma/client.ts'
import type { Point, Seat, SeatMap, SeatMapChange, SeatStatus, Section } from './seat.ts'
import type { Db } from '../database.ts'

/** Columns of a seat `s` in a section `x`; what is held past its time reads as free. */
export const SEAT_COLUMNS = Prisma.sql`s.id, s.event_id, x.name AS section, s.row_label, s.number, s.ticket_type_id, s.accessible, s.x, s.y,
  CASE WHEN s.held_until <= now() THEN 'AVAILABLE' ELSE s.status END AS status,
  CASE WHEN s.held_until <= now() THEN NULL ELSE s.held_until END AS held_until`

export interface SeatRow {
  id: string
  event_id: string
  section: string
  row_label: string
  number: number
  ticket_type_id: string
  accessible: boolean
  x: number
  y: number
  status: SeatStatus
  held_until: Date | null
}

export const toSeat = (row: SeatRow): Seat => ({
  id: row.id,
  eventId: row.event_id,
  section: row.section,
  row: row.row_label,
  number: row.number,
  status: row.status,
  heldUntil: row.held_until,
  ticketTypeId: row.ticket_type_id,
  accessible: row.accessible,
  x: row.x,
  y: row.y,
})

/** Seats by id, in no order. */
export async function seatsById(db: Db, ids: readonly string[]): Promise<Seat[]> {
  const rows = await db.$queryRaw<
    SeatRow[]
  >`SELECT ${SEAT_COLUMNS} FROM seats s JOIN sections x ON x.id = s.section_id
    WHERE s.id = ANY(${ids}::uuid[])`
  return rows.map(toSeat)
}

/** Every seat of events, section by section, row by row. One query, whatever their number. */
export async function seatsOfEvents(db: Db, eventIds: readonly string[]): Promise<Seat[]> {
  const rows = await db.$queryRaw<
    SeatRow[]
  >`SELECT ${SEAT_COLUMNS} FROM seats s JOIN sections x ON x.id = s.section_id
    WHERE s.event_id = ANY(${eventIds}::uuid[]) ORDER BY x.ordinal, s.row_index, s.position`
  return rows.map(toSeat)
}

/** Seat maps of events, without their seats. */
export async function seatMapsOf(db: Db, eventIds: readonly string[]): Promise<SeatMap[]> {
  const rows = await db.seatMap.findMany({ where: { eventId: { in: [...eventIds] } } })
  return rows.map(({ eventId, revision, focalX, focalY }) => ({
    eventId,
    revision,
    focal: toPoint(focalX, focalY),
  }))
}

/** Sections of events, from the front. */
export async function sectionsOf(db: Db, eventIds: readonly string[]): Promise<Section[]> {
  const rows = await db.$queryRaw<SectionRow[]>`SELECT x.id, x.event_id, x.ticket_type_id, x.name,
      (SELECT count(*)::int FROM seats s WHERE s.section_id = x.id) AS seat_count
    FROM sections x WHERE x.event_id = ANY(${eventIds}::uuid[]) ORDER BY x.event_id, x.ordinal`
  return rows.map((row) => ({
    id: row.id,
    eventId: row.event_id,
    ticketTypeId: row.ticket_type_id,
    name: row.name,
    seatCount: row.seat_count,
  }))
}

interface SectionRow {
  id: string
  event_id: string
  ticket_type_id: string
  name: string
  seat_count: number
}

/** What changed on a seat map after a revision, of one moment; null when nothing did, or there is no map. */
export async function seatChangesSince(
  db: Db,
  eventId: string,
  since: number,
): Promise<SeatMapChange | null> {
  const rows = await db.$queryRaw<
    (SeatRow & { map_revision: number })[]
  >`SELECT m.revision AS map_revision, ${SEAT_COLUMNS}
    FROM seat_maps m JOIN seats s ON s.event_id = m.event_id AND s.revision > ${since} JOIN sections x ON x.id = s.section_id
    WHERE m.event_id = ${eventId}::uuid AND m.revision > ${since}`
  const [first] = rows
  // The map and its seats begin at revision 1, so what is asked from 0 is all of it.
  return first
    ? { eventId, since, revision: first.map_revision, snapshot: since < 1, seats: rows.map(toSeat) }
    : null
}

const toPoint = (x: number | null, y: number | null): Point | null =>
  x === null || y === null ? null : { x, y }
