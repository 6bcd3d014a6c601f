import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { RankedSeat, RowSeat } from './orphan-rule.ts'
import type { Point } from './seat.ts'
import { SEAT_LAPSED } from './seat-store.ts'

/** A seat with everything that choosing it depends on. */
export interface ChoosableSeat extends RankedSeat {
  sectionId: string
  rowIndex: number
  ticketTypeId: string
  /** Free, but its last hold is past its time and has not been ended yet. */
  lapsed: boolean
}

/** A row that is sold as one ticket type, how far it reaches, and the point that its audience faces. Changes only with the drawing. */
export interface RowLayout {
  sectionId: string
  rowIndex: number
  from: Point
  to: Point
  focal: Point
  /** How many wheelchairs fit in it. */
  accessible: number
  /** Whether from none of its seats everything is seen. */
  obstructed: boolean
}

/** What the distance of a seat of this row to its focal point is at least, squared. */
export const nearest = ({ from, to, focal }: RowLayout): number =>
  outside(focal.x, from.x, to.x) ** 2 + outside(focal.y, from.y, to.y) ** 2

/** How far a value is from a range; 0 within. */
const outside = (value: number, least: number, most: number): number =>
  Math.max(least - value, value - most, 0)

/** The rows of a ticket type: those that can have its best seats come first. */
export async function findRowLayouts(db: Db | Tx, ticketTypeId: string): Promise<RowLayout[]> {
  const rows = await db.$queryRaw<LayoutRow[]>`
    WITH front AS MATERIALIZED (
      SELECT s.section_id, (min(s.x) + max(s.x)) / 2.0::float8 AS centre_x, min(s.y)::float8 AS front_y
      FROM seats s JOIN sections x ON x.id = s.section_id
      WHERE x.ticket_type_id = ${ticketTypeId}::uuid AND s.row_index = 0 GROUP BY s.section_id
    )
    SELECT s.section_id, s.row_index, min(s.x) AS from_x, min(s.y) AS from_y, max(s.x) AS to_x, max(s.y) AS to_y, coalesce(m.focal_x, f.centre_x)::float8 AS focal_x,
      coalesce(m.focal_y, f.front_y)::float8 AS focal_y, count(*) FILTER (WHERE s.accessible)::int AS accessible, bool_and(s.obstructed) AS obstructed
    FROM seats s JOIN front f ON f.section_id = s.section_id JOIN seat_maps m ON m.event_id = s.event_id
    GROUP BY s.section_id, s.row_index, f.centre_x, f.front_y, m.focal_x, m.focal_y`
  return rows
    .map((row) => ({
      sectionId: row.section_id,
      rowIndex: row.row_index,
      from: { x: row.from_x, y: row.from_y },
      to: { x: row.to_x, y: row.to_y },
      focal: { x: row.focal_x, y: row.focal_y },
      accessible: row.accessible,
      obstructed: row.obstructed,
    }))
    .sort((a, b) => nearest(a) - nearest(b))
}

interface LayoutRow {
  section_id: string
  row_index: number
  from_x: number
  from_y: number
  to_x: number
  to_y: number
  focal_x: number
  focal_y: number
  accessible: number
  obstructed: boolean
}

/** A seat with all that holding it depends on, but for the rest of its row. */
export interface ChosenSeat extends RowSeat {
  ticketTypeId: string
  /** As of a ChoosableSeat. */
  lapsed: boolean
}

/**
 * Seats of an event, each row in order, with their neighbours: all within `reach` of one of the given seats, which for a choice that leaves
 * nobody alone says as much as whole rows do.
 */
export async function findNeighbourhoods(
  db: Reads,
  eventId: string,
  seatIds: readonly string[],
  reach: number,
): Promise<ChosenSeat[][]> {
  const rows = await db.$queryRaw<
    Pick<
      ChoosableRow,
      'id' | 'section_id' | 'row_index' | 'position' | 'ticket_type_id' | 'lapsed' | 'free'
    >[]
  >`SELECT s.id, s.section_id, s.row_index, s.position, s.ticket_type_id, ${SEAT_LAPSED} AS lapsed, s.status = 'AVAILABLE' OR ${SEAT_LAPSED} AS free
    FROM seats w JOIN seats s ON s.section_id = w.section_id AND s.row_index = w.row_index
      AND s.position BETWEEN w.position - ${reach}::int AND w.position + ${reach}::int
    WHERE w.id = ANY(${seatIds}::uuid[]) AND w.event_id = ${eventId}::uuid`
  const seats = new Map<string, ChosenSeat & { row: string }>()
  for (const { section_id: sectionId, row_index: rowIndex, ticket_type_id: ticketTypeId, ...seat } of rows)
    seats.set(seat.id, { ...seat, ticketTypeId, row: `${sectionId} ${rowIndex}` })
  const found = [...seats.values()].sort((a, b) => a.position - b.position)
  return [...Map.groupBy(found, ({ row }) => row).values()]
}

/** The rows of an event that contain at least one of the given seats, each with all its seats in order. */
export const findRowsAround = (
  db: Db | Tx,
  eventId: string,
  seatIds: readonly string[],
): Promise<ChoosableSeat[][]> =>
  selectRows(
    db,
    Prisma.sql`(s.section_id, s.row_index) IN (
      SELECT w.section_id, w.row_index FROM seats w WHERE w.id = ANY(${seatIds}::uuid[]) AND w.event_id = ${eventId}::uuid)`,
  )

/** Rows, each with its free seats in order; those without any are left out. */
export const findFreeRows = (db: Db | Tx, layouts: readonly RowLayout[]): Promise<ChoosableSeat[][]> =>
  selectFreeRows(
    db,
    Prisma.sql`(s.section_id, s.row_index) IN (SELECT * FROM unnest(
      ${layouts.map((row) => row.sectionId)}::uuid[], ${layouts.map((row) => row.rowIndex)}::int[]))`,
  )

/** All rows that are sold as some ticket types, each with its free seats in order; those without any are left out. */
export const findFreeRowsOfTypes = (
  db: Db | Tx,
  ticketTypeIds: readonly string[],
): Promise<ChoosableSeat[][]> =>
  selectFreeRows(db, Prisma.sql`s.ticket_type_id = ANY(${ticketTypeIds}::uuid[]) AND s.event_id IS NOT NULL`)

/** A row of results for each row of seats: of halls with thousands of free seats it takes longer to read results than to find them. */
async function selectFreeRows(db: Db | Tx, which: Prisma.Sql): Promise<ChoosableSeat[][]> {
  const rows = await db.$queryRaw<
    { section_id: string; row_index: number; seats: FreeSeat[] }[]
  >`SELECT s.section_id, s.row_index, json_agg(json_build_array(s.id, s.position, s.x, s.y, s.ticket_type_id,
      s.accessible, s.companion, s.obstructed, ${SEAT_LAPSED}) ORDER BY s.position) AS seats
    FROM seats s WHERE ${which} AND ${FREE} GROUP BY s.section_id, s.row_index`
  return rows.map(({ section_id: sectionId, row_index: rowIndex, seats }) =>
    seats.map(([id, position, x, y, ticketTypeId, accessible, companion, obstructed, lapsed]) => ({
      id,
      position,
      x,
      y,
      ticketTypeId,
      accessible,
      companion,
      obstructed,
      lapsed,
      sectionId,
      rowIndex,
      free: true,
    })),
  )
}

type FreeSeat = [
  id: string,
  position: number,
  x: number,
  y: number,
  ticketTypeId: string,
  accessible: boolean,
  companion: boolean,
  obstructed: boolean,
  lapsed: boolean,
]

const FREE = Prisma.sql`(s.status = 'AVAILABLE' OR ${SEAT_LAPSED})`

async function selectRows(db: Db | Tx, which: Prisma.Sql): Promise<ChoosableSeat[][]> {
  const rows = await db.$queryRaw<
    ChoosableRow[]
  >`SELECT s.id, s.section_id, s.row_index, s.position, s.x, s.y, s.ticket_type_id,
      s.accessible, s.companion, s.obstructed, ${SEAT_LAPSED} AS lapsed, ${FREE} AS free
    FROM seats s WHERE ${which} ORDER BY s.section_id, s.row_index, s.position`
  const seats = rows.map(
    ({ section_id: sectionId, row_index: rowIndex, ticket_type_id: ticketTypeId, ...seat }) => ({
      ...seat,
      sectionId,
      rowIndex,
      ticketTypeId,
    }),
  )
  return [...Map.groupBy(seats, (seat) => `${seat.sectionId} ${seat.rowIndex}`).values()]
}

interface ChoosableRow {
  id: string
  section_id: string
  row_index: number
  position: number
  x: number
  y: number
  ticket_type_id: string
  accessible: boolean
  companion: boolean
  obstructed: boolean
  lapsed: boolean
  free: boolean
}
