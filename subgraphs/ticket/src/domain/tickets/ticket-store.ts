import type { StaffMember } from '@karcis/kit/contracts/event-staff'
import type { EventTicket, EventTicketFilter } from '@karcis/kit/contracts/attendees'
import { type KeysetPage, newestFirst } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { Attendee, Ticket, TicketStatus } from './ticket.ts'

/** Tickets by id. */
export async function findTickets(db: Db | Tx, ids: readonly string[]): Promise<Map<string, Ticket>> {
  const rows = await db.$queryRaw<TicketRow[]>`SELECT ${TICKET_COLUMNS}
    FROM tickets t JOIN event_copies e ON e.id = t.event_id WHERE t.id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.id, toTicket(row)]))
}

/** Ids of a booking's tickets, in the order of its items: of one that was handed on, what it is now. */
export async function findTicketIdsOfBooking(db: Db | Tx, bookingId: string): Promise<string[]> {
  const rows = await db.ticket.findMany({
    where: { bookingId, ordinal: { not: null } },
    orderBy: { ordinal: 'asc' },
    select: { id: true },
  })
  return rows.map((row) => row.id)
}

/** Which tickets are listed. Null for all. */
export interface TicketFilter {
  eventId: string | null
  ownerId: string | null
  status: TicketStatus | null
}

/** Tickets of everybody, newest first. */
export const ALL_TICKETS = newestFirst<Ticket>('tickets', Prisma.sql`t.id`)

/** The status stands in the text, for the planner to know whether its index has it. */
const ofFilter = ({ eventId, ownerId, status }: TicketFilter): Prisma.Sql =>
  Prisma.join(
    [
      Prisma.sql`TRUE`,
      ...(eventId === null ? [] : [Prisma.sql`t.event_id = ${eventId}::uuid`]),
      ...(ownerId === null ? [] : [Prisma.sql`t.owner_id = ${ownerId}::uuid`]),
      ...(status === null ? [] : [Prisma.sql`t.status = ${Prisma.raw(`'${status}'`)}`]),
    ],
    ' AND ',
  )

/** A page of tickets by a filter. */
export async function listTickets(
  db: Db | Tx,
  filter: TicketFilter,
  { where, tail }: KeysetPage,
): Promise<Ticket[]> {
  const rows = await db.$queryRaw<TicketRow[]>`SELECT ${TICKET_COLUMNS}
    FROM tickets t JOIN event_copies e ON e.id = t.event_id WHERE ${ofFilter(filter)} AND ${where} ${tail}`
  return rows.map(toTicket)
}

/** How many tickets there are by a filter. */
export async function countTickets(db: Db | Tx, filter: TicketFilter): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM tickets t WHERE ${ofFilter(filter)}`
  return row?.count ?? 0
}

/** A user's tickets, newest first. */
export const TICKETS_OF_OWNER = newestFirst<Ticket>('tickets of an owner', Prisma.sql`t.id`)

/** The same page of the tickets of each of some users, by user, in the order of the page. One query, however many they are. */
export async function listTicketsOfOwners(
  db: Db | Tx,
  ownerIds: readonly string[],
  { where, tail, backward }: KeysetPage,
): Promise<Map<string, Ticket[]>> {
  const rows = await db.$queryRaw<
    TicketRow[]
  >`SELECT p.* FROM unnest(${ownerIds}::uuid[]) AS k(id) CROSS JOIN LATERAL (
      SELECT ${TICKET_COLUMNS} FROM tickets t JOIN event_copies e ON e.id = t.event_id
      WHERE t.owner_id = k.id AND ${where} ${tail}
    ) p`
  const newest = rows.map(toTicket).sort((a, b) => (a.id < b.id ? 1 : -1))
  return Map.groupBy(backward ? newest.reverse() : newest, (ticket) => ticket.ownerId)
}

/**
 * How many tickets users have, by user, as far as they have any. Counted for each of them in the index alone: grouped, a plan for any
 * number of users reads all the tickets that they might have.
 */
export async function countTicketsOfOwners(
  db: Db | Tx,
  ownerIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<
    { owner_id: string; count: number }[]
  >`SELECT k.id AS owner_id, (SELECT count(*)::int FROM tickets t WHERE t.owner_id = k.id) AS count
    FROM unnest(${ownerIds}::uuid[]) AS k(id)`
  return new Map(rows.map((row) => [row.owner_id, row.count]))
}

const ofEvent = ({ eventId, ticketTypeId, statuses, ownerIds }: EventTicketFilter): Prisma.Sql =>
  Prisma.sql`t.event_id = ${eventId}::uuid AND t.status = ANY(${statuses}::text[])
    AND ${ticketTypeId === null ? Prisma.sql`TRUE` : Prisma.sql`t.ticket_type_id = ${ticketTypeId}::uuid`}
    AND ${ownerIds === null ? Prisma.sql`TRUE` : Prisma.sql`t.owner_id = ANY(${ownerIds}::uuid[])`}`

/** So many tickets of an event, by id, strictly between two ids; the lowest id first, or the highest. */
export function listEventTickets(
  db: Db,
  filter: EventTicketFilter,
  range: { newerThan: string | null; olderThan: string | null; oldestFirst: boolean; limit: number },
): Promise<EventTicket[]> {
  const { newerThan, olderThan, oldestFirst, limit } = range
  return db.$queryRaw`SELECT t.id, t.booking_id AS "bookingId", t.owner_id AS "ownerId", t.ticket_type_id AS "ticketTypeId",
      type.name AS "typeName", t.seat_label AS "seatLabel", t.status, t.checked_in_at AS "checkedInAt", t.created_at AS "createdAt",
      t.attendee_name AS "attendeeName", coalesce(t.attendee_answers, '[]'::jsonb) AS answers, g.name AS "guestName", g.email AS "guestEmail"
    FROM tickets t JOIN ticket_types type ON type.id = t.ticket_type_id LEFT JOIN guests g ON g.id = t.guest_id AND g.id = t.owner_id
    WHERE ${ofEvent(filter)} AND ${newerThan === null ? Prisma.sql`TRUE` : Prisma.sql`t.id > ${newerThan}::uuid`}
      AND ${olderThan === null ? Prisma.sql`TRUE` : Prisma.sql`t.id < ${olderThan}::uuid`}
    ORDER BY t.id ${oldestFirst ? Prisma.sql`ASC` : Prisma.sql`DESC`} LIMIT ${limit}::int`
}

/** How many such tickets of an event there are. */
export async function countEventTickets(db: Db, filter: EventTicketFilter): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM tickets t WHERE ${ofEvent(filter)}`
  return row?.count ?? 0
}

/** Ids of the people who have such tickets of an event. */
export async function listEventTicketOwners(db: Db, filter: EventTicketFilter): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT t.owner_id AS id FROM tickets t WHERE ${ofEvent(filter)}`
  return rows.map(({ id }) => id)
}

/** Tickets of an event in the order of their ids, and whose they are: those in use, and what has ended since an instant, where one is given. */
export const listHolders = (
  db: Db,
  {
    eventId,
    after,
    endedSince,
    limit,
  }: { eventId: string; after: string | null; endedSince: Date | null; limit: number },
): PromiseLike<{ ticketId: string; ownerId: string }[]> =>
  db.$queryRaw`SELECT t.id AS "ticketId", t.owner_id AS "ownerId" FROM tickets t
    WHERE t.event_id = ${eventId}::uuid AND ${after ? Prisma.sql`t.id > ${after}::uuid` : Prisma.sql`TRUE`}
      AND (t.status IN ('VALID', 'USED') OR t.status IN ('REFUNDED', 'CANCELLED') AND t.updated_at >= ${endedSince}::timestamptz)
    ORDER BY t.id LIMIT ${limit}`

/** How many of a user's tickets still admit them to something. */
export async function countValidTicketsOfOwner(db: Db | Tx, ownerId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count
    FROM tickets t JOIN event_copies e ON e.id = t.event_id
    WHERE t.owner_id = ${ownerId}::uuid AND t.status = 'VALID' AND e.ends_at > now()`
  return row?.count ?? 0
}

/** Events that are not over and of which somebody has a valid ticket: the next by id after one, so many at most. */
export async function listHeldEvents(
  db: Db,
  { userId, after, limit }: { userId: string; after: string | null; limit: number },
): Promise<string[]> {
  const rows = await db.$queryRaw<
    { id: string }[]
  >`SELECT DISTINCT e.id FROM tickets t JOIN event_copies e ON e.id = t.event_id
    WHERE t.owner_id = ${userId}::uuid AND t.status = 'VALID' AND e.ends_at > now()
      AND ${after ? Prisma.sql`e.id > ${after}::uuid` : Prisma.sql`TRUE`}
    ORDER BY e.id LIMIT ${limit}`
  return rows.map(({ id }) => id)
}

/** Columns of a ticket `t` of an event `e`. */
const TICKET_COLUMNS = Prisma.sql`t.id, t.code, t.event_id, e.organizer_id, e.staff, e.status AS event_status, t.ticket_type_id, t.seat_id,
  t.owner_id, t.guest_id IS NOT NULL AND t.guest_id = t.owner_id AS unclaimed, t.status, t.frozen, t.checked_in_at, t.offered_at, t.inside, t.attendee_name,
  t.attendee_answers, t.created_at, t.updated_at`

const toTicket = (row: TicketRow): Ticket => ({
  id: row.id,
  code: row.code,
  eventId: row.event_id,
  organizerId: row.organizer_id,
  staff: row.staff,
  eventStatus: row.event_status,
  ticketTypeId: row.ticket_type_id,
  seatId: row.seat_id,
  ownerId: row.owner_id,
  unclaimed: row.unclaimed,
  status: row.status,
  frozen: row.frozen,
  checkedInAt: row.checked_in_at,
  offeredAt: row.offered_at,
  inside: row.inside,
  attendee:
    row.attendee_name === null ? null : { name: row.attendee_name, answers: row.attendee_answers ?? [] },
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

interface TicketRow {
  id: string
  code: string
  event_id: string
  organizer_id: string
  staff: StaffMember[]
  event_status: string
  ticket_type_id: string
  seat_id: string | null
  owner_id: string
  unclaimed: boolean
  status: TicketStatus
  frozen: boolean
  checked_in_at: Date | null
  offered_at: Date | null
  inside: boolean
  attendee_name: string | null
  attendee_answers: Attendee['answers'] | null
  created_at: Date
  updated_at: Date
}

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
export async function insertTickets(tx: Tx, tickets: readonly NewTicket[]): Promise<void> {
  await tx.$executeRaw`INSERT INTO tickets
      (id, code, event_id, ticket_type_id, seat_id, seat_label, owner_id, booking_id, ordinal)
    SELECT * FROM unnest(${tickets.map(({ id }) => id)}::uuid[], ${tickets.map(({ code }) => code)}::text[],
      ${tickets.map(({ eventId }) => eventId)}::uuid[], ${tickets.map(({ ticketTypeId }) => ticketTypeId)}::uuid[],
      ${tickets.map(({ seatId }) => seatId)}::uuid[], ${tickets.map(({ seatLabel }) => seatLabel)}::text[],
      ${tickets.map(({ ownerId }) => ownerId)}::uuid[], ${tickets.map(({ bookingId }) => bookingId)}::uuid[],
      ${tickets.map(({ ordinal }) => ordinal)}::int[])`
}

/** Freezes the tickets of a booking, or thaws them. */
export async function updateFrozen(tx: Tx, bookingId: string, frozen: boolean): Promise<void> {
  await tx.$executeRaw`UPDATE tickets SET frozen = ${frozen}
    WHERE booking_id = ${bookingId}::uuid AND frozen <> ${frozen}`
}

/** A ticket that has just ended. */
export interface EndedTicket {
  eventId: string
  userId: string
  ticketTypeId: string
  seatId: string | null
  quantity: 1
}

/** Ends the live tickets of bookings. @returns those that ended now. */
export async function moveTickets(
  tx: Tx,
  bookingIds: readonly string[],
  to: 'REFUNDED' | 'CANCELLED',
): Promise<EndedTicket[]> {
  const rows = await tx.$queryRaw<EndedRow[]>`UPDATE tickets SET status = ${to}
    WHERE booking_id = ANY(${bookingIds}::uuid[]) AND status IN ('VALID', 'USED') RETURNING event_id, owner_id, ticket_type_id, seat_id`
  return rows.map(toEnded)
}

interface EndedRow {
  event_id: string
  owner_id: string
  ticket_type_id: string
  seat_id: string | null
}

const toEnded = (row: EndedRow): EndedTicket => ({
  eventId: row.event_id,
  userId: row.owner_id,
  ticketTypeId: row.ticket_type_id,
  seatId: row.seat_id,
  quantity: 1,
})

/** How a ticket stands that is to be taken out of use. */
export interface StandingTicket {
  id: string
  status: TicketStatus
  refundId: string | null
}

/** Locks those of the tickets that are of a booking, in id order: who checks one of them in waits, or was first. */
export const lockTickets = (tx: Tx, bookingId: string, ids: readonly string[]): Promise<StandingTicket[]> =>
  tx.$queryRaw<StandingTicket[]>`SELECT id, status, refund_id AS "refundId" FROM tickets
    WHERE id = ANY(${ids}::uuid[]) AND booking_id = ${bookingId}::uuid ORDER BY id FOR NO KEY UPDATE`

/** Takes those of the tickets that are still VALID out of use for a refund. @returns those that ended now. */
export async function moveTicketsToRefunded(
  tx: Tx,
  bookingId: string,
  refundId: string,
  ids: readonly string[],
): Promise<EndedTicket[]> {
  const rows = await tx.$queryRaw<
    EndedRow[]
  >`UPDATE tickets SET status = 'REFUNDED', refund_id = ${refundId}::uuid
    WHERE id = ANY(${ids}::uuid[]) AND booking_id = ${bookingId}::uuid AND status = 'VALID'
    RETURNING event_id, owner_id, ticket_type_id, seat_id`
  return rows.map(toEnded)
}

/** What is kept of a user, as JSON: their tickets and scans, what they held and wait for, and by whom they were invited. */
export async function findPersonalData(db: Db, userId: string): Promise<string> {
  const [row] = await db.$queryRaw<{ part: string }[]>`SELECT json_build_object(
    'tickets', (SELECT coalesce(json_agg(t ORDER BY t.created_at), '[]') FROM (SELECT id, event_id, ticket_type_id, seat_label, booking_id,
      status, checked_in_at, offered_at, attendee_name, attendee_answers, created_at FROM tickets WHERE owner_id = ${userId}::uuid) t),
    'checkIns', (SELECT coalesce(json_agg(c ORDER BY c.scanned_at), '[]') FROM (SELECT s.event_id, s.ticket_id, s.gate, s.direction,
      s.scanned_at, s.outcome FROM check_ins s JOIN tickets t ON t.id = s.ticket_id WHERE t.owner_id = ${userId}::uuid) c),
    'holds', (SELECT coalesce(json_agg(h ORDER BY h.created_at), '[]') FROM (SELECT id, event_id, status, expires_at, created_at
      FROM holds WHERE user_id = ${userId}::uuid) h),
    'waitlists', (SELECT coalesce(json_agg(w ORDER BY w.joined_at), '[]') FROM (SELECT event_id, ticket_type_id, quantity, status, joined_at
      FROM waitlist_entries WHERE user_id = ${userId}::uuid) w),
    'invitations', (SELECT coalesce(json_agg(g ORDER BY g.created_at), '[]') FROM (SELECT event_id, ticket_type_id, name, email, created_at
      FROM guests WHERE user_id = ${userId}::uuid) g),
    'calendarFeed', (SELECT json_build_object('created_at', created_at) FROM calendar_feeds WHERE user_id = ${userId}::uuid)
  )::text AS part`
  return row?.part ?? '{}'
}
