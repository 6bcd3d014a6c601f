import { randomBytes } from 'node:crypto'
import { databaseName, migrate } from '@karcis/infra/migrate'
import { createDatabases, type Postgres, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { freePort, temporaryDirectory } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { platformProcesses } from '../../scripts/platform.ts'
import { seed } from '../../scripts/seed.ts'
import { supervise } from '../../scripts/supervisor.ts'
import { cpuOf, cpuOfFamily } from '../router/cpu.ts'

const ADMIN = { email: 'admin@karcis.local', password: 'karcis-admin-1' }

/** The subgraphs that the bench asks. */
const ASKED: SubgraphName[] = ['event', 'user', 'ticket']

/** Postgres and Redis, and all that a process needs to use them: one for all platforms of a run. */
export interface Backing {
  directory: string
  postgres: Postgres
  redisUrl: string
  databaseUrls: Record<SubgraphName, string>
  env: Record<string, string | undefined>
}

/** What stands in front of subgraphs, and the CPU time of each part of the whole, by name: its own is called `gateway`. */
export interface Front {
  name: string
  port: number
  cpu(): Record<string, number>
}

/** Subgraphs that run, and how to reach and measure them. */
export interface RunningSubgraphs {
  ports: Record<SubgraphName, number>
  /** With that of Postgres. */
  cpu(): Record<string, number>
}

/** @param flags of Node, for all processes of all platforms. */
export async function startBacking(stack: AsyncDisposableStack, flags: string[] = []): Promise<Backing> {
  const directory = stack.use(temporaryDirectory('karcis-bench-')).path
  const postgres = stack.use(await startPostgres({ dataDir: `${directory}/postgres`, durable: true }))
  const redis = stack.use(await startRedis({ dataDir: `${directory}/redis`, durable: false }))
  await createDatabases(postgres.url('postgres'), SUBGRAPHS.map(databaseName))
  const databaseUrls = bySubgraph((name) => postgres.url(databaseName(name)))
  for (const name of SUBGRAPHS) await migrate(name, databaseUrls[name])
  const secret = randomBytes(32).toString('hex')
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    NODE_OPTIONS: flags.join(' '),
    LOG_LEVEL: 'fatal',
    // One account asks for thousands here, which is counted as ever.
    ACCOUNT_REQUESTS_PER_HOUR: '1000000000',
    ACCOUNT_COST_PER_HOUR: '1000000000',
    SERVICE_SECRET: secret,
    KEY_ENCRYPTION_SECRET: secret,
    PASSWORD_PEPPER: secret,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  }
  return { directory, postgres, redisUrl: redis.url, databaseUrls, env }
}

/** Starts the platform as it is, and fills it. */
export async function startPlatform(
  backing: Backing,
  stack: AsyncDisposableStack,
): Promise<{ front: Front; subgraphs: RunningSubgraphs }> {
  const subgraphs = await startSubgraphs(backing, stack, SUBGRAPHS)
  const front = await startRouter('Karcis router', subgraphs, backing, stack)
  await seed(`http://127.0.0.1:${front.port}`, () => undefined, ADMIN)
  return { front, subgraphs }
}

/** @param names those to start; only those are asked. @param flags of Node. */
export async function startSubgraphs(
  backing: Backing,
  stack: AsyncDisposableStack,
  names: readonly SubgraphName[] = ASKED,
  flags: string[] = [],
): Promise<RunningSubgraphs> {
  const ports = {} as Record<SubgraphName, number>
  for (const name of SUBGRAPHS) ports[name] = await freePort()
  const [, all = []] = processesOf({ ...backing, env: withFlags(backing, flags) }, ports, 0)
  const processes = [all.filter(({ name }) => names.some((wanted) => wanted === name))]
  const running = stack.use(await supervise({ processes, log: () => undefined }))
  return {
    ports,
    cpu() {
      const pids = running.pids()
      return {
        ...Object.fromEntries(ASKED.map((name) => [name, cpuOf(pids[name])])),
        Postgres: cpuOfFamily(backing.postgres.pid),
      }
    },
  }
}

/** @param flags of Node. */
export async function startRouter(
  name: string,
  { ports, cpu }: RunningSubgraphs,
  backing: Backing,
  stack: AsyncDisposableStack,
  flags: string[] = [],
): Promise<Front> {
  const port = await freePort()
  const [router = []] = processesOf({ ...backing, env: withFlags(backing, flags) }, ports, port)
  const running = stack.use(await supervise({ processes: [router], log: () => undefined }))
  return { name, port, cpu: () => ({ gateway: cpuOf(running.pids().router), ...cpu() }) }
}

const processesOf = (
  { databaseUrls, redisUrl, env }: Backing,
  ports: Record<SubgraphName, number>,
  routerPort: number,
) => platformProcesses({ routerPort, ports, databaseUrls, redisUrl, env })

const withFlags = ({ env }: Backing, flags: string[]): Backing['env'] => ({
  ...env,
  NODE_OPTIONS: [env.NODE_OPTIONS, ...flags].join(' '),
})

const bySubgraph = <T>(valueOf: (name: SubgraphName) => T): Record<SubgraphName, T> =>
  Object.fromEntries(SUBGRAPHS.map((name) => [name, valueOf(name)])) as Record<SubgraphName, T>
