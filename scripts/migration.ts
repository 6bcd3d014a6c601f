import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { migrationsDirectory } from '@karcis/infra/migration-files'
import { migrationProblems } from '@karcis/infra/migration-rules'
import { startPostgres } from '@karcis/infra/postgres'
import { diffSql } from '@karcis/infra/schema-diff'
import { SetupError, temporaryDirectory } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { prismaFile, ROOT } from './paths.ts'

const USAGE = 'usage: npm run migration -- <user|event|ticket|booking> <name_in_snake_case> [--baseline]'

/** The schema as the migrations so far build it; kept beside them, because a diff needs where it starts from. */
const snapshotFile = (name: SubgraphName): string => join(migrationsDirectory(name), 'schema.prisma')

/** Writes the SQL that leads from the schema of the last migration to the one of today. */
async function writeMigration(subgraph: SubgraphName, title: string): Promise<void> {
  const schema = readFileSync(prismaFile(subgraph), 'utf8')
  const sql = await diff(previousSchema(subgraph), schema)
  if (sql === '') {
    console.log(`${subgraph}: schema.prisma says nothing new, no migration written`)
    return
  }
  const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)
  const directory = join(migrationsDirectory(subgraph), `${stamp}_${title}`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'migration.sql'), sql)
  writeFileSync(snapshotFile(subgraph), schema)
  console.log(
    `wrote ${relative(ROOT, directory)}/migration.sql: read it, and add the checks that Prisma cannot say`,
  )
  for (const problem of migrationProblems()) console.log(`${problem} (docs/migrations.md)`)
}

function previousSchema(subgraph: SubgraphName): string | undefined {
  const file = snapshotFile(subgraph)
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const directory = migrationsDirectory(subgraph)
  const written = existsSync(directory) && readdirSync(directory).some((entry) => /^\d{14}_/.test(entry))
  if (!written) return undefined
  throw new SetupError(
    `${relative(ROOT, file)} is missing: when schema.prisma is what the migrations build, note that with --baseline.`,
  )
}

/** The engine wants a server, though nothing is asked of it but its version: one that is gone afterwards. */
async function diff(from: string | undefined, to: string): Promise<string> {
  using directory = temporaryDirectory('karcis-diff-')
  await using postgres = await startPostgres({ dataDir: join(directory.path, 'postgres'), durable: false })
  return await diffSql(postgres.url('postgres'), from, to)
}

async function main(args: string[]): Promise<void> {
  const [target, title] = args.filter((argument) => !argument.startsWith('--'))
  const subgraph = SUBGRAPHS.find((name) => name === target)
  if (!subgraph) throw new SetupError(USAGE)
  if (args.includes('--baseline')) {
    mkdirSync(migrationsDirectory(subgraph), { recursive: true })
    writeFileSync(snapshotFile(subgraph), readFileSync(prismaFile(subgraph), 'utf8'))
    return
  }
  if (!title || !/^[a-z0-9_]+$/.test(title)) throw new SetupError(USAGE)
  await writeMigration(subgraph, title)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
