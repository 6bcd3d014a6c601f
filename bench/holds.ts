import { newId } from '@karcis/kit/ids'
import type { ServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens, SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import pg from 'pg'
import { SECRET, tellEvent, viewer } from './event-on-sale.ts'
import { compareHolds, type Contender } from './hold-rounds.ts'
import { type Exchange, openConnection } from './router/connection.ts'
import { inParallel } from './rounds.ts'
import { startTicketProcess, type TicketProcess } from './ticket-process.ts'

const QUOTA = 1_000_000
/** Among so many types the same load is spread; an event has as many of them as its types may be. */
const TYPES = 1_000
const TYPES_OF_EVENT = 10
/** A stadium's worth: 40,000 seats. */
const SECTIONS = ['North', 'East', 'South', 'West', 'Field']
const ROWS = 200
const SEATS_PER_ROW = 40
const PRICE = 1_000

/** All of a hold's answer that is known before: it is compared byte by byte. */
const FIELDS = '{ status items { quantity unitPrice } }'
const HELD = { status: 'ACTIVE', items: [{ quantity: 1, unitPrice: PRICE }] }

/** Place in the map of the nth seat taken: down the columns, so that neighbours in time are not neighbours in a row. */
const acrossRows = (n: number): number => {
  const rows = SECTIONS.length * ROWS
  return (n % rows) * SEATS_PER_ROW + Math.floor(n / rows)
}

/** How long to measure, and where the ticket process writes a CPU profile of it. */
export interface HoldsOptions {
  rounds: number
  profile?: string | undefined
}

/**
 * Holds on a hot event, over HTTP, against what a hand-written minimum does in bare SQL on the same durable Postgres:
 * one transaction per buyer that moves the counter (or the seat) and inserts one row. The minimum checks no sale, keeps no
 * allowance, no expiry, no outbox, no revision, and nobody watches. The ticket subgraph runs in a process of its own; requests come as from
 * the router, each for another buyer. Here it is places of one hot ticket type, and of a thousand.
 */
export async function benchPlaces({ rounds, profile }: HoldsOptions): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const ticket = await startTicketProcess(undo, profileTo(profile))
  const { postgres, url, api } = ticket
  const organizer = viewer('ORGANIZER')
  const standing = await typeOf(api, organizer, await tellEvent(url, organizer.id), QUOTA)
  const many: string[] = []
  while (many.length < TYPES) {
    const eventId = await tellEvent(url, organizer.id)
    for (let n = 0; n < TYPES_OF_EVENT; n++) many.push(await typeOf(api, organizer, eventId, QUOTA))
  }
  const bare = await startReference(undo, postgres.url('reference'))

  let nextType = 0
  await compareHolds(
    'One hot ticket type (general admission)',
    ticket,
    [
      bare('UPDATE stock SET available = available - 1 WHERE id = 1 AND available >= 1', () => []),
      {
        name: '`holdTickets` over HTTP',
        database: 'karcis_ticket',
        prepare: (count) =>
          readyToHold(ticket, count, 'holdTickets', () => ({ ticketTypeId: standing, quantity: 1 })),
      },
      {
        name: 'the same load over 1,000 types',
        database: 'karcis_ticket',
        prepare: (count) =>
          readyToHold(ticket, count, 'holdTickets', () => ({
            ticketTypeId: many[nextType++ % many.length],
            quantity: 1,
          })),
      },
    ],
    { rounds, count: 2_000, concurrency: 100 },
  )
}

/** The same with seats of a stadium, each buyer another row. */
export async function benchSeats({ rounds, profile }: HoldsOptions): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const ticket = await startTicketProcess(undo, profileTo(profile))
  const { postgres, url, api } = ticket
  const organizer = viewer('ORGANIZER')
  const eventId = await tellEvent(url, organizer.id)
  const seated = await typeOf(api, organizer, eventId, 1)
  const bare = await startReference(undo, postgres.url('reference'))
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
  let nextSeat = 0
  let nextBare = 0
  await compareHolds(
    'Seats of one hot event, each buyer another row',
    ticket,
    [
      bare('UPDATE seat SET holder = $1 WHERE id = $2 AND holder IS NULL', () => [newId(), nextBare++]),
      {
        name: '`holdSeats` over HTTP',
        database: 'karcis_ticket',
        prepare: (count) =>
          readyToHold(ticket, count, 'holdSeats', () => ({
            eventId,
            seatIds: [seats[acrossRows(nextSeat++)]],
          })),
      },
    ],
    { rounds, count: 2_000, concurrency: 100 },
  )
}

const profileTo = (directory: string | undefined): string[] =>
  directory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${directory}`]

async function typeOf(
  api: ServiceClient,
  organizer: Viewer,
  eventId: string,
  quota: number,
): Promise<string> {
  const { createTicketType } = await api.query<{ createTicketType: { id: string } }>(
    'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
    { input: { eventId, name: newId(), kind: 'PAID', price: PRICE, quota } },
    organizer,
  )
  return createTicketType.id
}

/** The minimum. @returns a contender that makes one change and inserts one row, in a transaction for each buyer. */
async function startReference(
  undo: AsyncDisposableStack,
  url: string,
): Promise<(change: string, values: () => unknown[]) => Contender> {
  const pool = undo.adopt(new pg.Pool({ connectionString: url, max: 10 }), (open) => open.end())
  await pool.query(`CREATE TABLE stock (id int PRIMARY KEY, available int NOT NULL CHECK (available >= 0));
    CREATE TABLE taken (id uuid PRIMARY KEY, user_id uuid NOT NULL);
    CREATE TABLE seat (id int PRIMARY KEY, holder uuid);
    INSERT INTO stock VALUES (1, 1000000000); INSERT INTO seat SELECT n FROM generate_series(0, 999999) n`)

  async function take(change: string, values: unknown[]): Promise<void> {
    const client = await pool.connect()
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

  return (change, values) => ({
    name: 'bare SQL by hand',
    database: 'reference',
    prepare: async (count) => (concurrency) => inParallel(count, concurrency, () => take(change, values())),
  })
}

/** Requests of buyers who hold places for the first time, signed as the router does. */
async function readyToHold(
  { process: { port } }: TicketProcess,
  count: number,
  mutation: 'holdTickets' | 'holdSeats',
  input: () => object,
): Promise<(concurrency: number) => Promise<void>> {
  const type = mutation === 'holdTickets' ? 'HoldTicketsInput' : 'HoldSeatsInput'
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) ${FIELDS} }`
  const expected = Buffer.from(JSON.stringify({ data: { [mutation]: HELD } }))
  const tokens = createServiceTokens(SECRET, 'router').to('ticket')
  const request = async (buyer: Viewer): Promise<Exchange> => {
    const body = JSON.stringify({ query, variables: { input: input() } })
    const head = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n${SERVICE_TOKEN_HEADER}: ${await tokens.sign(buyer)}`
    return {
      request: Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
      expected,
    }
  }
  const exchanges = await Promise.all(Array.from({ length: count }, () => request(viewer('CUSTOMER'))))
  return async (concurrency) => {
    const { promise: broken, reject } = Promise.withResolvers<never>()
    broken.catch(() => undefined) // it may break when nobody waits any more
    const free = await Promise.all(Array.from({ length: concurrency }, () => openConnection(port, reject)))
    const answered = inParallel(count, concurrency, async (index) => {
      const connection = free.pop()
      if (!connection) throw new Error('more at a time than there are connections')
      await new Promise<void>((resolve) => connection.send(exchanges[index] as Exchange, resolve))
      free.push(connection)
    })
    await Promise.race([answered, broken])
    for (const connection of free) connection.close()
  }
}
