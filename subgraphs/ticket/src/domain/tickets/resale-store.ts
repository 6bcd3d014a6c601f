import type { Db, Tx } from '../database.ts'

/** A ticket whose owner thinks of giving it back, with what decides whether they may. */
export interface ResaleTicket {
  id: string
  ownerId: string
  eventId: string
  ticketTypeId: string
  seatId: string | null
  /** Who has paid for it: where the money goes back to; null for a guest's. */
  payerId: string | null
  offered: boolean
  /** Until when it may be offered; null where its organizer allows none of it. */
  until: Date | null
  /** Whether that is past, by the database's clock. */
  late: boolean
}

/** Of a booking the ticket with the lowest id was issued with it, so its first owner has paid, whoever has it now. */
export async function findResaleTicket(db: Db | Tx, id: string): Promise<ResaleTicket | null> {
  const [row] = await db.$queryRaw<
    ResaleTicket[]
  >`SELECT t.id, t.owner_id AS "ownerId", t.event_id AS "eventId",
      t.ticket_type_id AS "ticketTypeId", t.seat_id AS "seatId", t.offered_at IS NOT NULL AS offered,
      (SELECT p.owner_id FROM tickets p WHERE p.booking_id = t.booking_id ORDER BY p.id LIMIT 1) AS "payerId",
      e.starts_at - make_interval(hours => e.resale_hours) AS until,
      coalesce(e.starts_at - make_interval(hours => e.resale_hours) <= now(), true) AS late
    FROM tickets t JOIN event_copies e ON e.id = t.event_id WHERE t.id = ${id}::uuid`
  return row ?? null
}

/** Marks a ticket as offered that its owner still has and that admits. @returns whether this was it that did so. */
export async function moveTicketToOffered(tx: Tx, { id, ownerId }: ResaleTicket): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE tickets SET offered_at = now()
    WHERE id = ${id}::uuid AND owner_id = ${ownerId}::uuid AND status = 'VALID' AND NOT frozen AND offered_at IS NULL`
  return moved === 1
}

/** Marks a ticket as not offered. @returns whether it was, until now. */
export async function moveTicketFromOffered(tx: Tx, { id, ownerId }: ResaleTicket): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE tickets SET offered_at = NULL
    WHERE id = ${id}::uuid AND owner_id = ${ownerId}::uuid AND offered_at IS NOT NULL`
  return moved === 1
}

/** Puts a seat on sale whose ticket is offered. @returns whether it was sold until now. */
export async function moveSeatToResale(tx: Tx, seatId: string): Promise<boolean> {
  const moved =
    await tx.$executeRaw`UPDATE seats SET status = 'AVAILABLE', resale = true, version = version + 1
    WHERE id = ${seatId}::uuid AND status = 'SOLD'`
  return moved === 1
}

/** Counts a place of a ticket type that is on sale a second time. */
export async function raiseResale(tx: Tx, ticketTypeId: string): Promise<void> {
  await tx.$executeRaw`UPDATE ticket_types SET resale = resale + 1 WHERE id = ${ticketTypeId}::uuid`
}

/** Locks a seat whose ticket was offered. @returns whether nobody holds it. */
export async function lockResaleSeat(tx: Tx, seatId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM seats
    WHERE id = ${seatId}::uuid AND resale AND status = 'AVAILABLE' FOR NO KEY UPDATE`
  return rows.length === 1
}

/** Locks a type without seats. @returns whether as many places are free as are on sale a second time without a ticket that is offered. */
export async function lockSurplus(tx: Tx, ticketTypeId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<
    unknown[]
  >`SELECT 1 FROM ticket_types WHERE id = ${ticketTypeId}::uuid FOR NO KEY UPDATE`
  if (rows.length === 0) return false
  const free = await tx.$queryRaw<
    unknown[]
  >`SELECT 1 FROM ticket_types y WHERE y.id = ${ticketTypeId}::uuid AND y.available >= y.resale - (
    SELECT count(*) FROM tickets t WHERE t.ticket_type_id = y.id AND t.offered_at IS NOT NULL)`
  return free.length === 1
}

/** Of seats whose tickets have ended, those that were offered: whoever holds or buys them has them for good. @returns their ids. */
export async function keepResaleSeats(tx: Tx, seatIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ id: string }[]>`UPDATE seats SET resale = false WHERE id IN (
    SELECT id FROM seats WHERE id = ANY(${seatIds}::uuid[]) AND resale ORDER BY id FOR NO KEY UPDATE) RETURNING id`
  return new Set(rows.map(({ id }) => id))
}

/** How many tickets of a booking ended with a refund. */
export async function countRefundedWith(tx: Tx, bookingId: string, refundId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM tickets
    WHERE booking_id = ${bookingId}::uuid AND refund_id = ${refundId}::uuid`
  return row?.count ?? 0
}
