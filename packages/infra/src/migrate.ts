import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger, runMigrations } from 'graphile-worker'
import pg from 'pg'
import { applyFile, type Log } from './apply-migration.ts'
import { kitMigrations, type MigrationFile, migrationsOf } from './migration-files.ts'
import { SetupError } from './setup.ts'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'

const LOCK = 72707369 // the advisory lock that Prisma's own engine takes, so the two never run at once
const TURN_POLL_MS = 100

/** Where a set of migrations notes what it has applied. */
interface Ledger {
  readonly create: string
  readonly list: string
  readonly insert: string
  values(file: MigrationFile): unknown[]
}

const KIT_LEDGER: Ledger = {
  create: `CREATE SCHEMA IF NOT EXISTS kit;
    CREATE TABLE IF NOT EXISTS kit._migrations (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  list: 'SELECT name, checksum FROM kit._migrations',
  insert: 'INSERT INTO kit._migrations (name, checksum) VALUES ($1, $2)',
  values: (file) => [file.name, file.checksum],
}

/** The table of Prisma's migrate, so that its tools see the same history. */
const PRISMA_LEDGER: Ledger = {
  create: `CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
    migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`,
  list: 'SELECT migration_name AS name, checksum FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  insert: `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
    VALUES ($1, $2, $3, now(), 1)`,
  values: (file) => [randomUUID(), file.checksum, file.name],
}

/** The setting that points a subgraph at a real Postgres server. */
export const databaseSetting = (name: SubgraphName): string => `${name.toUpperCase()}_DATABASE_URL`

/** The database that a subgraph owns on the embedded server. */
export const databaseName = (name: SubgraphName): string => `karcis_${name}`

export interface MigrateOptions {
  /** Told of what a migration waits for. */
  readonly log?: Log
  /** Where the subgraph's own migrations are, when not where they belong. */
  readonly directory?: string
}

/**
 * Brings one subgraph's database up to date, while the platform may be at work: the job queue, the shared `kit` schema, then its own
 * tables. Starters that come at the same time wait for each other. Returns the names of what was applied now.
 * @throws SetupError for a migration that fails, that was edited, or that does not get its locks for minutes.
 */
export async function migrate(
  name: SubgraphName,
  url: string,
  { log = () => undefined, directory }: MigrateOptions = {},
): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'karcis-migrate' })
  client.on('error', () => undefined) // a lost connection fails the query that is under way
  await client.connect()
  try {
    await takeTurn(client)
    await client.query('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0')
    await runMigrations({ connectionString: url, logger: SILENT })
    return [
      ...(await apply(client, KIT_LEDGER, kitMigrations(), log)),
      ...(await apply(client, PRISMA_LEDGER, migrationsOf(name, directory), log)),
    ]
  } finally {
    await client.end() // lets go of the lock too
  }
}

const SILENT = new Logger(() => () => undefined)

/** Asks again and again instead of waiting: an index made concurrently waits for every statement that runs, also for one that waits for us. */
async function takeTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [LOCK])
    if (rows[0]?.ours) return
    await sleep(TURN_POLL_MS)
  }
}

async function apply(
  client: pg.Client,
  ledger: Ledger,
  files: readonly MigrationFile[],
  log: Log,
): Promise<string[]> {
  await client.query(ledger.create)
  const { rows } = await client.query<{ name: string; checksum: string }>(ledger.list)
  const applied = new Map(rows.map((row) => [row.name, row.checksum]))
  const edited = files.find((file) => (applied.get(file.name) ?? file.checksum) !== file.checksum)
  if (edited) {
    throw new SetupError(`Migration ${edited.path} was edited after it was applied: add a new one instead.`)
  }
  const pending = files.filter((file) => !applied.has(file.name))
  for (const file of pending)
    await applyFile(client, file, { sql: ledger.insert, values: ledger.values(file) }, log)
  return pending.map((file) => file.name)
}
