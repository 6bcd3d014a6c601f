import { databaseName, migrate } from '@karcis/infra/migrate'
import { createDatabases, type Postgres, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { freePort, temporaryDirectory } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { newId } from '@karcis/kit/ids'
import { createServiceClient, type ServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { startXendit } from '@karcis/stand-ins/xendit'
import { eventually } from '@karcis/testkit/eventually'
import { startNeighbours } from '../../router/src/testing/neighbours.ts'
import { SECRET, viewer } from '../event-on-sale.ts'
import { type Child, startChild } from '../router/child.ts'
import type { PayAtXendit, SoldEvent } from './sold-bookings.ts'
import { countStatements } from './statements.ts'

const PRICE = 50_000
const QUOTA = 10_000_000
const DAY_MS = 86_400_000
const KEYS = { secretKey: 'xnd stand-in key', callbackToken: 'stand-in token' }

/** The processes of booking, ticket and user on a durable Postgres; what they ask of the event subgraph is answered here. */
export interface Platform {
  postgres: Postgres
  urls: Record<SubgraphName, string>
  processes: Record<'booking' | 'ticket' | 'user', Child>
  furtherUsers: Child[]
  /** As the router asks them. */
  booking: ServiceClient
  ticket: ServiceClient
  user: ServiceClient
  /** An event with a type of ticket, on sale. */
  eventOnSale(): Promise<SoldEvent>
  /** Tells of it, as the event subgraph does, that it was called off. */
  callOff(event: SoldEvent): Promise<void>
  payAtXendit: PayAtXendit
}

interface Options {
  /** A folder for CPU profiles of the processes; Postgres then counts statements too. */
  profile?: string | undefined
  /** Further settings of the user subgraph. */
  userSettings?: Record<string, string>
  /** Further processes of it, which nobody asks: they share its work. */
  furtherUsers?: number
}

export async function startPlatform(
  stack: AsyncDisposableStack,
  { profile, userSettings = {}, furtherUsers = 0 }: Options = {},
): Promise<Platform> {
  const directory = stack.use(temporaryDirectory('karcis-bench-')).path
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const dataDir = `${directory}/postgres`
  if (profile !== undefined) await countStatements(dataDir)
  const postgres = stack.use(await startPostgres({ dataDir, durable: true }))
  const redis = stack.use(await startRedis({ dataDir: `${directory}/redis`, durable: false }))
  const xendit = stack.use(await startXendit(KEYS))
  await createDatabases(postgres.url('postgres'), SUBGRAPHS.map(databaseName))
  const urls = Object.fromEntries(
    SUBGRAPHS.map((name) => [name, postgres.url(databaseName(name))]),
  ) as Record<SubgraphName, string>
  for (const name of SUBGRAPHS) await migrate(name, urls[name])
  const ports = { booking: await freePort(), ticket: await freePort(), user: await freePort() }
  const at = (name: keyof typeof ports): string => `http://127.0.0.1:${ports[name]}`
  const { url: neighbours } = stack.use(await startNeighbours())
  const env = {
    NODE_ENV: 'test', // a stand-in is no provider for production
    LOG_LEVEL: 'warn',
    REDIS_URL: redis.url,
    SERVICE_SECRET: SECRET,
    KEY_ENCRYPTION_SECRET: SECRET,
    PASSWORD_PEPPER: SECRET,
    USER_URL: at('user'),
    EVENT_URL: neighbours,
    TICKET_URL: at('ticket'),
    BOOKING_URL: at('booking'),
    XENDIT_SECRET_KEY: KEYS.secretKey,
    XENDIT_CALLBACK_TOKEN: KEYS.callbackToken,
    XENDIT_API_URL: xendit.url,
  }
  const start = async (name: keyof typeof ports, port = ports[name]) => {
    const own = {
      ...env,
      ...(name === 'user' && userSettings),
      PORT: String(port),
      DATABASE_URL: urls[name],
    }
    const process = stack.use(await startChild(port, [...flags, `subgraphs/${name}/src/main.ts`], own))
    await eventually(async () => {
      const { ok } = await fetch(`http://127.0.0.1:${port}/ready`)
      if (!ok) throw new Error(`${name} is not ready`)
    })
    return process
  }
  const processes = {
    user: await start('user'),
    booking: await start('booking'),
    ticket: await start('ticket'),
  }
  const others: Child[] = []
  for (let n = 0; n < furtherUsers; n++) others.push(await start('user', await freePort()))
  const router = (name: keyof typeof ports) =>
    createServiceClient(at(name), createServiceTokens(SECRET, 'router').to(name))
  const ticket = router('ticket')

  async function tell({ eventId, organizerId }: SoldEvent, version: number, status: string): Promise<void> {
    const days = (count: number): string => new Date(Date.now() + count * DAY_MS).toISOString()
    const payload = {
      id: eventId,
      organizerId,
      title: 'Konser',
      status,
      startsAt: days(1),
      endsAt: days(2),
      currency: 'IDR',
      timezone: 'Asia/Jakarta',
      roomId: null,
      cancellationReason: status === 'CANCELLED' ? 'The singer is ill.' : null,
      version,
    }
    for (const name of ['ticket', 'booking'] as const) {
      const client = createServiceClient(at(name), createServiceTokens(SECRET, 'event').to(name))
      const event = {
        id: newId(),
        type: 'event.changed',
        aggregateId: eventId,
        payload,
        occurredAt: days(0),
      }
      await client.post('/internal/events', { events: [event] })
    }
  }

  return {
    postgres,
    urls,
    processes,
    furtherUsers: others,
    user: router('user'),
    booking: router('booking'),
    ticket,
    async eventOnSale() {
      const organizer = viewer('ORGANIZER')
      const event = { eventId: newId(), organizerId: organizer.id, ticketTypeId: '', price: PRICE }
      await tell(event, 1, 'APPROVED')
      const { createTicketType } = await ticket.query<{ createTicketType: { id: string } }>(
        'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
        { input: { eventId: event.eventId, name: 'Standing', kind: 'PAID', price: PRICE, quota: QUOTA } },
        organizer,
      )
      return { ...event, ticketTypeId: createTicketType.id }
    },
    callOff: (event) => tell(event, 2, 'CANCELLED'),
    async payAtXendit(paymentId, amount) {
      const response = await fetch(`${xendit.url}/v2/invoices`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from(`${KEYS.secretKey}:`).toString('base64')}`,
        },
        body: JSON.stringify({ external_id: paymentId, amount, currency: 'IDR' }),
      })
      const invoice = (await response.json()) as { id: string }
      xendit.pay(paymentId)
      return invoice.id
    },
  }
}
