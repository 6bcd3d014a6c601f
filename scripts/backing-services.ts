import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { grantDatabase } from '@karcis/infra/database-role'
import { databaseName, databaseSetting, migrate } from '@karcis/infra/migrate'
import { createDatabases, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { SetupError } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import type { StartSettings } from './start-settings.ts'
import type { Survivor } from './survivor.ts'

/** What the servers that we bring along are started with. */
interface Surroundings {
  /** Where they are put to be ended with. */
  readonly resources: AsyncDisposableStack
  readonly survivor: Survivor
  readonly log: Log
}

type Log = (line: string) => void

/**
 * Migrated databases: those that the settings name, and for the rest an embedded server of our own, where each subgraph
 * has a role with a password for this run only.
 */
export async function startDatabases(
  settings: StartSettings,
  { resources, survivor, log }: Surroundings,
): Promise<Record<SubgraphName, string>> {
  const { dataDir, postgresPort, databaseUrls } = settings
  const embedded = SUBGRAPHS.filter((name) => databaseUrls[name] === undefined)
  const urls: Partial<Record<SubgraphName, string>> = { ...databaseUrls }
  if (embedded.length > 0) {
    const postgres = resources.use(
      await startPostgres({
        dataDir: join(dataDir, 'postgres'),
        port: postgresPort,
        durable: true,
        onSpawn: (pid) => survivor.serverStarted('Postgres', { pid, signal: 'SIGINT' }),
        onRestart: log,
      }),
    )
    log(`Postgres on port ${postgres.port}, data in ${postgres.dataDir}`)
    await createDatabases(postgres.url('postgres'), embedded.map(databaseName))
    for (const name of embedded) urls[name] = postgres.url(databaseName(name))
  }
  const owned = urls as Record<SubgraphName, string>
  await allOrNothing(...SUBGRAPHS.map((name) => migrateOne(name, owned[name], log)))
  const granted = await allOrNothing(
    ...embedded.map(async (name) => [name, await grantDatabase(name, owned[name], newPassword())] as const),
  )
  return { ...owned, ...Object.fromEntries(granted) }
}

const newPassword = (): string => randomBytes(24).toString('hex')

async function migrateOne(name: SubgraphName, url: string, log: Log): Promise<void> {
  try {
    const applied = await migrate(name, url, { log: (line) => log(`${name}: ${line}`) })
    if (applied.length > 0) log(`migrated ${name}: ${applied.join(', ')}`)
  } catch (error) {
    if (error instanceof SetupError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const isConnection = code?.startsWith('E') || ['28P01', '28000', '3D000'].includes(code ?? '')
    if (!isConnection) throw error
    throw new SetupError(
      `The database of ${name} (${databaseSetting(name)}) cannot be used: ${message || code}`,
    )
  }
}

/** The Redis that the settings name, or one of our own; gives its URL. */
export async function startCache(
  settings: StartSettings,
  { resources, survivor, log }: Surroundings,
): Promise<string> {
  const { redisUrl, redisPort, dataDir } = settings
  if (redisUrl) {
    await assertReachable(redisUrl)
    return redisUrl
  }
  const redis = resources.use(
    await startRedis({
      dataDir: join(dataDir, 'redis'),
      port: redisPort,
      durable: true,
      log,
      onSpawn: (pid) => survivor.serverStarted('Redis', { pid, signal: 'SIGTERM' }),
      onRestart: log,
    }),
  )
  log(`Redis on port ${redis.port}`)
  return redis.url
}

const assertReachable = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port || 6379) }, () => {
      socket.destroy()
      resolve()
    })
    const fail = (reason: string) => {
      socket.destroy()
      reject(new SetupError(`Redis (REDIS_URL) cannot be reached at ${hostname}:${port || 6379}: ${reason}`))
    }
    socket.setTimeout(5000, () => fail('no answer'))
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
  })

/** Like Promise.all, but a failure waits until the others have settled, so that nothing goes on behind its back. */
export async function allOrNothing<T extends readonly unknown[]>(
  ...work: { [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
