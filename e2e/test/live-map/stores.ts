import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { databaseName, migrate } from '@karcis/infra/migrate'
import { createDatabases, startPostgres } from '@karcis/infra/postgres'
import { backUpPostgres } from '@karcis/infra/postgres-backup'
import { createTestDatabase } from '@karcis/testkit/database'
import pg from 'pg'
import { inject } from 'vitest'
import { HISTORIAN } from './history.ts'

/** The ticket subgraph's database, which can be taken back to an earlier moment while everything runs. */
export interface Store {
  /** As its owner. */
  readonly url: string
  /** Keeps it as it is now. */
  backUp(): Promise<void>
  /** Ends all sessions at once; what was committed since the back-up is gone. */
  restore(): Promise<void>
}

/** A server of its own with fsync on; a base backup, and a crash, then the server started on the copy. */
export async function durableStore(undo: AsyncDisposableStack, directory: string): Promise<Store> {
  let postgres = await startPostgres({ dataDir: join(directory, 'postgres'), durable: true })
  const { dataDir, port } = postgres
  const copy = `${dataDir}.copy`
  undo.defer(() => {
    for (const path of [dataDir, copy]) rmSync(path, { recursive: true, force: true })
  })
  undo.defer(() => postgres.stop())
  await createDatabases(postgres.url('postgres'), [databaseName('ticket')])
  const url = postgres.url(databaseName('ticket'))
  await migrate('ticket', url)
  return {
    url,
    backUp: () => backUpPostgres(dataDir, copy),
    async restore() {
      process.kill(postgres.pid, 'SIGQUIT')
      await postgres.stop()
      rmSync(dataDir, { recursive: true })
      renameSync(copy, dataDir)
      postgres = await startPostgres({ dataDir, port, durable: true })
    },
  }
}

/** A database of the run's server; a copy by that server, which takes the name of the lost one. */
export async function quickStore(undo: AsyncDisposableStack): Promise<Store> {
  const { url } = undo.use(await createTestDatabase('ticket'))
  const name = new URL(url).pathname.slice(1)
  const admin = new pg.Client(inject('postgresUrl'))
  await admin.connect()
  undo.defer(() => admin.end())
  const run = async (...statements: string[]) => {
    for (const statement of statements) await admin.query(statement)
  }
  const end = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${name}'`
  const shut = [
    `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`,
    `${end} AND application_name <> '${HISTORIAN}'`, // who keeps the others from changing anything is the last to go
    end,
  ]
  undo.defer(() => run(`DROP DATABASE IF EXISTS ${name}_copy WITH (FORCE)`))
  return {
    url,
    backUp: () =>
      run(
        ...shut,
        `CREATE DATABASE ${name}_copy TEMPLATE ${name} STRATEGY FILE_COPY`,
        `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`,
      ),
    restore: () =>
      run(...shut, `DROP DATABASE ${name} WITH (FORCE)`, `ALTER DATABASE ${name}_copy RENAME TO ${name}`),
  }
}
