import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import { isEventOpen, type SaleTerms, saleStatus, type TicketKind, type TicketType } from './ticket-type.ts'
import type { Db } from '../database.ts'

/** Ticket types and, for each event, the revision of its stock, of one moment. */
export interface Stock {
  revision: number
  ticketTypes: TicketType[]
}

/** Ticket types by id, in no order. */
export async function ticketTypesById(db: Reads, ids: readonly string[]): Promise<TicketType[]> {
  const rows = await selectTypes(db, Prisma.sql`t.id = ANY(${ids}::uuid[])`)
  return rows.map(toTicketType)
}

/** Ticket types of events, oldest first. */
export async function ticketTypesByEvent(db: Reads, eventIds: readonly string[]): Promise<TicketType[]> {
  const rows = await selectTypes(db, Prisma.sql`t.event_id = ANY(${eventIds}::uuid[])`)
  return rows.map(toTicketType)
}

/**
 * All ticket types of an event with the revision of its stock, which rises with every committed change of one of them: the sum
 * of their versions and those of the deleted ones. Null when the event is not known.
 */
export async function stockOfEvent(db: Db, eventId: string): Promise<Stock | null> {
  const rows = await selectTypes(db, Prisma.sql`t.event_id = ${eventId}::uuid`)
  const [first] = rows
  if (first) return { revision: Number(first.stock_revision), ticketTypes: rows.map(toTicketType) }
  const event = await db.eventCopy.findUnique({ where: { id: eventId }, select: { stockBase: true } })
  return event && { revision: event.stockBase, ticketTypes: [] }
}

/** Lapsed holds are few (a sweeper follows them), so they are found by their partial index and subtracted as they are read. */
function selectTypes(db: Reads, which: Prisma.Sql): PromiseLike<TypeRow[]> {
  return db.$queryRaw<
    TypeRow[]
  >`SELECT t.id, t.event_id, t.name, t.kind, t.price, t.currency, t.section, t.seated,
      t.quota, t.sold, t.held, t.available, t.max_per_user, t.sale_starts_at, t.sale_ends_at,
      e.status AS event_status, e.ends_at AS event_ends_at, now() AS now,
      e.stock_base + sum(t.version) OVER (PARTITION BY t.event_id) AS stock_revision, l.lapsed
    FROM ticket_types t
    JOIN event_copies e ON e.id = t.event_id
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(i.quantity), 0)::int AS lapsed FROM holds h JOIN hold_items i ON i.hold_id = h.id
      WHERE h.event_id = t.event_id AND h.status = 'ACTIVE' AND h.expires_at <= now() AND i.ticket_type_id = t.id
    ) l
    WHERE ${which} ORDER BY t.id`
}

interface TypeRow {
  id: string
  event_id: string
  name: string
  kind: TicketKind
  price: bigint
  currency: string
  section: string | null
  seated: boolean
  quota: number
  sold: number
  held: number
  available: number
  max_per_user: number | null
  sale_starts_at: Date | null
  sale_ends_at: Date | null
  event_status: string
  event_ends_at: Date
  now: Date
  stock_revision: bigint
  lapsed: number
}

function toTicketType(row: TypeRow): TicketType {
  const available = row.available + row.lapsed
  const terms: SaleTerms = {
    eventStatus: row.event_status,
    eventEndsAt: row.event_ends_at,
    saleStartsAt: row.sale_starts_at,
    saleEndsAt: row.sale_ends_at,
    available,
  }
  return {
    id: row.id,
    eventId: row.event_id,
    name: row.name,
    kind: row.kind,
    price: Number(row.price),
    currency: row.currency,
    section: row.section,
    seated: row.seated,
    quota: row.quota,
    sold: row.sold,
    held: row.held - row.lapsed,
    available,
    maxPerUser: row.max_per_user,
    saleStartsAt: row.sale_starts_at,
    saleEndsAt: row.sale_ends_at,
    eventOpen: isEventOpen(terms, row.now),
    saleStatus: saleStatus(terms, row.now),
  }
}
