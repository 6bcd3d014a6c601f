import type { Check } from './report.ts'

const PAID = "('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')"

/** What each status asks for; the same as in the booking subgraph's booking-changes.ts. */
const FOLLOW_UP = `CASE status WHEN 'PENDING' THEN 'expire-booking' WHEN 'PAID' THEN 'issue-tickets'
  WHEN 'REFUNDED' THEN 'cancel-tickets' ELSE 'release-booking' END`

/** SQL that enqueues what the status of bookings asks for, of rows with `booking_id` and `status`; gives how many as `count`. */
export const followUp = (bookings: string): string =>
  `SELECT count(graphile_worker.add_job(${FOLLOW_UP}, payload => json_build_object('bookingId', booking_id),
     job_key => ${FOLLOW_UP} || ':' || booking_id, max_attempts => 25))::int AS count FROM (${bookings}) booking`

/** What holds within the booking subgraph's database: the ledger, wallets, payments, promotions, payouts, and bookings and webhooks that are late. */
export const MONEY_CHECKS: readonly Check[] = [
  {
    name: 'ledger',
    rule: 'the entries of each posting sum to zero in each currency',
    breaches: () => `SELECT transaction_id, currency, sum(amount) AS sum FROM ledger_entries
      GROUP BY transaction_id, currency HAVING sum(amount) <> 0`,
  },
  {
    name: 'empty-postings',
    rule: 'a posting has entries',
    breaches: () => `SELECT t.id AS transaction_id, t.kind, t.reference FROM ledger_transactions t
      LEFT JOIN ledger_entries e ON e.transaction_id = t.id WHERE e.id IS NULL`,
  },
  {
    name: 'wallets',
    rule: 'a wallet’s balance is the sum of its entries, and not below zero',
    breaches:
      () => `SELECT a.owner_id AS user_id, a.currency, a.balance, coalesce(sum(e.amount), 0) AS entries
      FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id WHERE a.kind = 'WALLET'
      GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0) OR a.balance < 0`,
  },
  {
    name: 'payers',
    rule: 'a booking moves no wallet but its buyer’s',
    breaches:
      () => `SELECT b.id AS booking_id, b.user_id, a.owner_id AS wallet_of, e.amount FROM ledger_transactions t
      JOIN bookings b ON b.id = t.booking_id JOIN ledger_entries e ON e.transaction_id = t.id
      JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'WALLET' WHERE a.owner_id <> b.user_id`,
  },
  {
    name: 'earnings',
    rule: 'a booking has brought what its status says, to its event, as tax and to the platform',
    breaches:
      () => `SELECT b.id AS booking_id, b.status, b.total_price, b.refunded_amount, coalesce(l.earned, 0) AS earned
      FROM bookings b LEFT JOIN (
        SELECT t.booking_id, sum(e.amount) AS earned FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
        JOIN ledger_accounts a ON a.id = e.account_id AND a.kind IN ('EVENT_SALES', 'EVENT_TAX', 'PLATFORM_FEES', 'DISPUTED')
        GROUP BY t.booking_id) l ON l.booking_id = b.id
      WHERE coalesce(l.earned, 0) <> CASE WHEN b.status IN ${PAID} THEN b.total_price - b.refunded_amount ELSE 0 END`,
  },
  {
    name: 'fees',
    rule: 'what a booking says of its fees and tax is what its lines come to, and its payment went to whom it is of',
    breaches:
      () => `SELECT b.id AS booking_id, b.surcharge, b.platform_fees, b.tax, coalesce(f.surcharge, 0) AS lines_surcharge,
        coalesce(f.platform_fees, 0) AS lines_platform_fees, coalesce(f.tax, 0) AS lines_tax,
        l.platform_fees AS paid_platform_fees, l.tax AS paid_tax
      FROM bookings b
      LEFT JOIN (SELECT booking_id, sum(amount) FILTER (WHERE NOT inclusive) AS surcharge,
          sum(amount) FILTER (WHERE kind = 'PLATFORM_FEE') AS platform_fees, sum(amount) FILTER (WHERE kind = 'TAX') AS tax
        FROM booking_fees GROUP BY booking_id) f ON f.booking_id = b.id
      LEFT JOIN (SELECT t.booking_id, coalesce(sum(e.amount) FILTER (WHERE a.kind = 'PLATFORM_FEES'), 0) AS platform_fees,
          coalesce(sum(e.amount) FILTER (WHERE a.kind = 'EVENT_TAX'), 0) AS tax
        FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
        WHERE t.kind = 'PAYMENT' GROUP BY t.booking_id) l ON l.booking_id = b.id
      WHERE (b.surcharge, b.platform_fees, b.tax)
          <> (coalesce(f.surcharge, 0), coalesce(f.platform_fees, 0), coalesce(f.tax, 0))
        OR l.platform_fees <> b.platform_fees OR l.tax <> b.tax`,
  },
  {
    name: 'invoice-numbers',
    rule: 'invoices and credit notes of an organizer are numbered from 1 on in each year, without gaps',
    breaches:
      () => `SELECT organizer_id, kind, year, count(*)::int AS issued, max(number) AS last FROM invoices
      GROUP BY organizer_id, kind, year HAVING min(number) <> 1 OR max(number) <> count(*) OR count(DISTINCT number) <> count(*)`,
  },
  {
    name: 'invoices',
    rule: 'an invoice or credit note is of what moved, and its lines sum to that',
    breaches:
      () => `SELECT i.id AS invoice_id, i.booking_id, i.kind, i.total, s.lines, m.moved FROM invoices i,
      LATERAL (SELECT sum((line ->> 'amount')::numeric) AS lines FROM jsonb_array_elements(i.content -> 'lines') line
        WHERE NOT (line -> 'inclusive')::boolean) s,
      LATERAL (SELECT abs(sum(e.amount)) AS moved FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        WHERE e.transaction_id = i.transaction_id AND a.kind IN ('EVENT_SALES', 'EVENT_TAX', 'PLATFORM_FEES')) m
      WHERE i.total IS DISTINCT FROM s.lines OR i.total IS DISTINCT FROM m.moved`,
  },
  {
    name: 'late-invoices',
    rule: 'what was paid, or went back, is invoiced or credited within an hour',
    breaches:
      () => `SELECT t.id AS transaction_id, t.kind, t.booking_id, t.created_at AS since FROM invoices_due d
      JOIN ledger_transactions t ON t.id = d.transaction_id WHERE t.created_at < now() - interval '1 hour'`,
  },
  {
    name: 'payments',
    rule: 'bookings that are paid together were paid as much, and given back as much, as their payments say',
    breaches:
      () => `SELECT b.id AS booking_or_checkout_id, b.paid, b.kept AS should_be_kept, p.kept, p.payments FROM (
        SELECT coalesce(checkout_id, id) AS id, bool_or(status IN ${PAID}) AS paid,
          sum(CASE WHEN status IN ${PAID} THEN total_price - refunded_amount ELSE 0 END) AS kept
        FROM bookings GROUP BY coalesce(checkout_id, id)) b
      LEFT JOIN (SELECT coalesce(checkout_id, booking_id) AS id, sum(captured_amount - refunded_amount) AS kept,
          count(paid_at)::int AS payments
        FROM payments WHERE top_up_user_id IS NULL GROUP BY coalesce(checkout_id, booking_id)) p ON p.id = b.id
      WHERE coalesce(p.kept, 0) <> b.kept OR b.paid AND coalesce(p.payments, 0) = 0`,
  },
  {
    name: 'checkouts',
    rule: 'a checkout costs what its bookings cost, and they are in it with one buyer and one currency',
    breaches:
      () => `SELECT c.id AS checkout_id, c.total_price, coalesce(b.total_price, 0) AS of_bookings FROM checkouts c
      LEFT JOIN (SELECT checkout_id, sum(total_price) AS total_price, min(user_id::text) AS least_user, max(user_id::text) AS most_user,
          min(currency) AS least_currency, max(currency) AS most_currency
        FROM bookings WHERE checkout_id IS NOT NULL GROUP BY checkout_id) b ON b.checkout_id = c.id
      WHERE (b.total_price, b.least_user, b.most_user, b.least_currency, b.most_currency)
        IS DISTINCT FROM (c.total_price, c.user_id::text, c.user_id::text, c.currency, c.currency)`,
  },
  {
    name: 'top-ups',
    rule: 'a wallet was topped up by as much as its payments have taken',
    breaches:
      () => `SELECT p.id AS payment_id, p.top_up_user_id AS user_id, p.status, p.captured_amount, coalesce(l.credited, 0) AS credited
      FROM payments p LEFT JOIN (SELECT t.reference, sum(e.amount) AS credited FROM ledger_transactions t
        JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'WALLET'
        WHERE t.kind = 'TOP_UP' GROUP BY t.reference) l ON l.reference = 'top-up:' || p.id
      WHERE p.top_up_user_id IS NOT NULL AND p.captured_amount <> coalesce(l.credited, 0)`,
  },
  {
    name: 'discounts',
    rule: 'what a booking is cheaper by is what its items, and its promotions, take off',
    breaches:
      () => `SELECT b.id AS booking_id, b.discount, coalesce(i.discount, 0) AS of_items, coalesce(u.discount, 0) AS of_promos
      FROM bookings b
      LEFT JOIN (SELECT booking_id, sum(discount) AS discount FROM booking_items GROUP BY booking_id) i ON i.booking_id = b.id
      LEFT JOIN (SELECT booking_id, sum(discount) AS discount FROM promo_uses GROUP BY booking_id) u ON u.booking_id = b.id
      WHERE coalesce(i.discount, 0) <> b.discount OR coalesce(u.discount, 0) <> b.discount`,
  },
  {
    name: 'promo-uses',
    rule: 'a promotion is counted as used by the bookings that hold it, and by no others',
    breaches:
      () => `SELECT p.id AS promo_id, p.used, p.max_uses, h.held, c.of_codes, c.of_users FROM promos p,
      LATERAL (SELECT count(*) FILTER (WHERE b.status NOT IN ('EXPIRED', 'CANCELLED'))::int AS held,
        count(*) FILTER (WHERE u.given_back_at IS NULL)::int AS kept
        FROM promo_uses u JOIN bookings b ON b.id = u.booking_id WHERE u.promo_id = p.id) h,
      LATERAL (SELECT (SELECT coalesce(sum(used), 0)::int FROM promo_codes WHERE promo_id = p.id) AS of_codes,
        (SELECT coalesce(sum(used), 0)::int FROM promo_users WHERE promo_id = p.id) AS of_users) c
      WHERE p.used <> h.held OR p.used <> h.kept OR p.used <> c.of_codes OR p.used <> c.of_users`,
  },
  {
    name: 'sales',
    rule: 'what an event has sold, as it was noted and added up, is what its bookings say',
    breaches:
      () => `WITH said AS (SELECT b.event_id, count(*) AS bookings, count(*) FILTER (WHERE b.status = 'REFUNDED') AS refunded_bookings,
        sum(CASE b.status WHEN 'REFUNDED' THEN (SELECT sum(i.quantity) FROM booking_items i WHERE i.booking_id = b.id)
          ELSE (SELECT count(*) FROM booking_refunds f JOIN refund_items r ON r.refund_id = f.id
            WHERE f.booking_id = b.id AND f.status = 'MADE') END) AS refunded_tickets,
        sum((SELECT sum(i.quantity) FROM booking_items i WHERE i.booking_id = b.id)) AS tickets, sum(b.subtotal) AS gross,
        sum(b.discount) AS discount, sum(b.surcharge) AS surcharge, sum(b.refunded_amount) AS refunded
        FROM bookings b WHERE b.status IN ${PAID} GROUP BY b.event_id),
      noted AS (SELECT event_id, sum(bookings) AS bookings, sum(refunded_bookings) AS refunded_bookings,
        sum(refunded_tickets) AS refunded_tickets, sum(tickets) AS tickets, sum(gross) AS gross, sum(discount) AS discount, sum(surcharge) AS surcharge, sum(refunded) AS refunded FROM (
          SELECT event_id, bookings, refunded_bookings, refunded_tickets, tickets, gross, discount, surcharge, refunded FROM sale_sums WHERE dimension = 'EVENT'
          UNION ALL SELECT c.event_id, s.sold, c.ended::int, CASE WHEN c.kind = 'REFUND' THEN
              abs(c.ended::int * (SELECT sum(i.quantity) FROM booking_items i WHERE i.booking_id = b.id)
                - (SELECT count(*) FROM sale_changes o JOIN refund_items r ON r.refund_id = o.refund_id
                  WHERE o.booking_id = b.id AND o.kind = 'REFUND' AND (o.id = c.id) <> c.ended)) ELSE 0 END, s.sold * (SELECT sum(i.quantity) FROM booking_items i WHERE i.booking_id = b.id),
            s.sold * b.subtotal, s.sold * b.discount, s.sold * b.surcharge, c.refunded
          FROM sale_changes c JOIN bookings b ON b.id = c.booking_id, LATERAL (SELECT (c.kind = 'SALE')::int AS sold) s
          WHERE NOT c.folded) part GROUP BY event_id)
      SELECT event_id, to_jsonb(said) - 'event_id' AS bookings_say, to_jsonb(noted) - 'event_id' AS noted
      FROM said FULL JOIN noted USING (event_id)
      WHERE (said.bookings, said.refunded_bookings, said.refunded_tickets, said.tickets, said.gross, said.discount, said.surcharge, said.refunded)
        IS DISTINCT FROM (noted.bookings, noted.refunded_bookings, noted.refunded_tickets, noted.tickets, noted.gross, noted.discount, noted.surcharge, noted.refunded)`,
  },
  {
    name: 'sales-parts',
    rule: 'what an event has sold is the sum of its times, of its ticket types, and of what paid',
    breaches: () => `SELECT event_id, currency, array_agg(DISTINCT dimension) AS dimensions FROM (
        SELECT event_id, currency, dimension, sum(tickets) AS tickets, sum(refunded_tickets) AS refunded_tickets, sum(gross) AS gross,
          sum(discount) AS discount
        FROM sale_sums WHERE dimension <> 'PROMO' GROUP BY event_id, currency, dimension) part
      GROUP BY event_id, currency HAVING count(DISTINCT (tickets, refunded_tickets, gross, discount)) > 1`,
  },
  {
    name: 'late-payments',
    rule: 'a booking that is not paid in time expires',
    breaches: ({
      graceSeconds,
    }) => `SELECT b.id AS booking_id, b.status, least(b.expires_at, e.payable_until) AS expires_at
      FROM bookings b LEFT JOIN event_copies e ON e.event_id = b.event_id
      WHERE b.status = 'PENDING' AND least(b.expires_at, e.payable_until) < now() - make_interval(secs => ${graceSeconds})`,
    repair: { how: 'enqueued again (expire-booking)', sql: followUp },
  },
  {
    name: 'refunds',
    rule: 'what went back of a booking is the sum of its refunds, and of its tickets no more',
    breaches:
      () => `SELECT b.id AS booking_id, b.status, b.refunded_amount, r.refunded, r.of_tickets FROM bookings b JOIN (
        SELECT f.booking_id, sum(f.amount) AS refunded, coalesce(sum(i.amount), 0) AS of_tickets FROM booking_refunds f
        LEFT JOIN (SELECT refund_id, sum(amount) AS amount FROM refund_items GROUP BY refund_id) i ON i.refund_id = f.id
        WHERE f.status = 'MADE' GROUP BY f.booking_id) r ON r.booking_id = b.id
      WHERE b.refunded_amount <> r.refunded OR r.of_tickets > r.refunded`,
  },
  {
    name: 'refunds-posted',
    rule: 'a refund that was made is in the ledger, if not as one then as a dispute that was lost, and a provider is asked for no other amount',
    breaches:
      () => `SELECT f.id AS refund_id, f.booking_id, f.amount, r.amount AS asked, -coalesce(l.amount, d.amount) AS posted
      FROM booking_refunds f LEFT JOIN refunds r ON r.id = f.provider_refund_id
      LEFT JOIN (SELECT t.reference, sum(e.amount) FILTER (WHERE e.amount < 0) AS amount FROM ledger_transactions t
        JOIN ledger_entries e ON e.transaction_id = t.id WHERE t.kind = 'REFUND' GROUP BY t.id) l ON l.reference = 'refund:' || f.id
      LEFT JOIN (SELECT t.booking_id, sum(e.amount) FILTER (WHERE e.amount < 0) AS amount FROM ledger_transactions t
        JOIN ledger_entries e ON e.transaction_id = t.id WHERE t.kind = 'DISPUTE_LOST' GROUP BY t.booking_id) d ON d.booking_id = f.booking_id
      WHERE f.status = 'MADE' AND f.amount > 0
          AND (coalesce(l.amount, d.amount) IS NULL OR -coalesce(l.amount, d.amount) <> f.amount OR r.amount <> f.amount)
        OR f.status <> 'MADE' AND (l.amount IS NOT NULL OR r.id IS NOT NULL)`,
  },
  {
    name: 'late-refunds',
    rule: 'a refund of single tickets comes to its end, unless its payment is in dispute',
    breaches: ({
      graceSeconds,
    }) => `SELECT f.id AS refund_id, f.booking_id, f.amount, f.created_at AS since FROM booking_refunds f JOIN bookings b ON b.id = f.booking_id
      WHERE f.status = 'ENDING' AND f.updated_at < now() - make_interval(secs => ${graceSeconds}) AND NOT EXISTS (SELECT FROM payments p
        WHERE (p.booking_id = b.id OR p.checkout_id = b.checkout_id) AND p.status = 'DISPUTED')`,
    repair: {
      how: 'enqueued again (refund-tickets)',
      sql: (
        breaches,
      ) => `SELECT count(graphile_worker.add_job('refund-tickets', payload => json_build_object('refundId', refund_id),
          job_key => 'refund-tickets:' || refund_id, max_attempts => 25))::int AS count FROM (${breaches}) refund`,
    },
  },
  {
    name: 'late-event-refunds',
    rule: 'the refunds of an event that was called off go on until all of its bookings are refunded',
    breaches: ({
      graceSeconds,
    }) => `SELECT r.event_id, r.status, r.refunded, r.updated_at AS since, (SELECT count(*)::int FROM bookings b
        WHERE b.event_id = r.event_id AND b.status IN ('PAID', 'PARTIALLY_REFUNDED')) AS "left" FROM event_refunds r
      WHERE r.status = 'RUNNING' AND r.updated_at < now() - make_interval(secs => ${graceSeconds}) OR r.status = 'DONE' AND EXISTS (
        SELECT FROM bookings b WHERE b.event_id = r.event_id AND b.status IN ('PAID', 'PARTIALLY_REFUNDED'))`,
  },
  {
    name: 'hanging-refunds',
    rule: 'what is to go back through a provider has gone within a day',
    breaches:
      () => `SELECT r.id AS refund_id, p.booking_id, p.provider, r.amount, p.currency, r.attempts, r.last_error, r.created_at AS since
      FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.status = 'PENDING' AND r.created_at < now() - interval '1 day'`,
  },
  {
    name: 'refunds-due',
    rule: 'what the ledger says is due to go back is what providers have not given back yet',
    breaches:
      () => `SELECT coalesce(l.currency, r.currency) AS currency, coalesce(l.due, 0) AS due, coalesce(r.pending, 0) AS pending FROM (
        SELECT e.currency, sum(e.amount) AS due FROM ledger_entries e
        JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'REFUNDS_DUE' GROUP BY e.currency) l
      FULL JOIN (SELECT p.currency, sum(r.amount) AS pending FROM refunds r JOIN payments p ON p.id = r.payment_id
        WHERE r.status = 'PENDING' GROUP BY p.currency) r ON r.currency = l.currency
      WHERE coalesce(l.due, 0) <> coalesce(r.pending, 0)`,
  },
  {
    name: 'late-close',
    rule: 'each day of the ledger is closed within six hours of its end',
    breaches:
      () => `SELECT to_char(next.day, 'YYYY-MM-DD') AS day FROM (SELECT coalesce((SELECT max(day) + 1 FROM ledger_closes),
          (SELECT (created_at AT TIME ZONE 'UTC')::date FROM ledger_transactions ORDER BY id LIMIT 1)) AS day) next
      WHERE next.day < ((now() - interval '6 hours') AT TIME ZONE 'UTC')::date`,
    repair: {
      how: 'enqueued (close-ledger)',
      sql: (
        breaches,
      ) => `SELECT count(graphile_worker.add_job('close-ledger', payload => '{}', job_key => 'close-ledger',
          max_attempts => 25))::int AS count FROM (${breaches}) breach`,
    },
  },
  {
    name: 'payouts',
    rule: 'the ledger says of a payout what its status and its lines say',
    breaches:
      () => `SELECT coalesce(p.id::text, l.payout_id) AS payout_id, p.status, p.amount, s.lines, coalesce(l.due, 0) AS due,
        coalesce(l.taken, 0) AS taken FROM payouts p
      LEFT JOIN (SELECT payout_id, sum(amount) AS lines FROM payout_lines GROUP BY payout_id) s ON s.payout_id = p.id
      FULL JOIN (SELECT split_part(t.reference, ':', 2) AS payout_id,
          sum(e.amount) FILTER (WHERE a.kind = 'PAYOUTS_DUE') AS due,
          -sum(e.amount) FILTER (WHERE a.kind IN ('EVENT_SALES', 'EVENT_TAX', 'CLEARING:MANUAL')) AS taken
        FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
        WHERE t.kind LIKE 'PAYOUT%' GROUP BY split_part(t.reference, ':', 2)) l ON l.payout_id = p.id::text
      WHERE p.id IS NULL OR p.amount IS DISTINCT FROM s.lines
        OR coalesce(l.due, 0) <> CASE WHEN p.status IN ('REQUESTED', 'APPROVED') THEN p.amount ELSE 0 END
        OR coalesce(l.taken, 0) <> CASE WHEN p.status IN ('REQUESTED', 'APPROVED', 'PAID') THEN p.amount ELSE 0 END`,
  },
  {
    name: 'late-fulfilment',
    rule: 'what a booking’s status asks of the ticket subgraph is done',
    breaches: ({
      graceSeconds,
    }) => `SELECT id AS booking_id, user_id, status, updated_at AS since FROM bookings
      WHERE NOT fulfilled AND updated_at < now() - make_interval(secs => ${graceSeconds})`,
    repair: { how: 'enqueued again (issue-tickets, release-booking, cancel-tickets)', sql: followUp },
  },
  {
    name: 'late-webhooks',
    rule: 'an organizer’s endpoint that is owed something is sent it, or it is given up in its time',
    breaches: ({
      graceSeconds,
    }) => `SELECT d.endpoint_id, count(*)::int AS deliveries, min(d.next_try_at) AS since FROM webhook_deliveries d
      JOIN webhook_endpoints e ON e.id = d.endpoint_id
      WHERE d.status = 'PENDING' AND (d.expires_at < now() - make_interval(secs => ${graceSeconds})
        OR d.next_try_at < now() - make_interval(secs => ${graceSeconds}) AND e.enabled AND e.deleted_at IS NULL
          AND NOT EXISTS (SELECT FROM webhook_deliveries p WHERE p.endpoint_id = d.endpoint_id AND p.aggregate_id = d.aggregate_id
            AND p.status = 'PENDING' AND p.seq < d.seq)
          AND NOT EXISTS (SELECT FROM webhook_deliveries t WHERE t.endpoint_id = d.endpoint_id
            AND t.last_tried_at > now() - make_interval(secs => ${graceSeconds})))
      GROUP BY d.endpoint_id`,
  },
]
