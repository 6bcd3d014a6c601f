import { createBookingSubgraph } from '@karcis/booking/server'
import { bookingSettings } from '@karcis/booking/env'
import { confirmPayment } from '@karcis/booking/domain/checkout/confirm-payment'
import { createBooking } from '@karcis/booking/domain/checkout/create-booking'
import { openWallet } from '@karcis/booking/domain/payments/wallet'
import { databaseName, migrate } from '@karcis/infra/migrate'
import { createDatabases, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { freePort, temporaryDirectory } from '@karcis/infra/setup'
import { transaction } from '@karcis/kit/database'
import { createServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens, type Viewer } from '@karcis/kit/service-token'
import { holdTickets } from '@karcis/ticket/domain/holds/hold-tickets'
import { ticketSettings } from '@karcis/ticket/env'
import { createTicketSubgraph } from '@karcis/ticket/server'
import pg from 'pg'
import { startNeighbours } from '../router/src/testing/neighbours.ts'
import { startBarePurchases } from './bare-purchases.ts'
import { SECRET, tellEvent, viewer } from './event-on-sale.ts'
import { comparePurchases } from './purchase-rounds.ts'

const BUYERS = 400
const PRICE = 1_000
const GRANT = 1_000_000_000
const QUOTA = 10_000_000

/** How many purchases a round has, and how many are under way at once. */
const SIZE = { count: 400, concurrency: 40 }

/**
 * `npm run bench:purchases -- 9`: purchases of a place of one hot ticket type, each a hold, a booking, a payment from the wallet and a
 * ticket, by the use cases of the ticket and the booking subgraph, which run in this process and talk over HTTP; beside the same rows
 * moved and written in bare SQL by hand, on the same durable Postgres in the same minutes.
 */
async function benchPurchases(rounds: number): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(temporaryDirectory('karcis-bench-'))
  const postgres = stack.use(await startPostgres({ dataDir: `${directory.path}/postgres`, durable: true }))
  const redis = stack.use(await startRedis({ dataDir: `${directory.path}/redis`, durable: false }))
  const names = ['ticket', 'booking'] as const
  await createDatabases(postgres.url('postgres'), [...names.map(databaseName), 'bare_ticket', 'bare_booking'])
  for (const name of names) await migrate(name, postgres.url(databaseName(name)))
  const { url: neighbours } = stack.use(await startNeighbours())
  const ticketPort = await freePort()
  const common = {
    REDIS_URL: redis.url,
    SERVICE_SECRET: SECRET,
    KEY_ENCRYPTION_SECRET: SECRET,
    USER_URL: neighbours,
    EVENT_URL: neighbours,
    LOG_LEVEL: 'fatal',
  }
  const booking = stack.use(
    await createBookingSubgraph(
      bookingSettings.parse({
        ...common,
        PORT: 0,
        DATABASE_URL: postgres.url(databaseName('booking')),
        TICKET_URL: `http://127.0.0.1:${ticketPort}`,
      }),
    ),
  )
  const ticket = stack.use(
    await createTicketSubgraph(
      ticketSettings.parse({
        ...common,
        PORT: ticketPort,
        DATABASE_URL: postgres.url(databaseName('ticket')),
        BOOKING_URL: neighbours,
      }),
    ),
  )
  const organizer = viewer('ORGANIZER')
  const eventId = await tellEvent(ticket.url, organizer.id)
  const api = createServiceClient(ticket.url, createServiceTokens(SECRET, 'router').to('ticket'))
  const { createTicketType } = await api.query<{ createTicketType: { id: string } }>(
    'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
    { input: { eventId, name: 'Standing', kind: 'PAID', price: PRICE, quota: QUOTA } },
    organizer,
  )
  const buyers = Array.from({ length: BUYERS }, () => viewer('CUSTOMER'))
  for (const { id } of buyers)
    await transaction(booking.deps.db, (tx) => openWallet(tx, id, `person ${id}`, GRANT))

  const purchase = async (buyer: Viewer): Promise<void> => {
    const hold = await holdTickets(ticket.deps, buyer, { ticketTypeId: createTicketType.id, quantity: 1 })
    const { id } = await createBooking(booking.deps, buyer, { holdId: hold.id })
    const paid = await confirmPayment(booking.deps, buyer, id, { method: 'WALLET' })
    if (paid.status !== 'PAID' || !paid.fulfilled) throw new Error(`a purchase ended as ${paid.status}`)
  }
  const bare = stack.use(
    await startBarePurchases(postgres, buyers, { price: PRICE, grant: GRANT, quota: QUOTA }),
  )
  const admin = new pg.Client(postgres.url('postgres'))
  await admin.connect()
  stack.defer(() => admin.end())
  let next = 0
  const buyerInTurn = (): Viewer => buyers[next++ % BUYERS] as Viewer
  await comparePurchases(
    postgres,
    admin,
    [
      {
        name: 'bare SQL by hand',
        databases: ['bare_ticket', 'bare_booking'],
        purchase: () => bare.purchase(buyerInTurn()),
      },
      { name: 'Karcis', databases: names.map(databaseName), purchase: () => purchase(buyerInTurn()) },
    ],
    { rounds, ...SIZE },
  )
}

await benchPurchases(Number(process.argv[2] ?? 5))
