import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '@karcis/infra/migrate'
import type { Postgres } from '@karcis/infra/postgres'
import { createDatabases, startPostgres, stopLeftoverPostgres } from '@karcis/infra/postgres'
import { isAlive } from '@karcis/infra/processes'
import { startRedis, stopLeftoverRedis } from '@karcis/infra/redis'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { scratchDirectories, scratchDirectory } from './scratch.ts'
import { templateName } from './template.ts'

const PREFIX = 'karcis-test-'

/**
 * One Postgres, one Redis and a migrated template of each database, for the whole run.
 * @public vitest.config.ts names this file
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await clearKilledRuns()
  const directory = join(scratchDirectory(), `${PREFIX}${process.pid}`)
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  await using resources = new AsyncDisposableStack()
  resources.defer(() => rmSync(directory, { recursive: true, force: true }))
  const [postgres, redis] = await Promise.all([
    startPostgres({ dataDir: join(directory, 'postgres'), durable: false }),
    startRedis({ dataDir: join(directory, 'redis'), durable: false, log: console.log }),
  ])
  resources.defer(() => rmSync(postgres.dataDir, { recursive: true, force: true })) // not always below ours
  resources.use(postgres)
  resources.use(redis)
  await createDatabases(postgres.url('postgres'), SUBGRAPHS.map(templateName))
  const outcomes = await Promise.allSettled(SUBGRAPHS.map((name) => prepareTemplate(postgres, name)))
  const broken = SUBGRAPHS.flatMap((name, index) => {
    const outcome = outcomes[index]
    return outcome?.status === 'rejected' ? [[name, String(outcome.reason)] as const] : []
  })
  project.provide('postgresUrl', postgres.url('postgres'))
  project.provide('redisUrl', redis.url)
  project.provide('brokenTemplates', Object.fromEntries(broken))
  const running = resources.move()
  return () => running.disposeAsync()
}

async function prepareTemplate(postgres: Postgres, name: SubgraphName): Promise<void> {
  await migrate(name, postgres.url(templateName(name)))
  const client = new pg.Client(postgres.url('postgres'))
  await client.connect()
  try {
    await client.query(`ALTER DATABASE ${templateName(name)} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`)
  } finally {
    await client.end()
  }
}

/** A run that was killed could not stop its servers: the next one does. */
async function clearKilledRuns(): Promise<void> {
  const leftovers = scratchDirectories().flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => name.startsWith(PREFIX) && !isAlive(Number(name.slice(PREFIX.length))))
      .map((name) => join(parent, name)),
  )
  for (const directory of leftovers) {
    await Promise.all([
      stopLeftoverPostgres(join(directory, 'postgres')),
      stopLeftoverRedis(join(directory, 'redis')),
    ])
    rmSync(directory, { recursive: true, force: true })
  }
}
