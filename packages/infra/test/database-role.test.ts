import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseRole, grantDatabase } from '../src/database-role.ts'
import { databaseName, migrate } from '../src/migrate.ts'
import { createDatabases, type Postgres, startPostgres } from '../src/postgres.ts'
import { temporaryDirectory } from '../src/setup.ts'

const directory = temporaryDirectory('karcis-roles-')
afterAll(() => directory[Symbol.dispose]())

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe('line 23: a role for each subgraph', () => {
  const urls = {} as Record<SubgraphName, string>
  let postgres: Postgres

  beforeAll(async () => {
    // A durable one, which asks for passwords.
    postgres = await startPostgres({ dataDir: join(directory.path, 'postgres'), durable: true })
    await createDatabases(postgres.url('postgres'), SUBGRAPHS.map(databaseName))
    await Promise.all(
      SUBGRAPHS.map(async (name) => {
        const owner = postgres.url(databaseName(name))
        await migrate(name, owner)
        urls[name] = await grantDatabase(name, owner, `password of ${name}`)
      }),
    )
  })
  afterAll(() => postgres.stop())

  const at = (url: string, database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href

  it.for(SUBGRAPHS)('%s reads and writes in its own database, and adds jobs', async (name) => {
    const [row] = await query(urls[name], 'SELECT current_user AS role')
    expect(row).toEqual({ role: databaseRole(name) })
    await query(urls[name], "SELECT graphile_worker.add_job('expire-hold', '{}')")
    expect(await query(urls[name], 'SELECT task_identifier FROM graphile_worker.jobs')).toHaveLength(1)
    await query(urls[name], "INSERT INTO kit.workers (worker_id) VALUES ('of this test')")
    const shut = await query(
      postgres.url(databaseName(name)),
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND relname <> '_prisma_migrations' AND NOT has_table_privilege('${databaseRole(name)}', oid, 'INSERT')`,
    )
    expect(shut).toEqual([])
  })

  it.for(SUBGRAPHS)('%s gets into no other database', async (name) => {
    const others = SUBGRAPHS.filter((other) => other !== name).map(databaseName)
    for (const database of [...others, 'postgres', 'template1'])
      await expect(query(at(urls[name], database), 'SELECT 1')).rejects.toThrow(
        `permission denied for database "${database}"`,
      )
  })

  it.for([
    'CREATE TABLE public.mine (id int)',
    'CREATE TEMPORARY TABLE mine (id int)',
    'CREATE SCHEMA mine',
    'DELETE FROM public._prisma_migrations',
    'DELETE FROM kit._migrations',
    'DELETE FROM graphile_worker.migrations',
    'DROP TABLE kit.workers',
    'TRUNCATE kit.workers',
    'CREATE ROLE mine',
    'CREATE DATABASE mine',
    'SET ROLE karcis',
    'SET session_replication_role = replica',
    "COPY kit.workers TO '/tmp/mine'",
    'SELECT rolpassword FROM pg_authid',
  ])('is refused: %s', async (sql) => {
    await expect(query(urls.booking, sql)).rejects.toThrow(/permission denied|must be owner/)
  })

  it('keeps out whoever has the password of another one, or the one of old', async () => {
    const { password } = new URL(urls.event)
    for (const wrong of [
      Object.assign(new URL(urls.user), { password }),
      Object.assign(new URL(postgres.url('postgres')), { password: 'karcis' }),
    ])
      await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed')
  })

  it('is given again with another password by the next start, and by starters that come at once', async () => {
    const owner = postgres.url(databaseName('user'))
    const renew = () => grantDatabase('user', owner, 'a password of the next start')
    const [next] = await Promise.all([renew(), renew(), renew()])
    expect(await query(next, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await expect(query(urls.user, 'SELECT 1')).rejects.toThrow('password authentication failed')
  })
})

describe('line 23: the data of an earlier version', () => {
  it('keeps its rows and changes the password that everybody knew, also when the first try broke off', async () => {
    const options = { dataDir: join(directory.path, 'upgraded'), durable: true }
    {
      await using earlier = await startPostgres(options)
      await query(
        earlier.url('postgres'),
        "CREATE TABLE kept AS SELECT 1 AS id; ALTER ROLE karcis PASSWORD 'karcis'",
      )
      rmSync(join(earlier.dataDir, 'owner-password'))
    }
    {
      await using upgraded = await startPostgres(options)
      expect(await query(upgraded.url('postgres'), 'SELECT id FROM kept')).toEqual([{ id: 1 }])
      const { password } = new URL(upgraded.url('postgres'))
      expect(password).toBe(readFileSync(join(upgraded.dataDir, 'owner-password'), 'utf8'))
      const old = Object.assign(new URL(upgraded.url('postgres')), { password: 'karcis' }).href
      await expect(query(old, 'SELECT 1')).rejects.toThrow('password authentication failed')
      await query(upgraded.url('postgres'), "ALTER ROLE karcis PASSWORD 'karcis'") // as a crash in between leaves it
    }
    await using again = await startPostgres(options)
    expect(await query(again.url('postgres'), 'SELECT id FROM kept')).toEqual([{ id: 1 }])
  })
})
