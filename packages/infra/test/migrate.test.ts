import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, inject, it } from 'vitest'
import { migrate } from '../src/migrate.ts'
import { migrationsDirectory } from '../src/migration-files.ts'
import { createDatabases } from '../src/postgres.ts'
import { temporaryDirectory } from '../src/setup.ts'

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

describe('line 31: an index that is made concurrently', () => {
  const NAME = '20990101000000_users_by_address'
  const INDEX = '-- no transaction\nCREATE UNIQUE INDEX CONCURRENTLY users_by_address ON users (address);'

  it('is dropped and made again when it was left unfinished, and not made twice when it was not noted', async () => {
    await using world = await databaseWith(NAME, INDEX)
    const { client, migrateNow } = world
    await client.query(resident('a') + resident('b'))
    await expect(migrateNow()).rejects.toThrow(/users_by_address.*could not create unique index/)
    expect(await validity(client)).toEqual([false])
    await client.query('DELETE FROM users')
    expect(await migrateNow()).toEqual([NAME])
    expect(await validity(client)).toEqual([true])
    // As if it had been killed between the index and the note.
    await client.query('DELETE FROM _prisma_migrations WHERE migration_name = $1', [NAME])
    expect(await migrateNow()).toEqual([NAME])
    expect(await migrateNow()).toEqual([])
  })

  it('waits for an open transaction, while others write, and while other starters wait for their turn', async () => {
    await using world = await databaseWith(NAME, INDEX)
    const { client, migrateNow } = world
    const open = new pg.Client(world.url)
    await open.connect()
    await open.query('BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE')
    const starters = [migrateNow(), migrateNow()]
    await eventually(async () => expect(await validity(client)).toEqual([false]))
    await client.query(`SET statement_timeout = '2s'; ${resident('a')}`)
    await open.query('COMMIT')
    await open.end()
    expect((await Promise.all(starters)).flat()).toEqual([NAME])
    expect(await validity(client)).toEqual([true])
  })

  const validity = async (client: pg.Client) => {
    const { rows } = await client.query<{ valid: boolean }>(
      "SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('users_by_address')",
    )
    return rows.map(({ valid }) => valid)
  }
})

/** Everybody lives at the same address. */
const resident = (name: string): string =>
  `INSERT INTO users (id, email, password_hash, name, address)
     VALUES (gen_random_uuid(), '${name}@karcis.test', '$2b$04$' || repeat('x', 53), '${name}', 'Jalan Kemang 1');`

/** A migrated database of the user subgraph, for which one more migration has been written. */
async function databaseWith(name: string, sql: string) {
  await using undo = new AsyncDisposableStack()
  const { url } = undo.use(await createTestDatabase('user'))
  const directory = undo.use(temporaryDirectory('karcis-migrations-')).path
  cpSync(migrationsDirectory('user'), directory, { recursive: true })
  mkdirSync(join(directory, name))
  writeFileSync(join(directory, name, 'migration.sql'), sql)
  const client = new pg.Client(url)
  await client.connect()
  undo.defer(() => client.end())
  const kept = undo.move()
  return {
    url,
    client,
    migrateNow: () => migrate('user', url, { directory }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
