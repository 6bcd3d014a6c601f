import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { reachableDataDirectory } from '@karcis/infra/postgres-home'
import { stopLeftoverPostgres } from '@karcis/infra/postgres'
import { stopLeftoverRedis } from '@karcis/infra/redis'
import { SetupError } from '@karcis/infra/setup'
import { ROOT } from './paths.ts'
import { assertNotRunning, stopOrphans } from './run-lock.ts'

/** Clears what `npm start` has stored on this machine. Servers that settings point at are not touched. */
async function reset(dataDir: string): Promise<void> {
  assertNotRunning(dataDir)
  await stopOrphans(dataDir)
  const postgresDir = reachableDataDirectory(join(dataDir, 'postgres'))
  await Promise.all([stopLeftoverPostgres(postgresDir), stopLeftoverRedis(join(dataDir, 'redis'))])
  // By name: a folder given by mistake must not lose what is not ours.
  const ours = ['postgres', 'postgres.new', 'redis', 'seeded', 'dev-secrets.json', 'pids.json']
  for (const path of [postgresDir, ...ours.map((name) => join(dataDir, name))])
    rmSync(path, { recursive: true, force: true })
  console.log(`cleared ${dataDir}`)
}

try {
  const { values } = parseArgs({ options: { data: { type: 'string', default: '.data' } } })
  await reset(resolve(ROOT, values.data))
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
