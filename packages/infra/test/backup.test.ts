import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, it } from 'vitest'
import { backUpPostgres } from '../src/postgres-backup.ts'
import { createDatabases, startPostgres } from '../src/postgres.ts'
import { temporaryDirectory } from '../src/setup.ts'

const temporary = temporaryDirectory('karcis-backup-')
afterAll(() => temporary[Symbol.dispose]())
const path = (name: string): string => join(temporary.path, name)

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  return client
}

it('copies all databases as they are at one moment, while they are written', async () => {
  await using postgres = await startPostgres({ dataDir: path('original'), durable: true })
  await createDatabases(postgres.url('postgres'), ['payments', 'tickets'])
  const [payments, tickets] = [
    await connected(postgres.url('payments')),
    await connected(postgres.url('tickets')),
  ]
  for (const client of [payments, tickets]) {
    await client.query('CREATE TABLE done AS SELECT 0 AS number')
    await client.query(
      `CREATE TABLE ballast AS SELECT repeat(md5(i::text), 30) FROM generate_series(1, 20000) AS i`,
    )
  }
  const over = new AbortController()
  let number = 0
  // First the one, then the other: whatever moment a copy is of, the second is not ahead and at most one behind.
  const writing = (async () => {
    while (!over.signal.aborted) {
      number += 1
      for (const client of [payments, tickets]) await client.query('UPDATE done SET number = $1', [number])
      if (number % 500 === 0) await payments.query('SELECT pg_switch_wal()')
    }
  })()
  const before = number
  await backUpPostgres(postgres.dataDir, path('copy'))
  const after = number
  over.abort()
  await writing
  await Promise.all([payments.end(), tickets.end()])
  expect(after).toBeGreaterThan(before + 100)
  expect(existsSync(join(path('copy'), 'postmaster.pid'))).toBe(false)

  await using restored = await startPostgres({ dataDir: path('copy'), durable: true })
  const paid = await numberIn(restored.url('payments'))
  const issued = await numberIn(restored.url('tickets'))
  expect(paid - issued).toBeOneOf([0, 1])
  expect(paid).toBeGreaterThan(before)
  expect(paid).toBeLessThanOrEqual(after + 1)
})

async function numberIn(url: string): Promise<number> {
  const client = await connected(url)
  const { rows } = await client.query<{ number: number }>('SELECT number FROM done')
  await client.end()
  return rows[0]?.number ?? -1
}

it('is refused where no server runs, and copies nothing', async () => {
  const stopped = await startPostgres({ dataDir: path('stopped'), durable: true })
  await stopped.stop()
  await expect(backUpPostgres(stopped.dataDir, path('none'))).rejects.toThrow('No Postgres runs')
  expect(existsSync(path('none'))).toBe(false)
  rmSync(stopped.dataDir, { recursive: true })
})
