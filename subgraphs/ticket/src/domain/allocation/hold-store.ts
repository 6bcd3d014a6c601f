import { newId } from '@karcis/kit/ids'
import { Prisma } from '../../generated/prisma/client.ts'
import type { BoundHold, Hold, HoldItem, HoldStatus } from './hold.ts'
import { seatLabel } from '../seat-map/seat.ts'
import type { TicketKind } from '../inventory/ticket-type.ts'
import type { Db, Tx } from '../database.ts'

/** A hold to be written. Its seats and stock are moved beside it, in the same transaction. */
export interface NewHold {
  id: string
  userId: string
  eventId: string
  bookingId: string | null
  items: { ticketTypeId: string; seatId: string | null; quantity: number }[]
}

/**
 * Writes holds that start now, at the price of now, each with the job that ends it in time: one statement, whatever their number.
 * @returns the holds in the order given; they end `seconds` from the start of the transaction.
 */
export async function insertHolds(tx: Tx, holds: readonly NewHold[], seconds: number): Promise<Hold[]> {
  const items = holds.flatMap((hold) => hold.items.map((item) => ({ ...item, holdId: hold.id, id: newId() })))
  const rows = await tx.$queryRaw<NewHoldRow[]>`
    WITH added AS (
      INSERT INTO holds (id, user_id, event_id, booking_id, expires_at)
      SELECT h.id, h.user_id, h.event_id, h.booking_id, now() + make_interval(secs => ${seconds}::int)
      FROM unnest(${holds.map((hold) => hold.id)}::uuid[], ${holds.map((hold) => hold.userId)}::uuid[],
        ${holds.map((hold) => hold.eventId)}::uuid[], ${holds.map((hold) => hold.bookingId)}::uuid[])
        AS h(id, user_id, event_id, booking_id)
      RETURNING id, expires_at
    ), lines AS (
      INSERT INTO hold_items (id, hold_id, ticket_type_id, seat_id, quantity, unit_price)
      SELECT i.id, i.hold_id, i.type_id, i.seat_id, i.quantity, t.price
      FROM unnest(${items.map((item) => item.id)}::uuid[], ${items.map((item) => item.holdId)}::uuid[],
        ${items.map((item) => item.ticketTypeId)}::uuid[], ${items.map((item) => item.seatId)}::uuid[],
        ${items.map((item) => item.quantity)}::int[]) AS i(id, hold_id, type_id, seat_id, quantity)
      JOIN ticket_types t ON t.id = i.type_id
      RETURNING id, hold_id, ticket_type_id, seat_id, quantity, unit_price
    ), jobs AS MATERIALIZED (
      SELECT count(*) FROM graphile_worker.add_jobs((
        SELECT array_agg(ROW('expire-hold', json_build_object('holdId', a.id), NULL, a.expires_at, 25,
          'expire-hold:' || a.id, NULL, NULL)::graphile_worker.job_spec) FROM added a))
    )
    SELECT a.id, a.expires_at, l.ticket_type_id, l.seat_id, l.quantity, l.unit_price, t.currency
    FROM jobs CROSS JOIN added a JOIN lines l ON l.hold_id = a.id JOIN ticket_types t ON t.id = l.ticket_type_id
    ORDER BY l.id`
  const lines = Map.groupBy(rows, (row) => row.id)
  return holds.map(({ items: _, ...hold }) => {
    const [first, ...others] = lines.get(hold.id) ?? []
    if (!first) throw new Error(`hold ${hold.id} has no lines`)
    return { ...hold, status: 'ACTIVE', expiresAt: first.expires_at, items: [first, ...others].map(toItem) }
  })
}

type NewHoldRow = ItemRow & { id: string; expires_at: Date }

/** Holds by id, with their lines. */
export const holdsById = (db: Db, ids: readonly string[]): Promise<Hold[]> =>
  selectHolds(db, Prisma.sql`h.id = ANY(${ids}::uuid[])`)

/** What bookings hold or held, with its lines. */
export const holdsOfBookings = (db: Db, bookingIds: readonly string[]): Promise<Hold[]> =>
  selectHolds(db, Prisma.sql`h.booking_id = ANY(${bookingIds}::uuid[])`)

async function selectHolds(db: Db, which: Prisma.Sql): Promise<Hold[]> {
  const rows = await db.$queryRaw<HoldRow[]>`SELECT h.id, h.user_id, h.event_id, h.expires_at, h.booking_id,
      CASE WHEN h.status = 'ACTIVE' AND h.expires_at <= now() THEN 'EXPIRED' ELSE h.status END AS status,
      i.ticket_type_id, i.seat_id, i.quantity, i.unit_price, t.currency
    FROM holds h LEFT JOIN (hold_items i JOIN ticket_types t ON t.id = i.ticket_type_id) ON i.hold_id = h.id
    WHERE ${which} ORDER BY h.id, i.id`
  const holds = new Map<string, Hold>()
  for (const row of rows) {
    const hold = holds.get(row.id) ?? {
      id: row.id,
      userId: row.user_id,
      eventId: row.event_id,
      status: row.status,
      expiresAt: row.expires_at,
      bookingId: row.booking_id,
      items: [],
    }
    holds.set(row.id, hold)
    if (row.ticket_type_id === null) continue // its ticket type was deleted after the hold had ended
    hold.items.push(toItem(row as ItemRow))
  }
  return [...holds.values()]
}

interface ItemRow {
  ticket_type_id: string
  seat_id: string | null
  quantity: number
  unit_price: bigint
  currency: string
}

const toItem = (row: ItemRow): HoldItem => ({
  ticketTypeId: row.ticket_type_id,
  seatId: row.seat_id,
  quantity: row.quantity,
  unitPrice: Number(row.unit_price),
  currency: row.currency,
})

interface HoldRow extends Omit<ItemRow, 'ticket_type_id'> {
  id: string
  user_id: string
  event_id: string
  status: HoldStatus
  expires_at: Date
  booking_id: string | null
  /** Null for a hold without lines. */
  ticket_type_id: string | null
}

/** All that booking wants to know of a hold, in one query. */
export async function boundHold(db: Db, holdId: string): Promise<BoundHold> {
  const rows = await db.$queryRaw<
    BoundRow[]
  >`SELECT h.event_id, h.expires_at, e.organizer_id, i.ticket_type_id, t.name, t.kind,
      t.currency, i.seat_id, i.quantity, i.unit_price, x.name AS section, s.row_label AS row, s.number
    FROM holds h JOIN event_copies e ON e.id = h.event_id JOIN hold_items i ON i.hold_id = h.id
    JOIN ticket_types t ON t.id = i.ticket_type_id
    LEFT JOIN (seats s JOIN sections x ON x.id = s.section_id) ON s.id = i.seat_id
    WHERE h.id = ${holdId}::uuid ORDER BY i.id`
  const [first] = rows
  if (!first) throw new Error(`hold ${holdId} has no lines`)
  return {
    holdId,
    eventId: first.event_id,
    organizerId: first.organizer_id,
    expiresAt: first.expires_at,
    items: rows.map(({ section, row, number, ...line }) => ({
      ticketTypeId: line.ticket_type_id,
      name: line.name,
      kind: line.kind,
      currency: line.currency,
      seatId: line.seat_id,
      seatLabel:
        section === null || row === null || number === null ? null : seatLabel({ section, row, number }),
      quantity: line.quantity,
      unitPrice: Number(line.unit_price),
    })),
  }
}

interface BoundRow {
  event_id: string
  expires_at: Date
  organizer_id: string
  ticket_type_id: string
  name: string
  kind: TicketKind
  currency: string
  seat_id: string | null
  quantity: number
  unit_price: bigint
  section: string | null
  row: string | null
  number: number | null
}

/** Whether a hold still keeps its seats. */
export async function isHoldLive(db: Db, holdId: string): Promise<boolean> {
  const rows = await db.$queryRaw<unknown[]>`SELECT 1 FROM holds
    WHERE id = ${holdId}::uuid AND status = 'ACTIVE' AND expires_at > now()`
  return rows.length > 0
}
