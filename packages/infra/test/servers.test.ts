import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort, temporaryDirectory } from '../src/setup.ts'
import { createDatabases, startPostgres } from '../src/postgres.ts'
import { startRedis } from '../src/redis.ts'

const temporary = temporaryDirectory('karcis-servers-')
const directory = temporary.path
afterAll(() => temporary[Symbol.dispose]())

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  client.on('error', () => undefined) // the server is killed under it
  await client.connect()
  const { rows } = await client.query(sql)
  await client.end()
  return rows
}

describe('the embedded Postgres', () => {
  it('keeps what was acknowledged through a kill -9, and starts over what that leaves behind', async () => {
    const options = { dataDir: join(directory, 'postgres'), durable: true }
    const first = await startPostgres(options)
    await createDatabases(first.url('postgres'), ['kept'])
    await query(first.url('kept'), 'CREATE TABLE seats AS SELECT 1 AS id')
    process.kill(first.pid, 'SIGKILL')
    expect(existsSync(join(first.dataDir, 'postmaster.pid'))).toBe(true)

    await using second = await startPostgres(options)
    expect(await query(second.url('kept'), 'SELECT id FROM seats')).toEqual([{ id: 1 }])
    expect(await query(second.url('kept'), 'SHOW fsync')).toEqual([{ fsync: 'on' }])
    expect(await query(second.url('kept'), 'SHOW max_connections')).toEqual([{ max_connections: '200' }])
  })

  it('takes over from a server that a killed run left running', async () => {
    const options = { dataDir: join(directory, 'orphan'), durable: false, port: await freePort() }
    await startPostgres(options)
    await using second = await startPostgres(options)
    expect(await query(second.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe('a port that is in use', () => {
  it('is named, with the setting that changes it', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const dataDir = join(directory, 'busy')
    await expect(startRedis({ dataDir, port, durable: false })).rejects.toThrow(
      `Port ${port}, needed for Redis, is in use: stop what uses it, or set REDIS_PORT.`,
    )
    other.close()
  })
})
