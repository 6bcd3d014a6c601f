import { migrate } from '@karcis/infra/migrate'
import { createDatabases, type Postgres, startPostgres } from '@karcis/infra/postgres'
import { type Redis, startRedis } from '@karcis/infra/redis'
import { temporaryDirectory } from '@karcis/infra/setup'
import { type Neighbours, startNeighbours } from '../router/src/testing/neighbours.ts'
import { SECRET } from './event-on-sale.ts'

/** What the ticket subgraph stands on. */
export interface TicketWorld {
  postgres: Postgres
  redis: Redis
  neighbours: Neighbours
  /** Settings that say where all of it is. */
  env: Record<string, string>
}

/**
 * A durable Postgres, which has an empty database `reference` beside that of ticket, a Redis, and who stands for the other subgraphs.
 * @param undo what ends it all.
 */
export async function startTicketWorld(undo: AsyncDisposableStack): Promise<TicketWorld> {
  const directory = undo.use(temporaryDirectory('karcis-bench-')).path
  const postgres = undo.use(await startPostgres({ dataDir: `${directory}/postgres`, durable: true }))
  const redis = undo.use(await startRedis({ dataDir: `${directory}/redis`, durable: false }))
  await createDatabases(postgres.url('postgres'), ['karcis_ticket', 'reference'])
  const databaseUrl = postgres.url('karcis_ticket')
  await migrate('ticket', databaseUrl)
  const neighbours = undo.use(await startNeighbours())
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    SERVICE_SECRET: SECRET,
    KEY_ENCRYPTION_SECRET: SECRET,
    USER_URL: neighbours.url,
    EVENT_URL: neighbours.url,
    BOOKING_URL: neighbours.url,
  }
  return { postgres, redis, neighbours, env }
}
