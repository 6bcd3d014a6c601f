import { Prisma } from '../../generated/prisma/client.ts'

/** What is counted of sales, as columns of `sale_sums`. */
export const MEASURES = [
  'changes',
  'bookings',
  'refunded_bookings',
  'tickets',
  'refunded_tickets',
  'gross',
  'discount',
  'refunded',
] as const

/** By what sales are told apart: all of an event, quarters of an hour, ticket types, promo codes, what paid. */
export type Dimension = 'EVENT' | 'TIME' | 'TYPE' | 'PROMO' | 'METHOD'

/** Each measure of some rows in the same words, with a comma between two. */
export const eachMeasure = (word: (measure: string) => string): Prisma.Sql =>
  Prisma.raw(MEASURES.map(word).join(', '))

/** Time zones differ by quarters of an hour, so of these the days of each of them are made. */
const QUARTER = Prisma.sql`to_char(date_bin('15 minutes', changed_at, 'epoch') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')`

/**
 * What notes of `sale_changes` say, as rows of `sale_sums` that are still to be added up: the one place that knows what a sale counts
 * for. A sale counts on its day and a refund on its own. A booking with several promo codes counts for each of them.
 * @param noted a query, or the name of one, that gives whole rows of `sale_changes`.
 */
export const factsOf = (noted: Prisma.Sql): Prisma.Sql => Prisma.sql`
  WITH noted AS NOT MATERIALIZED (SELECT * FROM ${noted} AS note),
  change AS MATERIALIZED (
    SELECT noted.event_id, noted.booking_id, noted.changed_at, booking.currency, noted.refunded, noted.ended,
      (kind = 'SALE')::int AS sold, noted.ended::int AS gone, booking.subtotal, booking.discount,
      (SELECT sum(quantity) FROM booking_items item WHERE item.booking_id = noted.booking_id) AS places,
      CASE kind WHEN 'SALE' THEN noted.method ELSE (SELECT sale.method FROM sale_changes sale
        WHERE sale.booking_id = noted.booking_id AND sale.kind = 'SALE') END AS method
    FROM noted JOIN bookings booking ON booking.id = noted.booking_id)
  SELECT event_id, part.dimension, part.value, currency, NULL AS label, 1 AS changes, sold AS bookings, gone AS refunded_bookings,
    sold * places AS tickets, gone * places AS refunded_tickets, sold * subtotal AS gross, sold * discount AS discount, refunded
  FROM change CROSS JOIN LATERAL (VALUES ('EVENT', ''), ('TIME', ${QUARTER}), ('METHOD', coalesce(method, ''))) AS part (dimension, value)
  UNION ALL
  SELECT event_id, 'TYPE', ticket_type_id::text, currency, item.name, 0, sold, gone, sold * quantity, gone * quantity,
    sold * price, sold * item.discount, gone * (price - item.discount)
  FROM change CROSS JOIN LATERAL (
    SELECT ticket_type_id, max(name) AS name, sum(quantity) AS quantity, sum(unit_price * quantity) AS price, sum(discount) AS discount
    FROM booking_items WHERE booking_id = change.booking_id GROUP BY ticket_type_id) item
  UNION ALL
  SELECT event_id, 'PROMO', use.code_id::text, currency, (SELECT code FROM promo_codes WHERE id = use.code_id), 0, sold, gone,
    sold * places, gone * places, sold * subtotal, sold * use.discount, refunded
  FROM change JOIN promo_uses use ON use.booking_id = change.booking_id WHERE change.discount > 0`
