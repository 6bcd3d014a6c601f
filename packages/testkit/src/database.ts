import { randomBytes } from 'node:crypto'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import pg from 'pg'
import { inject } from 'vitest'
import { templateName } from './template.ts'

/** A database of a test's own; gone when it is disposed of, whoever is still connected. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string
}

/** A fresh copy of a subgraph's migrated, empty database. */
export async function createTestDatabase(name: SubgraphName): Promise<TestDatabase> {
  const problem = inject('brokenTemplates')[name]
  if (problem) throw new Error(problem)
  const database = `test_${name}_${randomBytes(6).toString('hex')}`
  // Copying files beats the default strategy here: the template is small and fsync is off.
  await asAdmin(`CREATE DATABASE ${database} TEMPLATE ${templateName(name)} STRATEGY FILE_COPY`)
  return {
    url: Object.assign(new URL(inject('postgresUrl')), { pathname: `/${database}` }).href,
    [Symbol.asyncDispose]: () => asAdmin(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  }
}

async function asAdmin(sql: string): Promise<void> {
  const client = new pg.Client(inject('postgresUrl'))
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
