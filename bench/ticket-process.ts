import { migrate } from '@karcis/infra/migrate'
import { createDatabases, type Postgres, startPostgres } from '@karcis/infra/postgres'
import { type Redis, startRedis } from '@karcis/infra/redis'
import { freePort, temporaryDirectory } from '@karcis/infra/setup'
import { createServiceClient, type ServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { SECRET, startNeighbours } from './event-on-sale.ts'
import { type Child, startChild } from './router/child.ts'

/** The ticket subgraph as it runs in production: a process of its own. */
export interface TicketProcess {
  url: string
  process: Child
  postgres: Postgres
  redis: Redis
  /** Asks it as the router does. */
  api: ServiceClient
}

/**
 * Starts it on a durable Postgres of its own, which has an empty database `reference` beside it, and a Redis.
 * @param undo what ends it all. @param flags of Node, such as `--cpu-prof`.
 */
export async function startTicketProcess(
  undo: AsyncDisposableStack,
  flags: string[] = [],
): Promise<TicketProcess> {
  const directory = undo.use(temporaryDirectory('karcis-bench-')).path
  const postgres = undo.use(await startPostgres({ dataDir: `${directory}/postgres`, durable: true }))
  const redis = undo.use(await startRedis({ dataDir: `${directory}/redis`, durable: false }))
  await createDatabases(postgres.url('postgres'), ['karcis_ticket', 'reference'])
  const databaseUrl = postgres.url('karcis_ticket')
  await migrate('ticket', databaseUrl)
  const neighbours = await startNeighbours(undo)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = {
    NODE_ENV: 'test', // the neighbours are no processes of the platform
    LOG_LEVEL: 'warn',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    SERVICE_SECRET: SECRET,
    KEY_ENCRYPTION_SECRET: SECRET,
    USER_URL: neighbours,
    EVENT_URL: neighbours,
    BOOKING_URL: neighbours,
    DRAIN_SECONDS: '0',
  }
  const process = undo.use(await startChild(port, [...flags, 'subgraphs/ticket/src/main.ts'], env))
  await eventually(async () => {
    const { ok } = await fetch(`${url}/ready`)
    if (!ok) throw new Error('ticket is not ready')
  })
  const api = createServiceClient(url, createServiceTokens(SECRET, 'router').to('ticket'))
  return { url, process, postgres, redis, api }
}
