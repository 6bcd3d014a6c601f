import { Prisma } from '../generated/prisma/client.ts'
import { frontCentre, type PlacedRow, type PlacedSeat } from './best-seats.ts'
import type { Point } from './seat.ts'
import type { Db } from './tx.ts'

/** A seat with all that choosing it depends on. */
export interface ChoosableSeat extends PlacedSeat {
  sectionId: string
  rowIndex: number
  ticketTypeId: string
  /** Free, but its last hold is past its time and has not been ended yet. */
  lapsed: boolean
}

/** All seats of the rows in which the given seats of an event stand, in order. */
export const rowsAround = (db: Db, eventId: string, seatIds: readonly string[]): Promise<ChoosableSeat[]> =>
  select(
    db,
    Prisma.sql`(s.section_id, s.row_index) IN (
      SELECT w.section_id, w.row_index FROM seats w WHERE w.id = ANY(${seatIds}::uuid[]) AND w.event_id = ${eventId}::uuid)`,
  )

/** All seats that are sold as one ticket type, row by row, each row with where it looks. */
export async function rowsOfType(
  db: Db,
  ticketTypeId: string,
  focal: Point | null,
): Promise<{ rows: PlacedRow[]; seats: ChoosableSeat[] }> {
  const seats = await select(db, Prisma.sql`s.ticket_type_id = ${ticketTypeId}::uuid`)
  const rows = [...Map.groupBy(seats, (seat) => seat.sectionId).values()].flatMap((section) => {
    const looksAt = focal ?? frontCentre(section)
    return groupRows(section).map((row) => ({ seats: row, focal: looksAt }))
  })
  return { rows, seats }
}

/** Seats in order, split into their rows. */
export const groupRows = <T extends { sectionId: string; rowIndex: number }>(seats: readonly T[]): T[][] => [
  ...Map.groupBy(seats, (seat) => `${seat.sectionId} ${seat.rowIndex}`).values(),
]

async function select(db: Db, which: Prisma.Sql): Promise<ChoosableSeat[]> {
  const rows = await db.$queryRaw<
    Row[]
  >`SELECT s.id, s.section_id, s.row_index, s.position, s.x, s.y, s.ticket_type_id,
      coalesce(s.held_until <= now(), false) AS lapsed, s.status = 'AVAILABLE' OR coalesce(s.held_until <= now(), false) AS free
    FROM seats s WHERE ${which} ORDER BY s.section_id, s.row_index, s.position`
  return rows.map(
    ({ section_id: sectionId, row_index: rowIndex, ticket_type_id: ticketTypeId, ...seat }) => ({
      ...seat,
      sectionId,
      rowIndex,
      ticketTypeId,
    }),
  )
}

interface Row {
  id: string
  section_id: string
  row_index: number
  position: number
  x: number
  y: number
  ticket_type_id: string
  lapsed: boolean
  free: boolean
}
