import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { commandLine } from '../src/processes.ts'
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

describe('line 23: the embedded Redis', () => {
  it('answers nobody without its password, which is in no list of processes', async () => {
    await using redis = await startRedis({ dataDir: join(directory, 'redis'), durable: false })
    const { password } = new URL(redis.url)
    expect(await say(redis.port, 'PING')).toMatch(/^-NOAUTH/)
    expect(await say(redis.port, 'AUTH karcis')).toMatch(/^-WRONGPASS/)
    expect(await say(redis.port, `AUTH ${password}`)).toBe('+OK\r\n')
    expect(commandLine(redis.pid)).toMatch(/redis|valkey/)
    expect(commandLine(redis.pid)).not.toContain(password)
  })

  it('takes over what it kept, under another password', async () => {
    const options = { dataDir: join(directory, 'kept'), durable: true }
    let earlier: string
    {
      await using first = await startRedis(options)
      earlier = new URL(first.url).password
      expect(await say(first.port, `AUTH ${earlier}\r\nSET seat 7`)).toBe('+OK\r\n+OK\r\n')
    }
    await using second = await startRedis(options)
    expect(await say(second.port, `AUTH ${earlier}`)).toMatch(/^-WRONGPASS/)
    expect(await say(second.port, `AUTH ${new URL(second.url).password}\r\nGET seat`)).toContain('7')
  })
})

/** Sends lines of Redis' protocol and gives all that comes back. */
const say = (port: number, lines: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${lines}\r\nQUIT\r\n`))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(answer.replace(/\+OK\r\n$/, '')))
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
