import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sqltag as sql } from '@prisma/client/runtime/client'
import { GraphQLInt, GraphQLObjectType, GraphQLSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { startBalancer } from '../src/balancer.ts'
import { createTestDatabase } from '../src/database.ts'
import { eventually } from '../src/eventually.ts'
import { mutantOf, withMutant } from '../src/mutants.ts'
import { parallel } from '../src/parallel.ts'
import { createTcpProxy } from '../src/tcp-proxy.ts'
import { createWsClient } from '../src/ws-client.ts'

describe('a test database', () => {
  it('is a migrated copy of its own, and gone afterwards', async () => {
    const url = await (async () => {
      await using database = await createTestDatabase('user')
      const client = new pg.Client(database.url)
      await client.connect()
      const { rows } = await client.query(
        "SELECT to_regnamespace('kit') kit, to_regnamespace('graphile_worker') jobs",
      )
      await client.end()
      expect(rows).toEqual([{ kit: 'kit', jobs: 'graphile_worker' }])
      return database.url
    })()
    await expect(new pg.Client(url).connect()).rejects.toThrow(/does not exist/)
  })
})

describe('the TCP proxy', () => {
  it('cuts, refuses and restores', async () => {
    const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    await using proxy = await createTcpProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const url = proxy.through('http://example.test/x')
    const ask = async () => (await fetch(url, { headers: { connection: 'close' } })).text()
    expect(await ask()).toBe('here')
    await proxy.refuse()
    await expect(ask()).rejects.toThrow()
    await proxy.restore()
    expect(await eventually(ask)).toBe('here')
    server.close()
    server.closeAllConnections()
  })
})

describe('the balancer', () => {
  it('asks whoever is ready, and moves on from what is not and from what is gone', async () => {
    const start = async (name: string, port = 0) => {
      const state = { ready: true }
      const server = createServer(({ url }, response) => {
        response.writeHead(url === '/ready' && !state.ready ? 503 : 200).end(name)
      }).listen(port, '127.0.0.1')
      await once(server, 'listening')
      const { port: taken } = server.address() as AddressInfo
      const stop = () => {
        server.close()
        server.closeAllConnections()
      }
      return { state, stop, url: `http://127.0.0.1:${taken}` }
    }
    const [a, b] = [await start('a'), await start('b')]
    await using balancer = await startBalancer(a.url, b.url)
    const heard = async (n = 4) => {
      const names = new Set<string>()
      for (let i = 0; i < n; i++)
        names.add(await (await fetch(balancer.url, { headers: { connection: 'close' } })).text())
      return [...names].sort()
    }
    await eventually(async () => expect(await heard()).toEqual(['a', 'b']))
    a.state.ready = false
    await eventually(async () => expect(await heard()).toEqual(['b']))
    b.stop()
    expect(await heard()).toEqual(['a']) // which says better than nobody what is wrong
    a.stop()
    await expect(heard()).rejects.toThrow()
  })
})

describe('the WebSocket client', () => {
  const ticks = {
    type: GraphQLInt,
    subscribe: async function* () {
      for (let tick = 1; tick <= 3; tick += 1) yield { tick }
    },
  }
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { tick: { type: GraphQLInt } } }),
    subscription: new GraphQLObjectType({ name: 'Subscription', fields: { tick: ticks } }),
  })

  it('misses no message, however late it is asked for', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await once(server, 'listening')
    useServer({ schema }, server)
    await using client = createWsClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const subscription = client.subscribe<{ tick: number }>('subscription { tick }')
    await subscription.completed
    expect((await subscription.next()).data).toEqual({ tick: 1 })
    expect((await subscription.waitFor(({ data }) => data?.tick === 3)).data).toEqual({ tick: 3 })
    await expect(subscription.next()).rejects.toThrow('completed')
    await expect(client.subscribe('subscription { nothing }').completed).rejects.toThrow('Cannot query field')
    server.close()
  })
})

describe('parallel', () => {
  it('gives every outcome in order', async () => {
    const outcomes = await parallel(3, (index) =>
      index === 1 ? Promise.reject(new Error('no')) : Promise.resolve(index),
    )
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})

describe('a mutant of SQL', () => {
  /** Stands for a database client, and gives the SQL that reaches it. */
  const client = () => {
    const $queryRaw = (query: TemplateStringsArray, ..._values: unknown[]): unknown => query
    return {
      $queryRaw,
      $transaction: (run: (tx: { $queryRaw: typeof $queryRaw }) => unknown) => run({ $queryRaw }),
    }
  }
  const guard = sql`WHERE available >= ${2}`

  it('leaves a guard out of what is sent, in transactions and in parts of statements too', () => {
    const { db, met } = mutantOf(client(), 'available >= ', 'available <> ')
    const sent = [
      db.$queryRaw`UPDATE stock SET n = ${1} ${guard}`,
      db.$transaction((tx) => tx.$queryRaw`UPDATE stock SET n = ${1} ${guard}`),
    ]
    for (const one of sent)
      expect(one).toMatchObject({ text: 'UPDATE stock SET n = $1 WHERE available <> $2', values: [1, 2] })
    expect(met.count).toBe(2)
  })

  it('takes the place of the product’s client for a while, and must be met', async () => {
    const db = client()
    const deps = { db }
    const sent = await withMutant(
      deps,
      ['WHERE available >= '],
      async () => deps.db.$queryRaw`UPDATE stock ${guard}`,
    )
    expect(sent).toMatchObject({ text: 'UPDATE stock $1' })
    expect(deps.db).toBe(db)
    const unmet = withMutant(deps, ['WHERE sold = '], async () => deps.db.$queryRaw`UPDATE stock ${guard}`)
    await expect(unmet).rejects.toThrow('never met')
    expect(deps.db).toBe(db)
  })
})
