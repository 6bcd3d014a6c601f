import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import type pg from 'pg'
import { byId, type CrossCheck, idOf, inOrder } from './cross-check.ts'
import { FROZEN_TICKETS } from './frozen-tickets.ts'
import { followUp } from './money.ts'
import type { Pools, Row } from './report.ts'
import { expireHolds } from './stock.ts'
import { deliver } from './work.ts'

interface BookingRow extends pg.QueryResultRow {
  id: string
  user_id: string
  status: string
  fulfilled: boolean
  version: number
  places: number
  /** Tickets that are refunded by themselves, and those that are being taken out of use for it. */
  refunded: number
  ending: number
}

const BOOKINGS = `SELECT b.id::text AS id, b.user_id, b.status, b.fulfilled, b.version,
  (SELECT coalesce(sum(i.quantity), 0)::int FROM booking_items i WHERE i.booking_id = b.id) AS places, r.refunded, r.ending
  FROM bookings b CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'MADE')::int AS refunded,
    count(*) FILTER (WHERE status = 'ENDING')::int AS ending
    FROM refund_items i JOIN booking_refunds f ON f.id = i.refund_id WHERE f.booking_id = b.id) r`

interface BoundHoldRow extends pg.QueryResultRow {
  /** Of the booking. */
  id: string
  hold_id: string
  expires_at: Date
  late: boolean
}

/** `untold`: those whose places were sold to somebody else, of which booking has not heard yet. */
const LIVE_TICKETS = `SELECT booking_id::text AS id, count(*) FILTER (WHERE status IN ('VALID', 'USED'))::int AS live,
  (SELECT count(*)::int FROM kit.outbox o WHERE o.consumer = 'booking' AND o.delivered_at IS NULL AND o.type = 'ticket.resold'
    AND o.payload->>'bookingId' = booking_id::text) AS untold FROM tickets`

interface TicketsRow extends pg.QueryResultRow {
  /** Of the booking. */
  id: string
  live: number
  untold: number
}

const ticketsOf = (ticket: pg.Pool, bookingIds: readonly string[]) =>
  byId<TicketsRow>(
    ticket,
    `${LIVE_TICKETS} WHERE booking_id = ANY($1::uuid[]) GROUP BY booking_id`,
    bookingIds,
  )

/** Whether a booking has as many live tickets as it should. Until it is fulfilled nothing can be said; that it takes long is seen elsewhere. */
function hasItsTickets(booking: BookingRow, tickets: TicketsRow | undefined): boolean {
  const { live = 0, untold = 0 } = tickets ?? {}
  const { status, fulfilled, places, refunded, ending } = booking
  if (!fulfilled) return true
  if (status !== 'PAID' && status !== 'PARTIALLY_REFUNDED') return live === 0
  return live <= places - refunded && live + untold >= places - refunded - ending
}

/** PENDING bookings that can be paid, and how many places each is for. */
const PAYABLE = `SELECT b.id::text AS id, (SELECT sum(i.quantity)::int FROM booking_items i WHERE i.booking_id = b.id) AS places
  FROM bookings b LEFT JOIN event_copies e ON e.event_id = b.event_id
  WHERE b.status = 'PENDING' AND least(b.expires_at, e.payable_until) > clock_timestamp()`

/** Places that active holds keep for bookings, past their time too; of seats only those that are in fact held. */
const KEPT = `SELECT h.booking_id::text AS id, sum(i.quantity)::int AS places
  FROM holds h JOIN hold_items i ON i.hold_id = h.id LEFT JOIN seats s ON s.id = i.seat_id
  WHERE h.booking_id = ANY($1::uuid[]) AND h.status = 'ACTIVE'
    AND (i.seat_id IS NULL OR (s.status = 'HELD' AND s.hold_id = h.id)) GROUP BY h.booking_id`

export const CROSS_CHECKS: readonly CrossCheck[] = [
  {
    name: 'tickets',
    rule: 'a paid booking has its tickets, and no other booking has any',
    databases: ['ticket', 'booking'],
    async *breaches({ booking, ticket }) {
      const bookings = inOrder<BookingRow>(booking, `${BOOKINGS} WHERE b.id > $1 ORDER BY b.id LIMIT $2`)
      for await (const batch of bookings) {
        const tickets = await ticketsOf(ticket, batch.map(idOf))
        const suspects = batch.filter((row) => !hasItsTickets(row, tickets.get(row.id)))
        if (suspects.length === 0) continue
        // A booking that was the same before and after its tickets were counted has no excuse.
        const before = await byId<BookingRow>(
          booking,
          `${BOOKINGS} WHERE b.id = ANY($1::uuid[])`,
          suspects.map(idOf),
        )
        const live = await ticketsOf(ticket, suspects.map(idOf))
        const after = await byId<BookingRow>(
          booking,
          `${BOOKINGS} WHERE b.id = ANY($1::uuid[])`,
          suspects.map(idOf),
        )
        yield [...after.values()].flatMap((row) => {
          const count = live.get(row.id)?.live ?? 0
          if (before.get(row.id)?.version !== row.version || hasItsTickets(row, live.get(row.id))) return []
          const { id, user_id, status, places } = row
          return { booking_id: id, user_id, status, places, tickets: count }
        })
      }
    },
    repair: {
      how: 'tickets of refunded bookings: enqueued again (cancel-tickets)',
      run: (pools, breaches) =>
        enqueueFollowUp(
          pools,
          breaches.filter(({ status }) => status === 'REFUNDED'),
        ),
    },
  },
  {
    name: 'ticket-bookings',
    rule: 'a ticket belongs to a booking',
    databases: ['ticket', 'booking'],
    async *breaches({ booking, ticket }) {
      const tickets = inOrder<TicketsRow>(
        ticket,
        `${LIVE_TICKETS} WHERE booking_id > $1 GROUP BY booking_id ORDER BY booking_id LIMIT $2`,
      )
      for await (const batch of tickets) {
        // A booking is there before its tickets are, and stays.
        const bookings = await byId(
          booking,
          'SELECT id::text AS id FROM bookings WHERE id = ANY($1::uuid[])',
          batch.map(idOf),
        )
        yield batch
          .filter(({ id, live }) => live > 0 && !bookings.has(id))
          .map(({ id, live }) => ({ booking_id: id, tickets: live }))
      }
    },
  },
  {
    name: 'pending-places',
    rule: 'a booking that can be paid has its places',
    databases: ['ticket', 'booking'],
    async *breaches({ booking, ticket }) {
      const pending = inOrder<{ id: string; places: number }>(
        booking,
        `${PAYABLE} AND b.id > $1 ORDER BY b.id LIMIT $2`,
      )
      for await (const batch of pending) {
        const kept = await byId<{ id: string; places: number }>(ticket, KEPT, batch.map(idOf))
        const lacking = batch.filter(({ id, places }) => kept.get(id)?.places !== places)
        if (lacking.length === 0) continue
        // Only of those that can still be paid after the places were counted.
        const still = await byId(booking, `${PAYABLE} AND b.id = ANY($1::uuid[])`, lacking.map(idOf))
        yield lacking
          .filter(({ id }) => still.has(id))
          .map(({ id, places }) => ({ booking_id: id, places, kept: kept.get(id)?.places ?? 0 }))
      }
    },
  },
  {
    name: 'idle-holds',
    rule: 'no hold keeps places for a booking that is over, or that never was',
    databases: ['ticket', 'booking'],
    async *breaches({ booking, ticket }, { graceSeconds }) {
      const active = `SELECT booking_id::text AS id, id AS hold_id, expires_at,
        expires_at < now() - make_interval(secs => ${graceSeconds}) AS late FROM holds WHERE status = 'ACTIVE'`
      const holds = inOrder<BoundHoldRow>(
        ticket,
        `${active} AND booking_id > $1 ORDER BY booking_id LIMIT $2`,
      )
      for await (const batch of holds) {
        const bookings = await byId<BookingRow>(
          booking,
          `${BOOKINGS} WHERE b.id = ANY($1::uuid[])`,
          batch.map(idOf),
        )
        // Places are bound before their booking is written, which it is within their time or not at all.
        const idle = batch.filter(({ id, late }) => {
          const its = bookings.get(id)
          return its ? its.status !== 'PENDING' && its.fulfilled : late
        })
        if (idle.length === 0) continue
        // It is fulfilled after its hold has ended, and a hold never comes back.
        const still = await byId<BoundHoldRow>(
          ticket,
          `${active} AND booking_id = ANY($1::uuid[])`,
          idle.map(idOf),
        )
        yield [...still.values()].map(({ id, hold_id, expires_at }) => ({
          booking_id: id,
          status: bookings.get(id)?.status ?? null,
          hold_id,
          expires_at,
        }))
      }
    },
    repair: {
      how: 'enqueued again (release-booking, cancel-tickets; expire-hold where there is no booking)',
      async run(pools, breaches) {
        const { written = [], never = [] } = Object.groupBy(breaches, ({ status }) =>
          status === null ? 'never' : 'written',
        )
        const over = written.filter(({ status }) => status !== 'PAID')
        return (await enqueueFollowUp(pools, over)) + (await enqueueExpiry(pools, never))
      },
    },
  },
  FROZEN_TICKETS,
  {
    name: 'people-without-wallet',
    rule: 'everybody has a wallet',
    databases: ['user', 'booking'],
    async *breaches({ user, booking }, { graceSeconds }) {
      const people = inOrder<{ id: string; created_at: Date }>(
        user,
        `SELECT id::text AS id, created_at FROM users WHERE deleted_at IS NULL
           AND created_at < now() - make_interval(secs => ${graceSeconds}) AND id > $1 ORDER BY id LIMIT $2`,
      )
      for await (const batch of people) {
        const wallets = await byId(
          booking,
          `SELECT owner_id::text AS id FROM ledger_accounts WHERE kind = 'WALLET' AND owner_id = ANY($1::uuid[])`,
          batch.map(idOf),
        )
        yield batch
          .filter(({ id }) => !wallets.has(id))
          .map(({ id, created_at }) => ({ user_id: id, created_at }))
      }
    },
  },
  ...SUBGRAPHS.map(unheardEvents),
]

/** What one subgraph's outbox calls delivered is in the consumer's inbox: after a restore to different moments, say, it is not. */
function unheardEvents(producer: SubgraphName): CrossCheck {
  return {
    name: `events-of-${producer}`,
    rule: `what was delivered of ${producer} was taken in`,
    databases: SUBGRAPHS,
    async *breaches(pools) {
      const delivered = inOrder<EventRow>(
        pools[producer],
        `SELECT seq::text AS key, id::text AS id, consumer, type, aggregate_id, delivered_at FROM kit.outbox
         WHERE delivered_at IS NOT NULL AND seq > $1 ORDER BY seq LIMIT $2`,
        { first: '0', keyOf: ({ key }) => key },
      )
      for await (const batch of delivered) {
        for (const [consumer, events] of Map.groupBy(batch, (event) => event.consumer)) {
          const heard = await byId(
            pools[consumer],
            'SELECT event_id::text AS id FROM kit.inbox WHERE event_id = ANY($1::uuid[])',
            events.map(idOf),
          )
          yield events
            .filter(({ id }) => !heard.has(id))
            .map(({ key, id, ...event }) => ({ event_id: id, seq: key, ...event }))
        }
      }
    },
    repair: {
      how: 'to be delivered again, but for those that a later event of the same subject has overtaken',
      run: (pools, breaches) => deliverAgain(pools[producer], breaches),
    },
  }
}

interface EventRow extends pg.QueryResultRow {
  key: string
  id: string
  consumer: SubgraphName
  type: string
  aggregate_id: string
  delivered_at: Date
}

async function deliverAgain(producer: pg.Pool, events: readonly Row[]): Promise<number> {
  // Later ones that were taken in are not among `events`; what is not delivered yet will come after them anyway.
  const { rows } = await producer.query<{ count: number }>(
    `WITH unheard AS (
       SELECT o.seq, o.consumer, o.aggregate_id FROM kit.outbox o WHERE o.seq = ANY($1::bigint[])
         AND NOT EXISTS (SELECT FROM kit.outbox later WHERE later.consumer = o.consumer AND later.aggregate_id = o.aggregate_id
           AND later.seq > o.seq AND later.delivered_at IS NOT NULL AND later.seq <> ALL($1::bigint[]))
     ), again AS (
       UPDATE kit.outbox o SET delivered_at = NULL FROM unheard u WHERE o.seq = u.seq RETURNING o.consumer, o.aggregate_id
     ), enqueued AS MATERIALIZED (${deliver('SELECT * FROM again')})
     SELECT (SELECT count(*) FROM again)::int AS count FROM enqueued`,
    [events.map(({ seq }) => seq)],
  )
  return rows[0]?.count ?? 0
}

async function enqueueFollowUp({ booking }: Pools, bookings: readonly Row[]): Promise<number> {
  const { rows } = await booking.query<{ count: number }>(
    followUp('SELECT * FROM unnest($1::uuid[], $2::text[]) AS b (booking_id, status)'),
    [bookings.map(({ booking_id }) => booking_id), bookings.map(({ status }) => status)],
  )
  return rows[0]?.count ?? 0
}

async function enqueueExpiry({ ticket }: Pools, holds: readonly Row[]): Promise<number> {
  const { rows } = await ticket.query<{ count: number }>(
    expireHolds('SELECT * FROM unnest($1::uuid[]) AS h (hold_id)'),
    [holds.map(({ hold_id }) => hold_id)],
  )
  return rows[0]?.count ?? 0
}
