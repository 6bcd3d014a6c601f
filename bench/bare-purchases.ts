import type { Postgres } from '@karcis/infra/postgres'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import pg from 'pg'

const CONNECTIONS = 10

/** What somebody would write who wants the rows that a purchase leaves and nothing else. */
interface BarePurchases extends AsyncDisposable {
  purchase(buyer: Viewer): Promise<void>
}

const TICKET_TABLES = `
  CREATE TABLE stock (id uuid PRIMARY KEY, available int NOT NULL CHECK (available >= 0), held int NOT NULL, sold int NOT NULL);
  CREATE TABLE holds (id uuid PRIMARY KEY, user_id uuid NOT NULL, status text NOT NULL, booking_id uuid UNIQUE, expires_at timestamptz NOT NULL);
  CREATE TABLE hold_items (hold_id uuid NOT NULL REFERENCES holds, stock_id uuid NOT NULL, quantity int NOT NULL, price bigint NOT NULL);
  CREATE TABLE tickets (id uuid PRIMARY KEY, booking_id uuid NOT NULL, ordinal int NOT NULL, owner_id uuid NOT NULL, code text NOT NULL,
    UNIQUE (booking_id, ordinal));
  CREATE TABLE jobs (key text PRIMARY KEY, run_at timestamptz NOT NULL)`

const BOOKING_TABLES = `
  CREATE TABLE bookings (id uuid PRIMARY KEY, user_id uuid NOT NULL, hold_id uuid NOT NULL UNIQUE, status text NOT NULL,
    total bigint NOT NULL, fulfilled boolean NOT NULL, expires_at timestamptz NOT NULL);
  CREATE TABLE booking_items (booking_id uuid NOT NULL REFERENCES bookings, position int NOT NULL, stock_id uuid NOT NULL,
    quantity int NOT NULL, price bigint NOT NULL, PRIMARY KEY (booking_id, position));
  CREATE TABLE booking_tickets (booking_id uuid NOT NULL REFERENCES bookings, position int NOT NULL, ticket_id uuid NOT NULL,
    PRIMARY KEY (booking_id, position));
  CREATE TABLE payments (id uuid PRIMARY KEY, booking_id uuid NOT NULL REFERENCES bookings, amount bigint NOT NULL, paid_at timestamptz NOT NULL);
  CREATE TABLE accounts (id uuid PRIMARY KEY, balance bigint CHECK (balance >= 0));
  CREATE TABLE postings (id uuid PRIMARY KEY, reference text NOT NULL UNIQUE);
  CREATE TABLE entries (id uuid PRIMARY KEY, posting_id uuid NOT NULL REFERENCES postings, account_id uuid NOT NULL REFERENCES accounts,
    amount bigint NOT NULL);
  CREATE TABLE jobs (key text PRIMARY KEY, run_at timestamptz NOT NULL);
  CREATE TABLE outbox (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, booking_id uuid NOT NULL, status text NOT NULL)`

/**
 * Hold, booking, payment and ticket as six transactions in two databases, which is as few as keep seats and money right between two
 * databases, with the rows of the jobs that would end the hold and the booking and issue the tickets, and of the events. Left out: no
 * input is checked, nobody is limited, no key makes a request repeatable, no trigger checks a sum, no job is run, no event delivered,
 * no watcher told, and no ticket signed.
 */
export async function startBarePurchases(
  postgres: Postgres,
  buyers: readonly Viewer[],
  { price, grant, quota }: { price: number; grant: number; quota: number },
): Promise<BarePurchases> {
  await using stack = new AsyncDisposableStack()
  const pool = (database: string): pg.Pool =>
    stack.adopt(new pg.Pool({ connectionString: postgres.url(database), max: CONNECTIONS }), (one) =>
      one.end(),
    )
  const ticket = pool('bare_ticket')
  const booking = pool('bare_booking')
  const [stock, sales] = [newId(), newId()]
  await ticket.query(TICKET_TABLES)
  await ticket.query('INSERT INTO stock VALUES ($1, $2, 0, 0)', [stock, quota])
  await booking.query(BOOKING_TABLES)
  await booking.query('INSERT INTO accounts VALUES ($1, NULL)', [sales])
  await booking.query('INSERT INTO accounts SELECT id, $2 FROM unnest($1::uuid[]) AS b (id)', [
    buyers.map(({ id }) => id),
    grant,
  ])

  async function purchase({ id: userId }: Viewer): Promise<void> {
    const [hold, id, posting] = [newId(), newId(), newId()]
    await inTransaction(ticket, [
      [
        'UPDATE stock SET available = available - 1, held = held + 1 WHERE id = $1 AND available >= 1',
        [stock],
      ],
      [`INSERT INTO holds VALUES ($1, $2, 'ACTIVE', NULL, now() + interval '10 minutes')`, [hold, userId]],
      ['INSERT INTO hold_items VALUES ($1, $2, 1, $3)', [hold, stock, price]],
      [`INSERT INTO jobs VALUES ($1, now() + interval '10 minutes')`, [`expire-hold:${hold}`]],
    ])
    await inTransaction(ticket, [
      [
        `UPDATE holds SET booking_id = $2 WHERE id = $1 AND status = 'ACTIVE' AND booking_id IS NULL`,
        [hold, id],
      ],
    ])
    await inTransaction(booking, [
      [
        `INSERT INTO bookings VALUES ($1, $2, $3, 'PENDING', $4, true, now() + interval '9 minutes')`,
        [id, userId, hold, price],
      ],
      ['INSERT INTO booking_items VALUES ($1, 0, $2, 1, $3)', [id, stock, price]],
      [`INSERT INTO outbox (booking_id, status) VALUES ($1, 'PENDING')`, [id]],
      [`INSERT INTO jobs VALUES ($1, now() + interval '9 minutes')`, [`expire-booking:${id}`]],
    ])
    await inTransaction(booking, [
      [
        `UPDATE bookings SET status = 'PAID', fulfilled = false WHERE id = $1 AND status = 'PENDING' AND expires_at > now()`,
        [id],
      ],
      ['UPDATE accounts SET balance = balance - $2 WHERE id = $1', [userId, price]],
      ['INSERT INTO postings VALUES ($1, $2)', [posting, `payment:${id}`]],
      ['INSERT INTO entries VALUES ($1, $2, $3, $4)', [newId(), posting, userId, -price]],
      ['INSERT INTO entries VALUES ($1, $2, $3, $4)', [newId(), posting, sales, price]],
      ['INSERT INTO payments VALUES ($1, $2, $3, now())', [newId(), id, price]],
      [`INSERT INTO outbox (booking_id, status) VALUES ($1, 'PAID')`, [id]],
      ['INSERT INTO jobs VALUES ($1, now())', [`issue-tickets:${id}`]],
    ])
    const ticketId = newId()
    await inTransaction(ticket, [
      [`UPDATE holds SET status = 'CONVERTED' WHERE id = $1 AND status = 'ACTIVE'`, [hold]],
      ['INSERT INTO tickets VALUES ($1, $2, 0, $3, $4)', [ticketId, id, userId, ticketId]],
      ['UPDATE stock SET held = held - 1, sold = sold + 1 WHERE id = $1', [stock]],
    ])
    await inTransaction(booking, [
      [`UPDATE bookings SET fulfilled = true WHERE id = $1 AND status = 'PAID' AND NOT fulfilled`, [id]],
      ['INSERT INTO booking_tickets VALUES ($1, 0, $2)', [id, ticketId]],
      ['DELETE FROM jobs WHERE key = $1', [`issue-tickets:${id}`]],
    ])
  }

  const all = stack.move()
  return { purchase, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** One statement after the other, each of which must move a row. */
async function inTransaction(
  pool: pg.Pool,
  statements: readonly [sql: string, values: unknown[]][],
): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    for (const [sql, values] of statements) {
      const { rowCount } = await client.query({ name: sql.slice(0, 60), text: sql, values })
      if (rowCount !== 1) throw new Error(`moved nothing: ${sql}`)
    }
    await client.query('COMMIT')
  } finally {
    client.release()
  }
}
