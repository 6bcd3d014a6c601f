import type { Page } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Ticket, TicketStatus } from './ticket.ts'
import type { Db, Tx } from '../database.ts'

/** A ticket to be issued. `ordinal` is its place in the booking, from 0. */
export interface NewTicket {
  id: string
  code: string
  eventId: string
  ticketTypeId: string
  seatId: string | null
  seatLabel: string | null
  ownerId: string
  bookingId: string
  ordinal: number
}

/** Writes tickets, in one statement. The database refuses a second set for a booking, and a second live one for a seat. */
export async function insertTickets(tx: Tx, tickets: NewTicket[]): Promise<void> {
  await tx.ticket.createMany({ data: tickets })
}

/** Ids of a booking's tickets, in the order of its lines. */
export async function ticketIdsOfBooking(db: Db, bookingId: string): Promise<string[]> {
  const rows = await db.ticket.findMany({
    where: { bookingId },
    orderBy: { ordinal: 'asc' },
    select: { id: true },
  })
  return rows.map((row) => row.id)
}

/** Tickets by id, in no order. */
export const ticketsById = (db: Db, ids: readonly string[]): Promise<Ticket[]> =>
  select(db, Prisma.sql`t.id = ANY(${ids}::uuid[])`)

/** A page of a user's tickets, newest first, with one more to tell whether others follow. */
export function ticketsOfOwner(db: Db, ownerId: string, page: Page): Promise<Ticket[]> {
  const [after] = page.after ?? []
  const [before] = page.before ?? []
  return select(
    db,
    Prisma.sql`t.owner_id = ${ownerId}::uuid AND (${after ?? null}::uuid IS NULL OR t.id < ${after ?? null}::uuid)
      AND (${before ?? null}::uuid IS NULL OR t.id > ${before ?? null}::uuid)`,
    Prisma.sql`ORDER BY t.id ${page.backward ? Prisma.sql`ASC` : Prisma.sql`DESC`} LIMIT ${page.limit + 1}`,
  )
}

export const countTicketsOfOwner = (db: Db, ownerId: string): Promise<number> =>
  db.ticket.count({ where: { ownerId } })

async function select(db: Db, which: Prisma.Sql, order: Prisma.Sql = Prisma.empty): Promise<Ticket[]> {
  const rows = await db.$queryRaw<
    TicketRow[]
  >`SELECT t.id, t.code, t.event_id, e.organizer_id, t.ticket_type_id, t.seat_id,
      t.owner_id, t.status, t.checked_in_at, t.created_at
    FROM tickets t JOIN event_copies e ON e.id = t.event_id WHERE ${which} ${order}`
  return rows.map((row) => ({
    id: row.id,
    code: row.code,
    eventId: row.event_id,
    organizerId: row.organizer_id,
    ticketTypeId: row.ticket_type_id,
    seatId: row.seat_id,
    ownerId: row.owner_id,
    status: row.status,
    checkedInAt: row.checked_in_at,
    createdAt: row.created_at,
  }))
}

interface TicketRow {
  id: string
  code: string
  event_id: string
  organizer_id: string
  ticket_type_id: string
  seat_id: string | null
  owner_id: string
  status: TicketStatus
  checked_in_at: Date | null
  created_at: Date
}
