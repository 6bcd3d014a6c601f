import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { databaseName, migrate } from '@karcis/infra/migrate'
import { createDatabases, type Postgres, startPostgres } from '@karcis/infra/postgres'
import { isAlive } from '@karcis/infra/processes'
import { freePort } from '@karcis/infra/setup'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { eventually } from './eventually.ts'
import { scratchDirectory } from './scratch.ts'

/** A Postgres server of a test's own, which comes and goes as the test wants. Its address is known before it runs. */
export interface OwnPostgres extends AsyncDisposable {
  /** A subgraph's database on it. */
  url: string
  /** Starts it, again if need be, and migrates the database. */
  start(): Promise<void>
  /** Stops it at once, as a crash would: whoever is connected is cut off, and the next start recovers. */
  crash(): Promise<void>
}

/** A server with the database of one subgraph. It does not run yet. */
export async function ownPostgres(name: SubgraphName): Promise<OwnPostgres> {
  const directory = mkdtempSync(join(scratchDirectory(), 'karcis-own-postgres-'))
  const dataDir = join(directory, 'postgres')
  const port = await freePort()
  let server: Postgres | null = null
  const url = `postgresql://karcis:karcis@127.0.0.1:${port}/${databaseName(name)}`
  const stop = async (signal: 'SIGQUIT' | 'SIGINT'): Promise<void> => {
    if (!server) return
    const { pid } = server
    process.kill(pid, signal)
    await eventually(() => {
      if (isAlive(pid)) throw new Error('Postgres runs still')
    })
    await server.stop()
    server = null
  }
  return {
    url,
    async start() {
      mkdirSync(directory, { recursive: true, mode: 0o755 })
      server = await startPostgres({ dataDir, port, durable: false })
      await createDatabases(server.url('postgres'), [databaseName(name)])
      await migrate(name, url)
    },
    crash: () => stop('SIGQUIT'),
    async [Symbol.asyncDispose]() {
      const { dataDir: taken = dataDir } = server ?? {}
      await stop('SIGINT')
      for (const path of [taken, directory]) rmSync(path, { recursive: true, force: true })
    },
  }
}
