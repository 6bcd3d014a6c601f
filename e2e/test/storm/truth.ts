import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Outcome } from '../buyers.ts'

/** Seats and stock of an event as the database has them. */
export const truthOf = (ticketDatabase: string, eventId: string) =>
  reading(ticketDatabase, async (client) => {
    const seats = await client.query<{ id: string; status: string }>(
      'SELECT id, status::text FROM seats WHERE event_id = $1',
      [eventId],
    )
    const stock = await client.query<{ id: string; sold: number; held: number; available: number }>(
      'SELECT id, sold, held, available FROM ticket_types WHERE event_id = $1',
      [eventId],
    )
    return {
      seats: new Map(seats.rows.map(({ id, status }) => [id, status])),
      stock: new Map(stock.rows.map(({ id, ...numbers }) => [id, numbers])),
    }
  })

/** Status of every booking. */
export const bookingStatuses = (bookingDatabase: string): Promise<ReadonlyMap<string, string>> =>
  reading(bookingDatabase, async (client) => {
    const { rows } = await client.query<{ id: string; status: string }>('SELECT id, status FROM bookings')
    return new Map(rows.map(({ id, status }) => [id, status]))
  })

/** Why the money of these bookings went back, of which that is known. */
export const refundReasons = (bookingDatabase: string, ids: readonly string[]): Promise<string[]> =>
  reading(bookingDatabase, async (client) => {
    const { rows } = await client.query<{ said: string }>(
      `SELECT b.id || ': ' || b.refund_reason || coalesce(' (asked for at ' || string_agg(r.created_at::text, ', ') || ')', '') AS said
         FROM bookings b LEFT JOIN refund_requests r ON r.booking_id = b.id WHERE b.id = ANY($1) AND b.refund_reason IS NOT NULL GROUP BY b.id`,
      [ids],
    )
    return rows.map(({ said }) => said)
  })

/** What buyers were told that is not so: paid and yet refunded above all. */
export const untrueOf = (outcomes: readonly Outcome[], statuses: ReadonlyMap<string, string>) =>
  outcomes
    .map(({ id, status: told }) => ({ id, told, really: statuses.get(id) }))
    .filter(({ told, really }) => told !== really)

/** Bookings of which more or less money went back than they say, or that were to be refunded, since their event was called off, and are not. */
export const wronglyRefunded = (bookingDatabase: string) =>
  reading(bookingDatabase, async (client) => {
    const { rows } = await client.query<{ id: string; status: string; said: number; back: number }>(
      `SELECT b.id, b.status, b.refunded_amount::float8 AS said, moved.back
         FROM bookings b CROSS JOIN LATERAL (SELECT coalesce(sum(e.amount), 0)::float8 AS back
           FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
          WHERE t.booking_id = b.id AND (t.kind = 'REFUND' AND a.kind IN ('WALLET', 'REFUNDS_DUE')
            OR t.kind = 'DISPUTE_LOST' AND a.kind LIKE 'CLEARING:%')) moved
        WHERE moved.back <> b.refunded_amount
           OR b.status IN ('PAID', 'PARTIALLY_REFUNDED') AND b.event_id IN (SELECT event_id FROM event_refunds)`,
    )
    return rows
  })

/** Of tickets that have let somebody in, those that are not USED any more: refunded, above all. */
export const takenFromUsed = (ticketDatabase: string, used: ReadonlySet<string>) =>
  reading(ticketDatabase, async (client) => {
    const { rows } = await client.query<{ id: string; status: string }>(
      `SELECT id, status FROM tickets WHERE id = ANY($1) AND status <> 'USED'`,
      [[...used]],
    )
    return rows
  })

/** Looks until there is nothing. @returns what there still is when the time is up. */
export async function atRest<T>(look: () => Promise<T[]>, patienceMs: number): Promise<T[]> {
  const until = Date.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found.length === 0 || Date.now() > until) return found
    await pause(200)
  }
}

/** Reads from a database as its owner. */
export async function reading<T>(url: string, read: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await read(client)
  } finally {
    await client.end()
  }
}
