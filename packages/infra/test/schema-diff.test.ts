import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { findDrift } from '../src/schema-diff.ts'
import { migrationsDirectory } from '../src/migration-files.ts'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'

const schemaFile = (name: (typeof SUBGRAPHS)[number]) =>
  join(dirname(migrationsDirectory(name)), 'schema.prisma')

it.for(SUBGRAPHS.filter((name) => existsSync(schemaFile(name))))(
  '%s: the migrations build what schema.prisma says',
  async (name) => {
    expect(await findDrift(inject('postgresUrl'), name, readFileSync(schemaFile(name), 'utf8'))).toEqual([])
  },
)

it('names what a schema has and the migrations lack', async () => {
  const schema = `
    datasource db {
      provider = "postgresql"
    }
    model Unmigrated {
      id String @id @db.Uuid
    }`
  expect(await findDrift(inject('postgresUrl'), 'user', schema)).toContain(
    'column Unmigrated.id: in schema.prisma (uuid NOT NULL), not in the migrations',
  )
})
