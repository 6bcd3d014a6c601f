import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { PUBLIC } from '../events/event-copy.ts'
import { type Dimension, eachMeasure, factsOf } from './sale-facts.ts'

/** What has been sold, and has gone back, in the smallest unit of `currency`. */
export interface SalesTotals {
  currency: string
  /** Bookings that were paid, or cost nothing and were confirmed, refunded ones among them. */
  bookings: number
  /** Of those, the ones that were refunded in full. */
  refundedBookings: number
  tickets: number
  refundedTickets: number
  /** What the tickets cost before discounts. */
  gross: number
  discount: number
  /** Fees and tax that were added to the price. */
  surcharge: number
  /** What is the platform's, less what went back of it. */
  platformFees: number
  /** Likewise of tax. */
  tax: number
  refunded: number
  /** What the event has earned: `gross` less `discount`, plus `surcharge`, less `refunded`, `platformFees` and `tax`. */
  net: number
}

/** Totals of a part of an event's sales. */
export interface SalesPart extends SalesTotals {
  dimension: Dimension
  /** See `sale_sums`; of TIME, the day instead. */
  value: string
  label: string | null
}

/** Totals of an event, of so many changes. */
export interface EventSales extends SalesTotals {
  eventId: string
  changes: number
}

type Counted = 'changes' | Exclude<keyof SalesTotals, 'currency' | 'net'>

/** As Postgres gives it. */
type Row<Read extends SalesTotals> = Omit<Read, Counted | 'net'> & Record<Counted, bigint>

const TOTALS = Prisma.sql`sum(changes)::bigint AS changes, sum(bookings)::bigint AS bookings,
  sum(refunded_bookings)::bigint AS "refundedBookings", sum(tickets)::bigint AS tickets,
  sum(refunded_tickets)::bigint AS "refundedTickets", sum(gross)::bigint AS gross, sum(discount)::bigint AS discount,
  sum(surcharge)::bigint AS surcharge, sum(platform_fees)::bigint AS "platformFees", sum(tax)::bigint AS tax,
  sum(refunded)::bigint AS refunded`

function toTotals<Read extends SalesTotals>(row: Row<Read>) {
  const {
    changes,
    bookings,
    refundedBookings,
    tickets,
    refundedTickets,
    gross,
    discount,
    surcharge,
    platformFees,
    tax,
    refunded,
    ...rest
  } = row
  return {
    ...rest,
    changes: Number(changes),
    bookings: Number(bookings),
    refundedBookings: Number(refundedBookings),
    tickets: Number(tickets),
    refundedTickets: Number(refundedTickets),
    gross: Number(gross),
    discount: Number(discount),
    surcharge: Number(surcharge),
    platformFees: Number(platformFees),
    tax: Number(tax),
    refunded: Number(refunded),
    net: Number(gross - discount + surcharge - refunded - platformFees - tax),
  }
}

/**
 * Sums of some events together with what is not in them yet, in one statement: as of one moment, whoever adds up meanwhile.
 * @param events a condition on `event_id`. @param dimensions which.
 */
const sumsOf = (events: Prisma.Sql, dimensions: readonly Dimension[]): Prisma.Sql => Prisma.sql`(
  SELECT event_id, dimension, value, currency, label, ${eachMeasure((measure) => measure)} FROM sale_sums
  WHERE ${events} AND dimension = ANY(${dimensions}::text[])
  UNION ALL
  SELECT event_id, dimension, value, currency, label, ${eachMeasure((measure) => measure)}
  FROM (${factsOf(Prisma.sql`(SELECT * FROM sale_changes WHERE NOT folded AND ${events})`)}) AS fact
  WHERE dimension = ANY(${dimensions}::text[])) AS sums`

/** What events have sold, by event id; those that have sold nothing are left out. */
export async function findEventSales(db: Db, eventIds: readonly string[]): Promise<Map<string, EventSales>> {
  const rows = await db.$queryRaw<Row<EventSales>[]>`
    SELECT event_id AS "eventId", currency, ${TOTALS}
    FROM ${sumsOf(Prisma.sql`event_id = ANY(${eventIds}::uuid[])`, ['EVENT'])} GROUP BY event_id, currency`
  return new Map(rows.map((row) => [row.eventId, toTotals<EventSales>(row)]))
}

/** What an event has sold: all of it, and by day, ticket type, promo code and method. @param timezone whose days. */
export async function listParts(db: Db, eventId: string, timezone: string): Promise<SalesPart[]> {
  const rows = await db.$queryRaw<Row<SalesPart>[]>`
    SELECT dimension, CASE dimension WHEN 'TIME' THEN ((value::timestamptz AT TIME ZONE ${timezone})::date)::text ELSE value END AS value,
      currency, max(label) AS label, ${TOTALS}
    FROM ${sumsOf(Prisma.sql`event_id = ${eventId}::uuid`, ['EVENT', 'TIME', 'TYPE', 'PROMO', 'METHOD'])}
    GROUP BY 1, 2, 3 ORDER BY 1, 2`
  return rows.map((row) => toTotals<SalesPart>(row))
}

/** How many changes of an event's sales there are: it rises with each commit that changes them. */
export async function countChanges(db: Db, eventId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ n: bigint }[]>`SELECT (
      SELECT coalesce(sum(changes), 0) FROM sale_sums WHERE event_id = ${eventId}::uuid AND dimension = 'EVENT')::bigint
    + (SELECT count(*) FROM sale_changes WHERE event_id = ${eventId}::uuid AND NOT folded) AS n`
  return Number(row?.n ?? 0)
}

/** What all events of an organizer have sold together, by currency. */
export async function sumOfOrganizer(db: Db, organizerId: string): Promise<SalesTotals[]> {
  const events = Prisma.sql`event_id IN (SELECT event_id FROM event_copies WHERE organizer_id = ${organizerId}::uuid)`
  const rows = await db.$queryRaw<Row<SalesTotals>[]>`
    SELECT currency, ${TOTALS} FROM ${sumsOf(events, ['EVENT'])} GROUP BY currency ORDER BY currency`
  return rows.map((row) => toTotals<SalesTotals>(row))
}

/**
 * Adds up to `limit` notes to the sums, each once: whoever takes a note marks it in the same statement. Sums are locked in one order.
 * @returns the events of these notes, and who bought of each.
 */
export async function foldChanges(
  tx: Tx,
  limit: number,
): Promise<{ folded: number; eventIds: string[]; buyers: { eventId: string; userIds: string[] }[] }> {
  const [row] = await tx.$queryRaw<
    { folded: number; eventIds: string[] | null; buyers: { eventId: string; userIds: string[] }[] }[]
  >`WITH taken AS (
      UPDATE sale_changes SET folded = true WHERE id = ANY(ARRAY(
        SELECT id FROM sale_changes WHERE NOT folded ORDER BY event_id, id LIMIT ${limit}::int FOR UPDATE SKIP LOCKED))
      RETURNING *),
    added AS (
      INSERT INTO sale_sums AS known (event_id, dimension, value, currency, label, ${eachMeasure((measure) => measure)})
      SELECT event_id, dimension, value, currency, max(label), ${eachMeasure((measure) => `sum(${measure})`)}
      FROM (${factsOf(Prisma.sql`taken`)}) AS fact GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      ON CONFLICT (event_id, dimension, value, currency) DO UPDATE SET label = coalesce(excluded.label, known.label),
        ${eachMeasure((measure) => `${measure} = known.${measure} + excluded.${measure}`)})
    SELECT count(*)::int AS folded, array_agg(DISTINCT event_id::text) AS "eventIds", (
      SELECT coalesce(json_agg(json_build_object('eventId', event_id, 'userIds', user_ids)), '[]') FROM (
        SELECT t.event_id, array_agg(DISTINCT b.user_id) FROM taken t JOIN bookings b ON b.id = t.booking_id
        WHERE t.kind = 'SALE' GROUP BY t.event_id) sold(event_id, user_ids)) AS buyers FROM taken`
  return { folded: row?.folded ?? 0, eventIds: row?.eventIds ?? [], buyers: row?.buyers ?? [] }
}

/** How many tickets of an event are sold and were not given back. */
export interface Standing {
  eventId: string
  tickets: number
}

/** The events of which most tickets are sold, the most first, of those that everybody may see and that are not over. */
export async function listMostSold(db: Db, limit: number): Promise<Standing[]> {
  const tail = factsOf(Prisma.sql`(SELECT * FROM sale_changes WHERE NOT folded)`)
  return db.$queryRaw<Standing[]>`WITH
    unfolded AS (SELECT event_id, sum(tickets - refunded_tickets) AS tickets FROM (${tail}) AS fact
      WHERE dimension = 'EVENT' GROUP BY event_id),
    candidate AS (
      (SELECT event_id FROM sale_sums JOIN event_copies USING (event_id) WHERE dimension = 'EVENT' AND ${PUBLIC}
        ORDER BY tickets - refunded_tickets DESC LIMIT ${limit}::int)
      UNION SELECT event_id FROM unfolded)
    SELECT event_id AS "eventId", (coalesce((SELECT sum(tickets - refunded_tickets) FROM sale_sums
        WHERE sale_sums.event_id = candidate.event_id AND dimension = 'EVENT'), 0)
      + coalesce((SELECT tickets FROM unfolded WHERE unfolded.event_id = candidate.event_id), 0))::int AS tickets
    FROM candidate JOIN event_copies USING (event_id) WHERE ${PUBLIC} ORDER BY 2 DESC, 1 DESC LIMIT ${limit}::int`
}
