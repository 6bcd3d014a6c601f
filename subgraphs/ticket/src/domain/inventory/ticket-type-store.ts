import type { StaffMember } from '@karcis/kit/contracts/event-staff'
import { type ReadById, readByKey } from '@karcis/kit/batch-loader'
import { mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { type EventCopy, findEventCopies, lockEventCopy, raiseStockBase } from '../events/event-copy-store.ts'
import { isEventOpen, type SaleTerms, saleStatus, type TicketKind, type TicketType } from './ticket-type.ts'

/** Ticket types by id. */
export async function findTicketTypes(db: Reads, ids: readonly string[]): Promise<Map<string, TicketType>> {
  const rows = await selectTypes(db, Prisma.sql`t.id = ANY(${ids}::uuid[])`)
  return new Map(rows.map((row) => [row.id, toTicketType(row)]))
}

/** One ticket type; null when there is none of this id. */
export const findTicketType = async (db: Reads, id: string): Promise<TicketType | null> =>
  (await findTicketTypes(db, [id])).get(id) ?? null

/** Ticket types by event, oldest first. */
export async function findTicketTypesOfEvents(
  db: Reads,
  eventIds: readonly string[],
): Promise<Map<string, TicketType[]>> {
  const rows = await selectTypes(db, Prisma.sql`t.event_id = ANY(${eventIds}::uuid[])`)
  return Map.groupBy(rows.map(toTicketType), (type) => type.eventId)
}

/** What most pages show of an event, read with one query for all requests of this process that ask for it at once. */
export interface BatchedReads {
  ticketType: ReadById<TicketType>
  /** Null for none. */
  ticketTypesOfEvent: ReadById<TicketType[]>
  eventCopy: ReadById<EventCopy>
}

/** @param deps asked for at each read. */
export const createBatchedReads = (deps: () => { reads: Reads }): BatchedReads => ({
  ticketType: readByKey((ids) => findTicketTypes(deps().reads, ids)),
  ticketTypesOfEvent: readByKey((eventIds) => findTicketTypesOfEvents(deps().reads, eventIds)),
  eventCopy: readByKey((ids) => findEventCopies(deps().reads, ids)),
})

/** All ticket types of an event with the revision of its stock, all of one moment. */
export interface Stock {
  /** Rises with every committed change of a ticket type: the sum of the versions of all types, deleted ones included. */
  revision: number
  ticketTypes: TicketType[]
}

/** The stock of an event; null when the event is not known. */
export async function findStock(db: Db | Tx, eventId: string): Promise<Stock | null> {
  const rows = await selectTypes(db, Prisma.sql`t.event_id = ${eventId}::uuid`)
  const [first] = rows
  if (first) return { revision: Number(first.stock_revision), ticketTypes: rows.map(toTicketType) }
  const event = await db.eventCopy.findUnique({ where: { id: eventId }, select: { stockBase: true } })
  return event && { revision: event.stockBase, ticketTypes: [] }
}

/**
 * Whether a type `t` is hidden just now. What another type hides shows once that was sold out, for good (the trigger ticket_types_reveal), or once
 * its sale is over.
 */
const CONCEALED = Prisma.sql`(t.hidden OR (t.hidden_until_sold_out IS NOT NULL AND t.revealed_at IS NULL AND NOT coalesce(
        (SELECT o.sale_ends_at <= now() FROM ticket_types o WHERE o.id = t.hidden_until_sold_out), false)))`

/** Lapsed holds are few (a sweeper follows them), so they are found by their partial index and subtracted as they are read. */
function selectTypes(db: Reads, which: Prisma.Sql): PromiseLike<TypeRow[]> {
  return db.$queryRaw<
    TypeRow[]
  >`SELECT t.id, t.event_id, t.name, t.description, t.kind, t.price, t.currency, t.section, t.seated,
      t.quota, t.sold, t.held, t.held_back, t.available, t.resale, t.max_per_user, t.sale_starts_at, t.sale_ends_at, t.access_codes,
      t.hidden_until_sold_out, ${CONCEALED} AS hidden, e.organizer_id, e.staff, e.status AS event_status, e.ends_at AS event_ends_at, e.sales_paused, e.sales_paused_reason, e.queue_id, e.map_version, now() AS now,
      e.stock_base + sum(t.version) OVER (PARTITION BY t.event_id) AS stock_revision, l.lapsed
    FROM ticket_types t
    JOIN event_copies e ON e.id = t.event_id
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(i.quantity), 0)::int AS lapsed FROM holds h JOIN hold_items i ON i.hold_id = h.id
      WHERE h.event_id = t.event_id AND h.status = 'ACTIVE' AND h.booking_id IS NULL AND h.expires_at <= now()
        AND i.ticket_type_id = t.id
    ) l
    WHERE ${which} ORDER BY t.id`
}

interface TypeRow {
  id: string
  event_id: string
  name: string
  description: string | null
  kind: TicketKind
  price: bigint
  currency: string
  section: string | null
  seated: boolean
  quota: number
  sold: number
  held: number
  held_back: number
  available: number
  resale: number
  max_per_user: number | null
  access_codes: string[]
  hidden_until_sold_out: string | null
  hidden: boolean
  sale_starts_at: Date | null
  sale_ends_at: Date | null
  organizer_id: string
  staff: StaffMember[]
  event_status: string
  event_ends_at: Date
  sales_paused: boolean
  sales_paused_reason: string | null
  queue_id: string | null
  map_version: number
  now: Date
  stock_revision: bigint
  lapsed: number
}

function toTicketType(row: TypeRow): TicketType {
  const available = row.available + row.lapsed
  const terms: SaleTerms = {
    eventStatus: row.event_status,
    eventEndsAt: row.event_ends_at,
    salesPaused: row.sales_paused,
    saleStartsAt: row.sale_starts_at,
    saleEndsAt: row.sale_ends_at,
    available,
  }
  return {
    id: row.id,
    eventId: row.event_id,
    organizerId: row.organizer_id,
    staff: row.staff,
    eventStatus: row.event_status,
    name: row.name,
    description: row.description,
    kind: row.kind,
    price: Number(row.price),
    currency: row.currency,
    section: row.section,
    seated: row.seated,
    // Tickets that are offered are on sale a second time: for clients they are not sold but available.
    quota: row.quota - row.resale,
    sold: row.sold - row.resale,
    held: row.held - row.lapsed,
    heldBack: row.held_back,
    available,
    maxPerUser: row.max_per_user,
    accessCodes: row.access_codes,
    hidden: row.hidden,
    hiddenUntilSoldOut: row.hidden_until_sold_out,
    saleStartsAt: row.sale_starts_at,
    saleEndsAt: row.sale_ends_at,
    eventOpen: isEventOpen(terms, row.now),
    salesPaused: row.sales_paused,
    salesPausedReason: row.sales_paused_reason,
    queueId: row.queue_id,
    saleStatus: saleStatus(terms, row.now),
    mapVersion: row.map_version,
  }
}

/** What a ticket type is described by; its counters move on their own (stock-store.ts). */
export interface TicketTypeTerms {
  name: string
  description: string | null
  /** In the smallest unit of its currency. */
  price: number
  quota: number
  section: string | null
  maxPerUser: number | null
  saleStartsAt: Date | null
  saleEndsAt: Date | null
  accessCodes: string[]
  hidden: boolean
  hiddenUntilSoldOut: string | null
  /** When it was shown because the other had sold out. */
  revealedAt: Date | null
}

/** A type that everybody finds and may buy, with nothing more to be said of it. */
export const FOR_EVERYBODY = {
  description: null,
  accessCodes: [],
  hidden: false,
  hiddenUntilSoldOut: null,
  revealedAt: null,
} satisfies Partial<TicketTypeTerms>

/**
 * How many people an event is planned for: the quotas of general admission, but for the types named, and all seats of its map, those
 * that are blocked among them. Asked with the event's copy locked (`lockEventCopy`), so that it stays true.
 */
export async function countPlannedPlaces(
  tx: Tx,
  eventId: string,
  except: readonly string[],
): Promise<number> {
  const [row] = await tx.$queryRaw<{ places: number }[]>`SELECT (
      (SELECT coalesce(sum(t.quota - t.resale), 0) FROM ticket_types t
        WHERE t.event_id = ${eventId}::uuid AND NOT t.seated AND t.id <> ALL(${except}::uuid[]))
      + (SELECT count(*) FROM seats s WHERE s.event_id = ${eventId}::uuid))::int AS places`
  return row?.places ?? 0
}

export const countTicketTypes = (tx: Tx, eventId: string): Promise<number> =>
  tx.ticketType.count({ where: { eventId } })

/** Writes a ticket type of which everything is available. */
export async function insertTicketType(
  tx: Tx,
  type: TicketTypeTerms & { id: string; eventId: string; kind: TicketKind; currency: string },
): Promise<void> {
  await tx.ticketType.create({ data: { ...type, available: type.quota } })
}

/** A ticket type as it is written, not as it is sold: lapsed holds still count as held. */
export interface LockedTicketType extends TicketTypeTerms {
  kind: TicketKind
  seated: boolean
  sold: number
  held: number
  /** How many of its places are on sale a second time; not in its quota, as it is here. */
  resale: number
}

/** Locks a ticket type, so that what is checked together is also written together; null when there is none of this id. */
export async function lockTicketType(tx: Tx, id: string): Promise<LockedTicketType | null> {
  await tx.$queryRaw`SELECT id FROM ticket_types WHERE id = ${id}::uuid FOR NO KEY UPDATE`
  const row = await tx.ticketType.findUnique({ where: { id } })
  return (
    row && {
      ...row,
      kind: row.kind as TicketKind,
      price: Number(row.price),
      quota: row.quota - row.resale,
    }
  )
}

/**
 * Locks a type that another is to be hidden by, and that other, in id order: what is sold of it from now on is sold after this.
 * @returns since when it is sold out, which is now, or null while it is not; undefined when the event has no such type.
 */
export async function lockHiding(
  tx: Tx,
  eventId: string,
  id: string,
  hiddenId: string,
): Promise<Date | null | undefined> {
  const rows = await tx.$queryRaw<{ id: string; since: Date | null }[]>`
    SELECT id, CASE WHEN available = 0 THEN now() END AS since FROM ticket_types
    WHERE id = ANY(${[id, hiddenId]}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE`
  return rows.find((row) => row.id === id)?.since
}

/** Locks all ticket types of an event, in id order. @returns which of them are bought by seat, and how many there are. */
export const lockTicketTypesOfEvent = (
  tx: Tx,
  eventId: string,
): PromiseLike<{ id: string; seated: boolean; quota: number }[]> =>
  tx.$queryRaw`SELECT id, seated, quota - resale AS quota FROM ticket_types WHERE event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE`

/**
 * Gives a locked ticket type new terms; what its quota gains or loses is available.
 * @returns whether it was done: not when the quota would fall below what is sold, offered tickets among it, and held.
 */
export async function updateTicketTypeTerms(
  tx: Tx,
  id: string,
  locked: LockedTicketType,
  terms: TicketTypeTerms,
): Promise<boolean> {
  const fewer = locked.quota - terms.quota
  const { count } = await tx.ticketType.updateMany({
    where: { id, available: { gte: fewer > 0 ? fewer + locked.resale : fewer } },
    data: {
      ...terms,
      quota: terms.quota + locked.resale,
      available: { increment: terms.quota - locked.quota },
      version: { increment: 1 },
    },
  })
  return count === 1
}

/**
 * Moves what is still to come of an event's sales by as much as the event's start has moved, as "until a day before" is meant; what
 * has begun or ended stays as it is. None begins or ends after the event.
 */
export async function moveSaleTimes(
  tx: Tx,
  event: { id: string; startsAt: Date; endsAt: Date },
  startedAt: Date,
): Promise<void> {
  const { id, startsAt, endsAt } = event
  await tx.$executeRaw`
    WITH locked AS (
      SELECT id, sale_starts_at, sale_ends_at, ${startsAt}::timestamptz - ${startedAt}::timestamptz AS by,
        ${endsAt}::timestamptz AS event_end
      FROM ticket_types WHERE event_id = ${id}::uuid ORDER BY id FOR NO KEY UPDATE
    ), begun AS (
      SELECT l.*, CASE WHEN l.sale_starts_at <= now() THEN l.sale_starts_at
        WHEN l.sale_starts_at + l.by < l.event_end THEN l.sale_starts_at + l.by
        WHEN l.sale_starts_at IS NOT NULL THEN ${startsAt}::timestamptz END AS starts
      FROM locked l
    ), moved AS (
      SELECT b.*, CASE WHEN b.sale_ends_at <= now() THEN b.sale_ends_at WHEN b.sale_ends_at IS NOT NULL
        THEN greatest(least(b.sale_ends_at + b.by, b.event_end), b.starts + interval '1 second') END AS ends
      FROM begun b
    )
    UPDATE ticket_types t SET sale_starts_at = m.starts, sale_ends_at = m.ends, version = t.version + 1 FROM moved m
    WHERE t.id = m.id AND (m.starts, m.ends) IS DISTINCT FROM (m.sale_starts_at, m.sale_ends_at)`
}

/**
 * Makes a ticket type of which nothing is sold or held one that is bought by seat, with as many places as it has seats for sale.
 * @returns whether it was done.
 */
export async function updateTicketTypeToSeated(
  tx: Tx,
  eventId: string,
  id: string,
  seatsForSale: number,
): Promise<boolean> {
  const { count } = await tx.ticketType.updateMany({
    where: { id, eventId, seated: false, sold: 0, held: 0 },
    data: { seated: true, quota: seatsForSale, available: seatsForSale, version: { increment: 1 } },
  })
  return count === 1
}

/**
 * Makes a ticket type one that people stand with, of which nothing is sold or held: as many as their area holds.
 * @returns whether it was done.
 */
export async function updateTicketTypeToStanding(
  tx: Tx,
  eventId: string,
  id: string,
  capacity: number,
): Promise<boolean> {
  const { count } = await tx.ticketType.updateMany({
    where: { id, eventId, seated: false, sold: 0, held: 0 },
    data: { quota: capacity, available: capacity, version: { increment: 1 } },
  })
  return count === 1
}

/** Refunded tickets and seats still name their type. */
const inUse = (): Conflict => new Conflict('Tickets or seats of this type exist.')
const CONSTRAINT_ERRORS = {
  tickets_ticket_type_id_fkey: inUse,
  sections_ticket_type_id_fkey: inUse,
  seats_ticket_type_id_fkey: inUse,
}

/**
 * Removes a ticket type of which nothing is sold or held. The stock's revision is the sum of versions: the event keeps the version
 * of the removed one, so that the revision rises here too.
 * @returns whether it was removed. @throws Conflict when tickets or seats of it exist.
 */
export async function deleteUnusedTicketType(
  tx: Tx,
  { id, eventId }: { id: string; eventId: string },
): Promise<boolean> {
  try {
    await lockEventCopy(tx, eventId) // before its types, as everybody
    const [removed] = await tx.$queryRaw<{ version: number }[]>`DELETE FROM ticket_types
      WHERE id = ${id}::uuid AND sold = 0 AND held = 0 RETURNING version`
    if (!removed) return false
    await raiseStockBase(tx, eventId, removed.version + 1)
    return true
  } catch (error) {
    return mapConstraintError(error, CONSTRAINT_ERRORS)
  }
}
