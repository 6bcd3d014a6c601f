import { migrate } from '@karcis/infra/migrate'
import { createDatabases, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { temporaryDirectory } from '@karcis/infra/setup'
import { createServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { ticketSettings } from '@karcis/ticket/env'
import { createTicketSubgraph } from '@karcis/ticket/server'
import { SECRET, startNeighbours } from './event-on-sale.ts'

/**
 * The ticket subgraph alone, on a durable Postgres of its own that has an empty database `reference` beside it.
 * @param undo what ends it all. @returns it, the Postgres, and what asks the subgraph as the router does.
 */
export async function startTicketServer(undo: AsyncDisposableStack) {
  const directory = undo.use(temporaryDirectory('karcis-bench-'))
  const postgres = undo.use(await startPostgres({ dataDir: `${directory.path}/postgres`, durable: true }))
  const redis = undo.use(await startRedis({ dataDir: `${directory.path}/redis`, durable: false }))
  await createDatabases(postgres.url('postgres'), ['karcis_ticket', 'reference'])
  const databaseUrl = postgres.url('karcis_ticket')
  await migrate('ticket', databaseUrl)
  const neighbours = await startNeighbours(undo)
  const subgraph = undo.use(
    await createTicketSubgraph(
      ticketSettings.parse({
        PORT: 0,
        DATABASE_URL: databaseUrl,
        REDIS_URL: redis.url,
        SERVICE_SECRET: SECRET,
        KEY_ENCRYPTION_SECRET: SECRET,
        USER_URL: neighbours,
        EVENT_URL: neighbours,
        BOOKING_URL: neighbours,
        LOG_LEVEL: 'fatal',
      }),
    ),
  )
  const api = createServiceClient(subgraph.url, createServiceTokens(SECRET, 'router').to('ticket'))
  return { postgres, subgraph, api }
}
