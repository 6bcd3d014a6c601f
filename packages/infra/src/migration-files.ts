import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'

const PROJECT = join(import.meta.dirname, '../../..')

/** The first line of a migration whose statements run one by one, each outside of any transaction: indexes made concurrently. */
export const OUTSIDE_TRANSACTION = '-- no transaction'

export interface MigrationFile {
  readonly name: string
  /** Relative to the project. */
  readonly path: string
  readonly sql: string
  readonly checksum: string
  readonly transactional: boolean
}

/** The directory of a subgraph's migrations, each in `<timestamp>_<name>/migration.sql`. */
export const migrationsDirectory = (name: SubgraphName): string => join(PROJECT, 'prisma', name, 'migrations')

/** A subgraph's own migrations, in the order in which they are applied. */
export function migrationsOf(name: SubgraphName, directory = migrationsDirectory(name)): MigrationFile[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).filter((entry) => /^\d{14}_/.test(entry))
  return names.sort().map((entry) => read(entry, join(directory, entry, 'migration.sql')))
}

/** The migrations of the `kit` schema, which every database has. */
export function kitMigrations(): MigrationFile[] {
  const directory = join(PROJECT, 'packages/kit/migrations')
  const names = readdirSync(directory).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => read(name.slice(0, -'.sql'.length), join(directory, name)))
}

function read(name: string, path: string): MigrationFile {
  const sql = readFileSync(path, 'utf8')
  return {
    name,
    path: relative(PROJECT, path),
    sql,
    checksum: createHash('sha256').update(sql).digest('hex'),
    transactional: !sql.startsWith(OUTSIDE_TRANSACTION),
  }
}
