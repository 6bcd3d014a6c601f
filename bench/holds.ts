import { newId } from '@karcis/kit/ids'
import pg from 'pg'
import { tellEvent, viewer } from './event-on-sale.ts'
import { compare, inParallel } from './rounds.ts'
import { startTicketServer } from './ticket-server.ts'

const QUOTA = 1_000_000
/** A stadium's worth: 40,000 seats. */
const SECTIONS = ['North', 'East', 'South', 'West', 'Field']
const ROWS = 200
const SEATS_PER_ROW = 40

/** Place in the map of the nth seat taken: down the columns, so that neighbours in time are not neighbours in a row. */
const acrossRows = (n: number): number => {
  const rows = SECTIONS.length * ROWS
  return (n % rows) * SEATS_PER_ROW + Math.floor(n / rows)
}

/**
 * Holds on a hot event, over HTTP, against what a hand-written minimum does in bare SQL on the same durable Postgres:
 * one transaction per buyer that moves the counter (or the seat) and inserts one row. The minimum checks no sale, keeps no
 * allowance, no expiry, no outbox, no revision, and nobody watches.
 */
export async function benchHolds(rounds: number): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const { postgres, subgraph, api } = await startTicketServer(stack)
  const organizer = viewer('ORGANIZER')
  const eventId = await tellEvent(subgraph.url, organizer.id)
  const typeOf = async (name: string, quota: number): Promise<string> => {
    const { createTicketType } = await api.query<{ createTicketType: { id: string } }>(
      'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
      { input: { eventId, name, kind: 'PAID', price: 1000, quota } },
      organizer,
    )
    return createTicketType.id
  }
  const standing = await typeOf('Standing', QUOTA)
  const seated = await typeOf('Seated', 1)
  const { createSeatMap } = await api.query<{ createSeatMap: { seats: { id: string }[] } }>(
    'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { seats { id } } }',
    {
      input: {
        eventId,
        sections: SECTIONS.map((name) => ({
          name,
          ticketTypeId: seated,
          rows: ROWS,
          seatsPerRow: SEATS_PER_ROW,
        })),
      },
    },
    organizer,
  )
  const seats = createSeatMap.seats.map((seat) => seat.id)
  const reference = stack.adopt(
    new pg.Pool({ connectionString: postgres.url('reference'), max: 10 }),
    (pool) => pool.end(),
  )
  await reference.query(`CREATE TABLE stock (id int PRIMARY KEY, available int NOT NULL CHECK (available >= 0));
    CREATE TABLE taken (id uuid PRIMARY KEY, user_id uuid NOT NULL);
    CREATE TABLE seat (id int PRIMARY KEY, holder uuid);
    INSERT INTO stock VALUES (1, 1000000000); INSERT INTO seat SELECT n FROM generate_series(0, 999999) n`)

  const bareTransaction = async (change: string, values: unknown[]): Promise<void> => {
    const client = await reference.connect()
    try {
      await client.query('BEGIN')
      const { rowCount } = await client.query(change, values)
      if (rowCount !== 1) throw new Error('reference lost')
      await client.query('INSERT INTO taken VALUES ($1, $2)', [newId(), newId()])
      await client.query('COMMIT')
    } finally {
      client.release()
    }
  }

  await compare(
    'One hot ticket type (general admission)',
    [
      {
        name: 'bare pg: one UPDATE and INSERT per buyer',
        run: (count, concurrency) =>
          inParallel(count, concurrency, () =>
            bareTransaction('UPDATE stock SET available = available - 1 WHERE id = 1 AND available >= 1', []),
          ),
      },
      {
        name: 'holdTickets over HTTP, batched',
        run: (count, concurrency) =>
          inParallel(count, concurrency, () =>
            api.query(
              'mutation ($id: ID!) { holdTickets(input: { ticketTypeId: $id, quantity: 1 }) { id } }',
              { id: standing },
              viewer('CUSTOMER'),
            ),
          ),
      },
    ],
    { rounds, count: 2_000, concurrency: 100 },
  )

  let nextSeat = 0
  let nextBare = 0
  await compare(
    'Seats of one hot event, each buyer another row',
    [
      {
        name: 'bare pg: one UPDATE and INSERT per buyer',
        run: (count, concurrency) =>
          inParallel(count, concurrency, () =>
            bareTransaction('UPDATE seat SET holder = $1 WHERE id = $2 AND holder IS NULL', [
              newId(),
              nextBare++,
            ]),
          ),
      },
      {
        name: 'holdSeats over HTTP',
        run: (count, concurrency) =>
          inParallel(count, concurrency, () =>
            api.query(
              'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id } }',
              {
                input: {
                  eventId,
                  seatIds: [seats[acrossRows(nextSeat++) % seats.length]],
                },
              },
              viewer('CUSTOMER'),
            ),
          ),
      },
    ],
    { rounds, count: 1_000, concurrency: 50 },
  )
}
