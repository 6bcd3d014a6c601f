import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { DiffTarget } from '@prisma/schema-engine-wasm'
import { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import { createDatabases } from './postgres.ts'
import { migrate } from './migrate.ts'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'

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

/** What a catalog says about one thing: its name, and everything that has to agree. */
type Catalog = Map<string, string>

/**
 * The differences between a subgraph's schema.prisma and what its migrations build; empty when they agree.
 * What the schema language cannot say (CHECKs, exclusions, partial indexes, triggers) may be there on top.
 */
export async function findDrift(adminUrl: string, name: SubgraphName, schema: string): Promise<string[]> {
  const suffix = `${name}_${process.pid}_${Date.now()}`
  const [migrated, fresh] = [`drift_migrated_${suffix}`, `drift_schema_${suffix}`]
  const at = (database: string) => Object.assign(new URL(adminUrl), { pathname: `/${database}` }).href
  await createDatabases(adminUrl, [migrated, fresh])
  try {
    await migrate(name, at(migrated))
    await execute(at(fresh), await diffSql(at(fresh), undefined, schema))
    return compare(await readCatalog(at(fresh)), await readCatalog(at(migrated)))
  } finally {
    for (const database of [migrated, fresh]) {
      await execute(adminUrl, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
    }
  }
}

function compare(schema: Catalog, migrations: Catalog): string[] {
  const problems: string[] = []
  for (const [thing, wanted] of schema) {
    const found = migrations.get(thing)
    if (found === undefined) problems.push(`${thing}: in schema.prisma (${wanted}), not in the migrations`)
    else if (found !== wanted)
      problems.push(`${thing}: schema.prisma says (${wanted}), the migrations (${found})`)
  }
  for (const [thing, found] of migrations) {
    // Columns, tables and enums are the schema's to name; indexes and constraints may be written by hand.
    const belongsInSchema = /^(table|column|enum) /.test(thing)
    if (belongsInSchema && !schema.has(thing))
      problems.push(`${thing}: in the migrations (${found}), not in schema.prisma`)
  }
  return problems
}

const COLUMNS = `
  SELECT 'column ' || c.relname || '.' || a.attname AS thing,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
      'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) AS facts
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '_prisma_migrations'`

const TABLES = `
  SELECT 'table ' || c.relname AS thing, 'exists' AS facts
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '_prisma_migrations'`

const ENUMS = `
  SELECT 'enum ' || t.typname AS thing, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) AS facts
  FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
  JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname = 'public' GROUP BY t.typname`

/** Without when it is checked, which the schema language cannot say. */
const FOREIGN_KEYS = `
  SELECT 'foreign key ' || k.conname || ' of ' || k.conrelid::regclass AS thing,
    regexp_replace(pg_get_constraintdef(k.oid), ' DEFERRABLE( INITIALLY DEFERRED)?$', '') AS facts
  FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace AND n.nspname = 'public'
  WHERE k.contype = 'f' AND k.conparentid = 0`

const INDEXES = `
  SELECT 'index ' || i.indexname AS thing, i.indexdef AS facts
  FROM pg_indexes i WHERE i.schemaname = 'public' AND i.tablename <> '_prisma_migrations'`

async function readCatalog(url: string): Promise<Catalog> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const catalog: Catalog = new Map()
    for (const query of [TABLES, COLUMNS, ENUMS, FOREIGN_KEYS, INDEXES]) {
      const { rows } = await client.query<{ thing: string; facts: string }>(query)
      for (const row of rows) catalog.set(row.thing, row.facts)
    }
    return catalog
  } finally {
    await client.end()
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
