import { readFile } from 'node:fs/promises'
import type { Redis } from 'ioredis'
import type { z } from 'zod'
import type { AuditRecorder } from './audit.ts'
import { EVENT_OF_DEEDS } from './contracts/events.ts'
import type { SubgraphName } from './contracts/subgraphs.ts'
import { connectionOptions, prismaOptions, type RawSql, type TransactionSource, type Tx } from './database.ts'
import { stopTimes, type subgraphSettings } from './env.ts'
import { createInbox, deliverEvents, type EventHandlers, recordEvent } from './events.ts'
import { startCourier } from './events/courier.ts'
import { sweepOutbox } from './events/outbox.ts'
import { housekeeping } from './housekeeping.ts'
import { type Job, type JobRunner, startJobs } from './jobs.ts'
import type { Running } from './lifecycle.ts'
import { createLog, type Logger } from './log.ts'
import { createReads, type Reads } from './reads.ts'
import { type Bus, connectRedis } from './redis.ts'
import { createServiceClient, type ServiceClient } from './service-client.ts'
import { createServiceTokens, type ServiceTokens } from './service-token.ts'
import { createSelfCheck } from './subgraph/self-check.ts'
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
  /** Adds what this subgraph needs beyond the base, without asking its database; `close` runs before that closes. */
  createDeps(base: BaseDeps<Db>): Promise<{ deps: Deps; close?: () => void | Promise<void> }>
  /** Sees to what must be in the database before anybody is served. Run again where that was away, so it must bear it. */
  prepare?(deps: Deps): Promise<void>
  createContext(deps: Deps, scope: RequestScope): Context
  resolvers: object
  // oxlint-disable-next-line typescript/no-explicit-any -- a list of jobs with payloads of their own
  jobs: Job<any, Deps>[]
  crons?: { job: string; match: string }[]
  inbox?: (deps: Deps) => EventHandlers<Tx<Client>>
  /** Writes down what people do (audit.ts); without one the user subgraph is told, which keeps the log. */
  audit?: AuditRecorder
  routes?: (deps: Deps) => Routes
}

/** A subgraph that runs. Tests reach its use cases by `deps`. */
export interface RunningSubgraph<Deps> extends Running, AsyncDisposable {
  name: SubgraphName
  deps: Deps
}

/** Beside those of `DATABASE_POOL_SIZE`, and 3 for quick reads (reads.ts). */
const JOB_CONNECTIONS = 4

/** What in a database was made with them is of use only to whoever has the same. */
const SECRETS = ['SERVICE_SECRET', 'KEY_ENCRYPTION_SECRET', 'PASSWORD_PEPPER']

/**
 * Starts one subgraph: HTTP and WebSocket first, which tell by `/ready` how far it is; then, as soon as its database answers and
 * its secrets and clock are right, however long that takes, jobs and requests. Closing goes requests, sockets and jobs, then
 * what they use, the database last.
 */
export async function startSubgraph<
  Client extends RawSql,
  Db extends Database<Client>,
  Deps extends BaseDeps<Db>,
  Context extends RequestScope,
>(spec: SubgraphSpec<Client, Db, Deps, Context>): Promise<RunningSubgraph<Deps>> {
  const { name, settings } = spec
  const log = createLog(name, settings.LOG_LEVEL)
  const tokens = createServiceTokens(settings.SERVICE_SECRET, name, (untimely) =>
    log.error(untimely, 'a service token was refused for its time: one of the two clocks is wrong'),
  )
  await using stack = new AsyncDisposableStack()
  const clients: ServiceClients = Object.fromEntries(
    Object.entries(spec.clients).map(([client, url]) => [
      client,
      stack.use(createServiceClient(url, tokens.to(client), { name: client, log })),
    ]),
  )
  const applicationName = `karcis-${name}`
  const db = spec.openDatabase(
    prismaOptions(settings.DATABASE_URL, applicationName, log, settings.DATABASE_POOL_SIZE),
  )
  stack.defer(() => db.$disconnect())
  const reads = createReads(connectionOptions(settings.DATABASE_URL, applicationName), db)
  stack.defer(() => reads.close())
  const redis = connectRedis(settings.REDIS_URL, log)
  stack.defer(() => redis.close())
  const selfCheck = createSelfCheck({ db, log, secrets: secretsOf(settings) })
  stack.defer(() => selfCheck.close())

  let running: { jobs: JobRunner } | undefined
  const server = await serveSubgraph<Context>({
    sdl: await readFile(new URL(`../../../schema/${name}.graphql`, import.meta.url), 'utf8'),
    resolvers: spec.resolvers,
    audit: spec.audit ?? tellOfDeeds(name),
    tokens,
    log,
    host: settings.HOST,
    port: settings.PORT,
    problem: async () => (await selfCheck.problem()) ?? running?.jobs.problem() ?? null,
    stopMs: stopTimes(settings).stopMs,
    metricsToken: settings.METRICS_TOKEN,
  })
  stack.defer(() => server.close())
  await selfCheck.untilFit()

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
  await selfCheck.untilDone(async () => spec.prepare?.(deps))

  const forgetting = housekeeping(settings)
  const jobs = await startJobs<Deps>({
    connections: JOB_CONNECTIONS,
    connectionString: settings.DATABASE_URL,
    log,
    deps,
    jobs: [...spec.jobs, deliverEvents, ...forgetting],
    crons: [...(spec.crons ?? []), ...forgetting.map(({ name: job }) => ({ job, match: '17 * * * *' }))],
  })
  stack.defer(async () => {
    await Promise.all([server.close(), jobs.close()])
  })
  for (const outbox of [startCourier({ db, log, clients }), sweepOutbox({ db, log, clients })])
    stack.defer(() => outbox.close())
  const handlers = spec.inbox?.(deps)
  server.begin({
    createContext: (scope) => spec.createContext(deps, scope),
    ...(handlers && { receive: createInbox<Client>(db, handlers) }),
    ...(spec.routes && { routes: spec.routes(deps) }),
  })

  running = { jobs }
  const all = stack.move()
  return {
    name,
    url: server.url,
    deps,
    drain: () => server.drain(),
    close: () => all.disposeAsync(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Tells the user subgraph of each deed. A deed is an aggregate by itself: nothing is waited for. */
function tellOfDeeds(name: SubgraphName): AuditRecorder {
  const type = EVENT_OF_DEEDS[name]
  if (type === null) throw new Error(`the ${name} subgraph keeps the audit log, and has to be given how`)
  return (tx, entry) =>
    recordEvent(tx, { type, aggregateId: entry.deedId, payload: entry, consumers: ['user'] })
}

const secretsOf = (settings: object): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => SECRETS.includes(name)))
