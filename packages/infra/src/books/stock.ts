import type { Check } from './report.ts'

const LIVE = "status IN ('VALID', 'USED')"

/** How many places active holds keep, by a key of the hold or its items. */
const heldBy = (key: string): string =>
  `SELECT ${key}, sum(i.quantity)::int AS held FROM holds h JOIN hold_items i ON i.hold_id = h.id
   WHERE h.status = 'ACTIVE' GROUP BY ${key}`

/** Sets counters to what the rows say. Whoever changes those rows moves the counter in the same transaction, so the lock leaves nobody halfway. */
const recount = (table: string, columns: string) => ({
  how: 'counted again from holds and tickets',
  lock: `LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`,
  sql: (breaches: string) => `WITH mended AS (
      INSERT INTO ${table} (${columns}, taken) SELECT ${columns}, counted FROM (${breaches}) breach
      ON CONFLICT (${columns}) DO UPDATE SET taken = EXCLUDED.taken RETURNING 1
    ) SELECT count(*)::int AS count FROM mended`,
})

/** SQL that enqueues the end of holds past their time, of rows with `hold_id`; gives how many as `count`. */
export const expireHolds = (holds: string): string =>
  `SELECT count(graphile_worker.add_job('expire-hold', payload => json_build_object('holdId', hold_id),
     job_key => 'expire-hold:' || hold_id, max_attempts => 25))::int AS count FROM (${holds}) hold`

/** What holds within the ticket subgraph's database: seats, stock, holds, and what one person may take. */
export const STOCK_CHECKS: readonly Check[] = [
  {
    name: 'seat-owners',
    rule: 'a seat has one live ticket at most',
    breaches:
      () => `SELECT seat_id, array_agg(id) AS tickets FROM tickets WHERE ${LIVE} AND seat_id IS NOT NULL
      GROUP BY seat_id HAVING count(*) > 1`,
  },
  {
    name: 'seats-sold',
    rule: 'a seat is SOLD, or offered by whoever has it, if and only if there is a live ticket for it',
    breaches: () => `SELECT s.id AS seat_id, s.status, t.id AS ticket_id FROM seats s
      LEFT JOIN tickets t ON t.seat_id = s.id AND t.${LIVE} WHERE (s.status = 'SOLD' OR s.resale) <> (t.id IS NOT NULL)`,
  },
  {
    name: 'seats-held',
    rule: 'a seat is HELD if and only if an active hold names it',
    breaches: () => `SELECT s.id AS seat_id, s.status, s.hold_id, h.hold_id AS active_hold_id FROM seats s
      FULL JOIN (SELECT i.seat_id, i.hold_id FROM hold_items i JOIN holds h ON h.id = i.hold_id
        WHERE h.status = 'ACTIVE' AND i.seat_id IS NOT NULL) h ON h.seat_id = s.id
      WHERE s.hold_id IS DISTINCT FROM h.hold_id`,
  },
  {
    name: 'stock',
    rule: 'sold, held and available are what tickets, holds and contingents say, and add up to the quota',
    breaches:
      () => `SELECT y.id AS ticket_type_id, y.quota, y.available, y.sold, coalesce(t.tickets, 0) AS tickets,
        y.held, coalesce(h.held, 0) AS in_holds, y.held_back FROM ticket_types y
      LEFT JOIN (SELECT ticket_type_id, count(*)::int AS tickets FROM tickets WHERE ${LIVE} GROUP BY ticket_type_id) t
        ON t.ticket_type_id = y.id
      LEFT JOIN (${heldBy('i.ticket_type_id')}) h ON h.ticket_type_id = y.id
      WHERE y.sold <> coalesce(t.tickets, 0) OR y.held <> coalesce(h.held, 0) + y.held_back OR y.sold + y.held + y.available <> y.quota`,
  },
  {
    name: 'held-back',
    rule: 'as many places of a ticket type are held back as contingents keep: so many of general admission, and the seats that name them',
    breaches:
      () => `SELECT y.id AS ticket_type_id, y.held_back, coalesce(c.kept, 0) AS in_contingents, coalesce(s.kept, 0) AS seats
      FROM ticket_types y
      LEFT JOIN (SELECT ticket_type_id, sum(kept)::int AS kept FROM contingents GROUP BY ticket_type_id) c ON c.ticket_type_id = y.id
      LEFT JOIN (SELECT ticket_type_id, count(*)::int AS kept FROM seats WHERE contingent_id IS NOT NULL GROUP BY ticket_type_id) s
        ON s.ticket_type_id = y.id
      WHERE y.held_back <> coalesce(c.kept, 0) + coalesce(s.kept, 0)`,
  },
  {
    name: 'contingents-of-seats',
    rule: 'a contingent of seats keeps as many as it says',
    breaches: () => `SELECT c.id AS contingent_id, c.kept, count(s.id)::int AS seats FROM contingents c
      LEFT JOIN seats s ON s.contingent_id = c.id WHERE c.ticket_type_id IS NULL GROUP BY c.id HAVING c.kept <> count(s.id)`,
  },
  {
    name: 'stock-of-seats',
    rule: 'of a ticket type with seats, as many are available as seats are free',
    breaches:
      () => `SELECT y.id AS ticket_type_id, y.available, count(s.id)::int AS free_seats FROM ticket_types y
      LEFT JOIN seats s ON s.ticket_type_id = y.id AND s.status = 'AVAILABLE'
      WHERE y.seated GROUP BY y.id HAVING y.available <> count(s.id)`,
  },
  {
    name: 'seats-of-sections',
    rule: 'a seat on a map is sold as what its section is sold as',
    breaches: () => `SELECT s.id AS seat_id, s.ticket_type_id, x.ticket_type_id AS of_section FROM seats s
      JOIN sections x ON x.id = s.section_id WHERE s.event_id IS NOT NULL AND s.ticket_type_id <> x.ticket_type_id`,
  },
  {
    name: 'open-places',
    rule: 'the count of a person’s open places is what their active holds keep',
    breaches:
      () => `SELECT coalesce(o.user_id, h.user_id) AS user_id, coalesce(o.event_id, h.event_id) AS event_id,
        o.taken, coalesce(h.held, 0) AS counted FROM open_places o
      FULL JOIN (${heldBy('h.user_id, h.event_id')}) h ON h.user_id = o.user_id AND h.event_id = o.event_id
      WHERE coalesce(o.taken, 0) <> coalesce(h.held, 0)`,
    repair: recount('open_places', 'user_id, event_id'),
  },
  {
    name: 'allowances',
    rule: 'the count of what a person has of a ticket type is what their holds and tickets say',
    // A row of an event that is over may have been forgotten; while it sells, a missing one lets somebody go over their limit.
    breaches:
      () => `SELECT coalesce(a.user_id, n.user_id) AS user_id, coalesce(a.ticket_type_id, n.ticket_type_id) AS ticket_type_id,
        a.taken, coalesce(n.counted, 0) AS counted FROM allowances a
      FULL JOIN (SELECT user_id, ticket_type_id, sum(held)::int AS counted FROM (
          ${heldBy('h.user_id, i.ticket_type_id')}
          UNION ALL SELECT owner_id, ticket_type_id, count(*)::int FROM tickets WHERE ${LIVE} GROUP BY owner_id, ticket_type_id
        ) each GROUP BY user_id, ticket_type_id) n ON n.user_id = a.user_id AND n.ticket_type_id = a.ticket_type_id
      WHERE coalesce(a.taken, 0) <> coalesce(n.counted, 0) AND (a.user_id IS NOT NULL OR EXISTS (
        SELECT FROM ticket_types y JOIN event_copies e ON e.id = y.event_id WHERE y.id = n.ticket_type_id AND e.ends_at > now()))`,
    repair: recount('allowances', 'user_id, ticket_type_id'),
  },
  {
    name: 'waitlists',
    rule: 'as many are counted as waiting for a ticket type as wait, and what is offered is held for whoever it is offered to',
    breaches:
      () => `SELECT y.id AS ticket_type_id, y.waiting, coalesce(w.entries, 0) AS entries, coalesce(w.without_hold, 0) AS without_hold
      FROM ticket_types y LEFT JOIN (SELECT e.ticket_type_id, count(*) FILTER (WHERE e.status <> 'OFFERED')::int AS entries,
          count(*) FILTER (WHERE e.status <> 'WAITING' AND (h.status IS DISTINCT FROM 'ACTIVE' OR h.user_id <> e.user_id))::int AS without_hold
        FROM waitlist_entries e LEFT JOIN holds h ON h.id = e.hold_id WHERE e.closed_at IS NULL GROUP BY e.ticket_type_id) w
        ON w.ticket_type_id = y.id
      WHERE y.waiting <> coalesce(w.entries, 0) OR w.without_hold > 0`,
  },
  {
    name: 'resale',
    rule: 'what is on sale a second time is what people offer, or somebody holds it',
    breaches:
      () => `SELECT y.id AS ticket_type_id, y.resale, coalesce(t.offered, 0) AS offered, coalesce(s.seats, 0) AS seats FROM ticket_types y
      LEFT JOIN (SELECT ticket_type_id, count(*)::int AS offered FROM tickets WHERE offered_at IS NOT NULL GROUP BY ticket_type_id) t
        ON t.ticket_type_id = y.id
      LEFT JOIN (SELECT ticket_type_id, count(*)::int AS seats FROM seats WHERE resale GROUP BY ticket_type_id) s ON s.ticket_type_id = y.id
      WHERE y.resale NOT BETWEEN coalesce(t.offered, 0) AND coalesce(t.offered, 0) + y.held
        OR y.seated AND y.resale <> coalesce(s.seats, 0) OR y.resale > y.sold`,
  },
  {
    name: 'guests',
    rule: 'a guest has one ticket of their event and type, which is their own until somebody has shown to be them',
    breaches: () => `SELECT g.id AS guest_id, g.event_id, count(t.id)::int AS tickets FROM guests g
      LEFT JOIN tickets t ON t.guest_id = g.id AND t.ordinal IS NOT NULL AND t.event_id = g.event_id AND t.ticket_type_id = g.ticket_type_id
      GROUP BY g.id HAVING count(t.id) <> 1 OR bool_or(g.user_id IS NULL AND t.owner_id <> g.id)`,
  },
  {
    name: 'late-holds',
    // What a booking has bound waits for that, however long its time is past (idle-holds).
    rule: 'a hold that no booking has bound ends when its time is up',
    breaches: ({ graceSeconds }) => `SELECT id AS hold_id, event_id, user_id, expires_at FROM holds
      WHERE status = 'ACTIVE' AND booking_id IS NULL AND expires_at < now() - make_interval(secs => ${graceSeconds})`,
    repair: { how: 'enqueued again (expire-hold)', sql: expireHolds },
  },
]
