import { mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Db, Tx } from '../database.ts'
import type { Point, SeatMap, Section } from './seat.ts'

/** Seats of one INSERT: its arrays stay small, and each statement well within its time. */
const SEATS_PER_INSERT = 10_000

/** Seat maps by event, without their seats. */
export async function findSeatMaps(db: Db | Tx, eventIds: readonly string[]): Promise<Map<string, SeatMap>> {
  const rows = await db.$queryRaw<
    MapRow[]
  >`SELECT m.event_id, m.revision, m.focal_x, m.focal_y, e.organizer_id, e.status
    FROM seat_maps m JOIN event_copies e ON e.id = m.event_id WHERE m.event_id = ANY(${eventIds}::uuid[])`
  return new Map(
    rows.map(({ event_id: eventId, revision, focal_x: x, focal_y: y, ...row }) => [
      eventId,
      {
        eventId,
        organizerId: row.organizer_id,
        eventStatus: row.status,
        revision,
        focal: x === null || y === null ? null : { x, y },
      },
    ]),
  )
}

interface MapRow {
  event_id: string
  organizer_id: string
  status: string
  revision: number
  focal_x: number | null
  focal_y: number | null
}

/** Sections by event, from the front. */
export async function findSections(
  db: Db | Tx,
  eventIds: readonly string[],
): Promise<Map<string, Section[]>> {
  const rows = await db.$queryRaw<SectionRow[]>`SELECT x.id, x.event_id, x.ticket_type_id, x.name,
      (SELECT count(*)::int FROM seats s WHERE s.section_id = x.id) AS seat_count
    FROM sections x WHERE x.event_id = ANY(${eventIds}::uuid[]) ORDER BY x.event_id, x.ordinal`
  const sections = rows.map((row) => ({
    id: row.id,
    eventId: row.event_id,
    ticketTypeId: row.ticket_type_id,
    name: row.name,
    seatCount: row.seat_count,
  }))
  return Map.groupBy(sections, (section) => section.eventId)
}

interface SectionRow {
  id: string
  event_id: string
  ticket_type_id: string
  name: string
  seat_count: number
}

/** A section to be written, with all its seats. */
export interface NewSection {
  name: string
  ticketTypeId: string
  seats: readonly NewSeat[]
}

/** A seat to be written: its place in its section, its place on the map, and whether it is for sale. */
export interface NewSeat extends Point {
  rowLabel: string
  /** From the front, from 0. */
  rowIndex: number
  number: number
  /** Neighbours in a row differ by 1. */
  position: number
  accessible: boolean
  blocked: boolean
}

/** Writes a seat map that has no sections yet. @throws Conflict when the event has one already. */
export async function insertSeatMap(tx: Tx, eventId: string, focal: Point | null): Promise<void> {
  try {
    await tx.$executeRaw`INSERT INTO seat_maps (event_id, focal_x, focal_y)
      VALUES (${eventId}::uuid, ${focal?.x ?? null}::int, ${focal?.y ?? null}::int)`
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
  const placed = sections.map((section) => ({ ...section, id: newId() }))
  await tx.section.createMany({
    data: placed.map(({ id, name, ticketTypeId }, ordinal) => ({ id, eventId, ticketTypeId, name, ordinal })),
  })
  const rows = placed.flatMap(({ id: sectionId, ticketTypeId, seats }) =>
    seats.map((seat) => ({ ...seat, id: newId(), sectionId, ticketTypeId })),
  )
  for (let at = 0; at < rows.length; at += SEATS_PER_INSERT)
    await insertSeats(tx, eventId, rows.slice(at, at + SEATS_PER_INSERT))
}

type NewSeatRow = NewSeat & { id: string; sectionId: string; ticketTypeId: string }

async function insertSeats(tx: Tx, eventId: string, seats: readonly NewSeatRow[]): Promise<void> {
  const column = <K extends keyof NewSeatRow>(key: K): NewSeatRow[K][] => seats.map((seat) => seat[key])
  await tx.$executeRaw`INSERT INTO seats
      (id, event_id, section_id, ticket_type_id, row_label, row_index, number, position, x, y, accessible, status)
    SELECT n.id, ${eventId}::uuid, n.section_id, n.type_id, n.row_label, n.row_index, n.number, n.position, n.x, n.y, n.accessible,
      CASE WHEN n.blocked THEN 'BLOCKED' ELSE 'AVAILABLE' END
    FROM unnest(${column('id')}::uuid[], ${column('sectionId')}::uuid[], ${column('ticketTypeId')}::uuid[],
      ${column('rowLabel')}::text[], ${column('rowIndex')}::int[], ${column('number')}::int[], ${column('position')}::int[],
      ${column('x')}::int[], ${column('y')}::int[], ${column('accessible')}::bool[], ${column('blocked')}::bool[])
      AS n(id, section_id, type_id, row_label, row_index, number, position, x, y, accessible, blocked)`
}
