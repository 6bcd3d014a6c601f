import type { StaffMember } from '@karcis/kit/contracts/event-staff'
import { mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { DrawnSeat } from './expand-layout.ts'
import type { Point, SeatMap, Section } from './seat.ts'

/** Its arrays stay small, and each statement well within its time. */
const SEATS_PER_STATEMENT = 10_000

/** Seats of a large map, a statement at a time. */
export const inParts = <T>(seats: readonly T[]): (readonly T[])[] =>
  Array.from({ length: Math.ceil(seats.length / SEATS_PER_STATEMENT) }, (_, at) =>
    seats.slice(at * SEATS_PER_STATEMENT, (at + 1) * SEATS_PER_STATEMENT),
  )

/** Seat maps by event, without their seats. */
export async function findSeatMaps(db: Db | Tx, eventIds: readonly string[]): Promise<Map<string, SeatMap>> {
  const rows = await db.$queryRaw<
    MapRow[]
  >`SELECT m.event_id, m.revision, m.focal_x, m.focal_y, m.layout_id, m.geometry_hash, e.organizer_id, e.staff, e.status
    FROM seat_maps m JOIN event_copies e ON e.id = m.event_id WHERE m.event_id = ANY(${eventIds}::uuid[])`
  return new Map(
    rows.map(({ event_id: eventId, revision, focal_x: x, focal_y: y, ...row }) => [
      eventId,
      {
        eventId,
        organizerId: row.organizer_id,
        staff: row.staff,
        eventStatus: row.status,
        revision,
        focal: x === null || y === null ? null : { x, y },
        layoutId: row.layout_id,
        geometryHash: row.geometry_hash,
      },
    ]),
  )
}

interface MapRow {
  event_id: string
  organizer_id: string
  staff: StaffMember[]
  status: string
  revision: number
  focal_x: number | null
  focal_y: number | null
  layout_id: string | null
  geometry_hash: string | null
}

/** Sections by event, from the front. Those that have lost all their seats are on the map no more. */
export async function findSections(
  db: Db | Tx,
  eventIds: readonly string[],
): Promise<Map<string, Section[]>> {
  const rows = await db.$queryRaw<
    SectionRow[]
  >`SELECT x.id, x.event_id, x.ticket_type_id, x.name, x.capacity, c.seat_count
    FROM sections x CROSS JOIN LATERAL (
      SELECT count(*)::int AS seat_count FROM seats s WHERE s.section_id = x.id AND s.event_id = x.event_id
    ) c
    WHERE x.event_id = ANY(${eventIds}::uuid[]) AND (c.seat_count > 0 OR x.capacity IS NOT NULL) ORDER BY x.event_id, x.ordinal`
  const sections = rows.map((row) => ({
    id: row.id,
    eventId: row.event_id,
    ticketTypeId: row.ticket_type_id,
    name: row.name,
    seatCount: row.seat_count,
    capacity: row.capacity,
  }))
  return Map.groupBy(sections, (section) => section.eventId)
}

interface SectionRow {
  id: string
  event_id: string
  ticket_type_id: string
  name: string
  seat_count: number
  capacity: number | null
}

/** A section to be written, with all its seats; or a standing area, which has none. */
export interface NewSection {
  name: string
  ticketTypeId: string
  /** How many people a standing area holds; null for a section with seats. */
  capacity: number | null
  seats: readonly NewSeat[]
}

/** A seat to be written: with its row, and that row's place in its section. */
export interface NewSeat extends DrawnSeat {
  rowLabel: string
  /** From the front, from 0. */
  rowIndex: number
}

/** How a map is drawn: where its audience looks, by which drawing of the room, and what comes of it. */
export interface MapDrawing {
  focal: Point | null
  layoutId: string | null
  geometryHash: string
}

/** Writes a seat map that has no sections yet. @throws Conflict when the event has one already. */
export async function insertSeatMap(
  tx: Tx,
  eventId: string,
  { focal, layoutId, geometryHash }: MapDrawing,
): Promise<void> {
  try {
    await tx.$executeRaw`INSERT INTO seat_maps (event_id, focal_x, focal_y, layout_id, geometry_hash)
      VALUES (${eventId}::uuid, ${focal?.x ?? null}::int, ${focal?.y ?? null}::int, ${layoutId}::uuid, ${geometryHash})`
  } catch (error) {
    mapConstraintError(error, {
      seat_maps_pkey: () => new Conflict('This event has a seat map already.', { eventId }),
    })
  }
}

/** Writes the sections of a seat map from the front, with all their seats. */
export async function insertSections(
  tx: Tx,
  eventId: string,
  sections: readonly NewSection[],
): Promise<void> {
  const placed = sections.map((section, ordinal) => ({ ...section, id: newId(), ordinal }))
  await tx.section.createMany({
    data: placed.map(({ seats: _, ...section }) => ({ ...section, eventId })),
  })
  await insertSeats(
    tx,
    eventId,
    placed.flatMap(({ id: sectionId, ticketTypeId, seats }) =>
      seats.map((seat) => ({ ...seat, sectionId, ticketTypeId })),
    ),
  )
}

/** A seat with the section that it is in. */
export type PlacedSeat = NewSeat & { sectionId: string; ticketTypeId: string }

/** Adds seats to sections that are there. */
export async function insertSeats(tx: Tx, eventId: string, seats: readonly PlacedSeat[]): Promise<void> {
  for (const part of inParts(seats)) {
    await tx.$executeRaw`INSERT INTO seats (id, event_id, status, ${DRAWN_COLUMNS})
      SELECT n.id, ${eventId}::uuid, CASE WHEN n.blocked THEN 'BLOCKED' ELSE 'AVAILABLE' END, ${DRAWN_COLUMNS}
      FROM ${drawnRows(part.map((seat) => ({ ...seat, id: newId() })))} AS n(id, blocked, ${DRAWN_COLUMNS})`
  }
}

/** What a drawing says of a seat, in the order of `drawnRows`. */
export const DRAWN_COLUMNS = Prisma.sql`section_id, ticket_type_id, row_label, row_index, number, label, position, x, y, accessible, companion, obstructed`

/** Seats as rows of SQL: id, whether they are blocked, and `DRAWN_COLUMNS`. */
export function drawnRows(seats: readonly (PlacedSeat & { id: string })[]): Prisma.Sql {
  const column = <K extends keyof PlacedSeat | 'id'>(key: K) => seats.map((seat) => seat[key])
  return Prisma.sql`unnest(${column('id')}::uuid[], ${column('blocked')}::bool[], ${column('sectionId')}::uuid[],
    ${column('ticketTypeId')}::uuid[], ${column('rowLabel')}::text[], ${column('rowIndex')}::int[], ${column('number')}::int[],
    ${column('label')}::text[], ${column('position')}::int[], ${column('x')}::int[], ${column('y')}::int[],
    ${column('accessible')}::bool[], ${column('companion')}::bool[], ${column('obstructed')}::bool[])`
}
