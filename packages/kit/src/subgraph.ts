import { readFile } from 'node:fs/promises'
import type { Redis } from 'ioredis'
import type { z } from 'zod'
import type { SubgraphName } from './contracts/subgraphs.ts'
import { connectionOptions, prismaOptions, type RawSql, type TransactionSource, type Tx } from './database.ts'
import type { subgraphSettings } from './env.ts'
import { createInbox, deliverEvents, type EventHandlers, forgetEvents } from './events.ts'
import { type Job, startJobs } from './jobs.ts'
import type { Running } from './lifecycle.ts'
import { createLog, type Logger } from './log.ts'
import { createReads, type Reads } from './reads.ts'
import { type Bus, connectRedis } from './redis.ts'
import { createServiceClient, type ServiceClient } from './service-client.ts'
import { createServiceTokens, type ServiceTokens } from './service-token.ts'
import { type Routes, serveSubgraph } from './subgraph/server.ts'
import type { RequestScope } from './viewer.ts'

/** What the kit needs of a generated PrismaClient. `Client` is what its transactions are made of, `Prisma.TransactionClient`. */
export interface Database<Client extends RawSql> extends RawSql, TransactionSource<Client> {
  $disconnect(): Promise<void>
}

type ServiceClients = Partial<Record<SubgraphName, ServiceClient>>

/** What every subgraph's use cases can reach. */
export interface BaseDeps<Db> {
  db: Db
  /** What is quick to read, and often. */
  reads: Reads
  redis: Redis
  bus: Bus
  tokens: ServiceTokens
  log: Logger
  /** The other subgraphs, by name; those that `clients` named. */
  clients: ServiceClients
}

export interface SubgraphSpec<
  Client extends RawSql,
  Db extends Database<Client>,
  Deps extends BaseDeps<Db>,
  Context extends RequestScope,
> {
  /** Also the name of its SDL file in `schema/`. */
  name: SubgraphName
  settings: z.infer<typeof subgraphSettings>
  openDatabase(options: ReturnType<typeof prismaOptions>): Db
  /** Base URLs of the subgraphs that this one calls or tells of its events. */
  clients: Partial<Record<SubgraphName, string>>
  /** Adds what this subgraph needs beyond the base; `close` runs before the database closes. */
  createDeps(base: BaseDeps<Db>): Promise<{ deps: Deps; close?: () => void | Promise<void> }>
  createContext(deps: Deps, scope: RequestScope): Context
  resolvers: object
  // oxlint-disable-next-line typescript/no-explicit-any -- a list of jobs with payloads of their own
  jobs: Job<any, Deps>[]
  crons?: { job: string; match: string }[]
  inbox?: (deps: Deps) => EventHandlers<Tx<Client>>
  routes?: (deps: Deps) => Routes
}

/** A subgraph that runs. Tests reach its use cases by `deps`. */
export interface RunningSubgraph<Deps> extends Running, AsyncDisposable {
  name: SubgraphName
  deps: Deps
}

/** Starts one subgraph: database, Redis, jobs, HTTP and WebSocket; closing goes intake, sockets, jobs, database. */
export async function startSubgraph<
  Client extends RawSql,
  Db extends Database<Client>,
  Deps extends BaseDeps<Db>,
  Context extends RequestScope,
>(spec: SubgraphSpec<Client, Db, Deps, Context>): Promise<RunningSubgraph<Deps>> {
  const { name, settings } = spec
  const log = createLog(name, settings.LOG_LEVEL)
  const tokens = createServiceTokens(settings.SERVICE_SECRET, name)
  const clients: ServiceClients = Object.fromEntries(
    Object.entries(spec.clients).map(([client, url]) => [
      client,
      createServiceClient(url, tokens.to(client)),
    ]),
  )
  await using stack = new AsyncDisposableStack()
  const applicationName = `karcis-${name}`
  const db = spec.openDatabase(prismaOptions(settings.DATABASE_URL, applicationName, log))
  stack.defer(() => db.$disconnect())
  const reads = createReads(connectionOptions(settings.DATABASE_URL, applicationName), db)
  stack.defer(() => reads.close())
  const redis = connectRedis(settings.REDIS_URL, log)
  stack.defer(() => redis.close())
  const { deps, close } = await spec.createDeps({
    db,
    reads,
    redis: redis.commands,
    bus: redis.bus,
    tokens,
    log,
    clients,
  })
  if (close) stack.defer(close)

  const forgetting = forgetEvents(settings)
  const jobs = await startJobs<Deps>({
    connectionString: settings.DATABASE_URL,
    log,
    deps,
    jobs: [...spec.jobs, deliverEvents, ...forgetting],
    crons: [...(spec.crons ?? []), ...forgetting.map(({ name: job }) => ({ job, match: '17 * * * *' }))],
  })
  stack.defer(() => jobs.close())
  const handlers = spec.inbox?.(deps)
  const server = await serveSubgraph({
    sdl: await readFile(new URL(`../../../schema/${name}.graphql`, import.meta.url), 'utf8'),
    resolvers: spec.resolvers,
    tokens,
    log,
    host: settings.HOST,
    port: settings.PORT,
    createContext: (scope) => spec.createContext(deps, scope),
    ready: async () => db.$queryRaw`SELECT 1`,
    ...(handlers && {
      receive: createInbox<Client>(db, handlers),
    }),
    ...(spec.routes && { routes: spec.routes(deps) }),
  })
  stack.defer(() => server.close())

  const running = stack.move()
  return {
    name,
    url: server.url,
    deps,
    close: () => running.disposeAsync(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
