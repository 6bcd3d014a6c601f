import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { DiffTarget } from '@prisma/schema-engine-wasm'
import { SchemaEngine } from '@prisma/schema-engine-wasm'

const target = (schema: string | undefined): DiffTarget =>
  schema === undefined
    ? { tag: 'empty' }
    : { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] }

/**
 * The SQL that leads from one Prisma schema (or from nothing) to another; '' when nothing changed.
 * The engine asks a server for its version, so any reachable database will do as `url`.
 */
export async function diffSql(url: string, from: string | undefined, to: string): Promise<string> {
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url }))
  const engine = await SchemaEngine.new({ datamodels: [['schema.prisma', to]] }, () => undefined, adapter)
  try {
    const filters = { externalTables: [], externalEnums: [] }
    const { exitCode, stdout } = await engine.diff({
      from: target(from),
      to: target(to),
      script: true,
      exitCode: true,
      filters,
    })
    return exitCode === 0 ? '' : (stdout ?? '')
  } finally {
    engine.free()
  }
}
