import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Logger, runMigrations } from 'graphile-worker'
import pg from 'pg'
import { SetupError } from './setup.ts'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'

const PROJECT = join(import.meta.dirname, '../../..')
const LOCK = 72707369 // the advisory lock that Prisma's own engine takes, so the two never run at once

interface MigrationFile {
  readonly name: string
  readonly path: string
  readonly sql: string
  readonly checksum: string
}

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

/** The directory of a subgraph's migrations, each in `<timestamp>_<name>/migration.sql`. */
export const migrationsDirectory = (name: SubgraphName): string => join(PROJECT, 'prisma', name, 'migrations')

/**
 * Brings one subgraph's database up to date: the job queue, the shared `kit` schema, then its own tables.
 * Starters that come at the same time wait for each other. Returns the names of what was applied now.
 */
export async function migrate(name: SubgraphName, url: string): Promise<string[]> {
  const client = new pg.Client(url)
  client.on('error', () => undefined) // a lost connection fails the query that is under way
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    await runMigrations({ connectionString: url, logger: SILENT })
    const shared = sqlFiles(join(PROJECT, 'packages/kit/migrations'))
    const own = migrationFolders(migrationsDirectory(name))
    return [...(await apply(client, KIT_LEDGER, shared)), ...(await apply(client, PRISMA_LEDGER, own))]
  } finally {
    await client.end() // lets go of the lock too
  }
}

const SILENT = new Logger(() => () => undefined)

async function apply(client: pg.Client, ledger: Ledger, files: readonly MigrationFile[]): Promise<string[]> {
  await client.query(ledger.create)
  const { rows } = await client.query<{ name: string; checksum: string }>(ledger.list)
  const applied = new Map(rows.map((row) => [row.name, row.checksum]))
  const edited = files.find((file) => (applied.get(file.name) ?? file.checksum) !== file.checksum)
  if (edited) {
    throw new SetupError(`Migration ${edited.path} was edited after it was applied: add a new one instead.`)
  }
  const pending = files.filter((file) => !applied.has(file.name))
  for (const file of pending) await applyOne(client, ledger, file)
  return pending.map((file) => file.name)
}

async function applyOne(client: pg.Client, ledger: Ledger, file: MigrationFile): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(file.sql)
    await client.query(ledger.insert, ledger.values(file))
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new SetupError(`Migration ${file.path}${place(error, file.sql)}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** Postgres counts characters; people count lines. */
function place(error: unknown, sql: string): string {
  const { position } = error as { position?: string }
  return position ? ` line ${sql.slice(0, Number(position)).split('\n').length}` : ''
}

const read = (name: string, path: string): MigrationFile => {
  const sql = readFileSync(path, 'utf8')
  return {
    name,
    path: relative(PROJECT, path),
    sql,
    checksum: createHash('sha256').update(sql).digest('hex'),
  }
}

function sqlFiles(directory: string): MigrationFile[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => read(name.slice(0, -'.sql'.length), join(directory, name)))
}

function migrationFolders(directory: string): MigrationFile[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).filter((name) => /^\d{14}_/.test(name))
  return names.sort().map((name) => read(name, join(directory, name, 'migration.sql')))
}
