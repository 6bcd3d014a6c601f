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
  'surcharge',
  'platform_fees',
  'tax',
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
 * for. A sale counts on its day and a refund on its own. A booking with several promo codes counts for each of them. A refund gives back its own
 * tickets; the last one of a booking all that no other has given back, whether there were tickets of them or not.
 * @param noted a query, or the name of one, that gives whole rows of `sale_changes`.
 */
export const factsOf = (noted: Prisma.Sql): Prisma.Sql => Prisma.sql`
  WITH noted AS NOT MATERIALIZED (SELECT * FROM ${noted} AS note),
  -- Tickets of each refund by type; of one that is the last of its booking, those of the others.
  gone AS MATERIALIZED (
    SELECT noted.id, line.ticket_type_id, count(*) AS tickets, sum(coalesce(item.price, item.amount)) AS price
    -- OFFSET keeps this a look into an index for each: of an event that has just been called off Postgres does not know yet how many refunds there are.
    FROM noted CROSS JOIN LATERAL (SELECT refund_id FROM sale_changes refund WHERE refund.booking_id = noted.booking_id AND refund.kind = 'REFUND'
      AND (refund.id = noted.id) <> noted.ended OFFSET 0) refund
    JOIN refund_items item ON item.refund_id = refund.refund_id JOIN booking_tickets ticket ON ticket.ticket_id = item.ticket_id
    CROSS JOIN LATERAL (SELECT ticket_type_id FROM (SELECT ticket_type_id, sum(quantity) OVER (ORDER BY position) AS upto
        FROM booking_items WHERE booking_id = noted.booking_id) item WHERE ticket.position < upto ORDER BY upto LIMIT 1) line
    WHERE noted.kind = 'REFUND' GROUP BY noted.id, line.ticket_type_id),
  change AS MATERIALIZED (
    SELECT noted.id, noted.event_id, noted.booking_id, noted.changed_at, booking.currency, noted.refunded, noted.ended,
      (kind = 'SALE')::int AS sold, noted.ended::int AS ends, booking.subtotal, booking.discount, booking.surcharge,
      CASE kind WHEN 'SALE' THEN booking.platform_fees ELSE -noted.refunded_fees END AS platform_fees,
      CASE kind WHEN 'SALE' THEN booking.tax ELSE -noted.refunded_tax END AS tax, places,
      CASE kind WHEN 'SALE' THEN 0 ELSE abs(ended::int * places - (SELECT coalesce(sum(tickets), 0) FROM gone WHERE gone.id = noted.id)) END AS back,
      CASE kind WHEN 'SALE' THEN noted.method ELSE (SELECT sale.method FROM sale_changes sale
        WHERE sale.booking_id = noted.booking_id AND sale.kind = 'SALE') END AS method
    FROM noted JOIN bookings booking ON booking.id = noted.booking_id
    CROSS JOIN LATERAL (SELECT sum(quantity) AS places FROM booking_items item WHERE item.booking_id = noted.booking_id) counted)
  SELECT event_id, part.dimension, part.value, currency, NULL AS label, 1 AS changes, sold AS bookings, ends AS refunded_bookings,
    sold * places AS tickets, back AS refunded_tickets, sold * subtotal AS gross, sold * discount AS discount,
    sold * surcharge AS surcharge, platform_fees, tax, refunded
  FROM change CROSS JOIN LATERAL (VALUES ('EVENT', ''), ('TIME', ${QUARTER}), ('METHOD', coalesce(method, ''))) AS part (dimension, value)
  UNION ALL
  SELECT event_id, 'TYPE', item.ticket_type_id::text, currency, item.name, 0, sold, ends, sold * quantity,
    abs(ends * quantity - coalesce(gone.tickets, 0)), sold * item.price, sold * item.discount, 0, 0, 0,
    abs(ends * (item.price - item.discount) - coalesce(gone.price, 0))
  FROM change CROSS JOIN LATERAL (
    SELECT ticket_type_id, max(name) AS name, sum(quantity) AS quantity, sum(unit_price * quantity) AS price, sum(discount) AS discount
    FROM booking_items WHERE booking_id = change.booking_id GROUP BY ticket_type_id) item
  LEFT JOIN gone ON gone.id = change.id AND gone.ticket_type_id = item.ticket_type_id
  UNION ALL
  SELECT event_id, 'PROMO', use.code_id::text, currency, (SELECT code FROM promo_codes WHERE id = use.code_id), 0, sold, ends,
    sold * places, back, sold * subtotal, sold * use.discount, sold * surcharge, platform_fees, tax, refunded
  FROM change JOIN promo_uses use ON use.booking_id = change.booking_id WHERE change.discount > 0`
