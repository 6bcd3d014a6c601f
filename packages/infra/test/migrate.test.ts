import pg from 'pg'
import { createTestDatabase } from '@karcis/testkit/database'
import { expect, inject, it } from 'vitest'
import { migrate } from '../src/migrate.ts'
import { createDatabases } from '../src/postgres.ts'

it('lets starters that come at once wait for each other: each file is applied by exactly one', async () => {
  const name = `migrate_${process.pid}`
  await createDatabases(inject('postgresUrl'), [name])
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname: `/${name}` }).href
  const applied = await Promise.all([1, 2, 3].map(() => migrate('user', url)))
  expect(applied.filter((files) => files.length > 0)).toHaveLength(1)
  expect(await migrate('user', url)).toEqual([])
})

it('refuses a migration that was edited after it was applied', async () => {
  await using database = await createTestDatabase('user')
  const client = new pg.Client(database.url)
  await client.connect()
  await client.query("UPDATE kit._migrations SET checksum = 'of another text'")
  await client.end()
  await expect(migrate('user', database.url)).rejects.toThrow(/was edited after it was applied/)
})
