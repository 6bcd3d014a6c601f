import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { describe, expect, it } from 'vitest'
import { createBatchedRead } from '../src/batch-loader.ts'
import { connectionOptions, transaction } from '../src/database.ts'
import type { KarcisError } from '../src/errors.ts'
import { createServiceClient } from '../src/service-client.ts'
import { createReads } from '../src/reads.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { Waiting, workFor, workJointly } from '../src/waiting.ts'
import { connectPrisma, openKitDatabase } from './kit-database.ts'
import { SECRET, startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { pool: Int inTransaction: Int read: Int shared: Int chain: Link quick: Int }
  type Mutation { write: Int }
  type Link { next: Link }
`

const router = createServiceTokens(SECRET, 'router').to('booking')

/** A subgraph whose fields sleep in Postgres, each in its own way. */
async function startStory(poolSize = 10) {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await openKitDatabase())
  const db = connectPrisma(own.url, poolSize)
  stack.defer(() => db.$disconnect())
  const reads = createReads(connectionOptions(own.url, 'kit-waiting'), db)
  stack.defer(() => reads.close())
  const shared = createBatchedRead(async (keys) => {
    await reads.$queryRaw`SELECT pg_sleep(20)::text, 'shared'`
    return new Map(keys.map((key) => [key, 1]))
  })
  const seen = { links: 0, written: 0 }
  const sleepInTransaction = () =>
    transaction(db, async (tx) => {
      await tx.$queryRaw`SELECT 1`
      await tx.$queryRaw`SELECT pg_sleep(20)::text, 'transaction'`
      return 1
    })
  const server = stack.use(
    await startServer({
      sdl: SDL,
      resolvers: {
        Query: {
          pool: async () => (await db.$queryRaw`SELECT pg_sleep(20)::text, 'pool'`) && 1,
          inTransaction: sleepInTransaction,
          read: async () => (await reads.$queryRaw`SELECT pg_sleep(20)::text, 'read'`) && 1,
          shared: () => shared('a'),
          chain: () => ({}),
          quick: async () => (await db.$queryRaw`SELECT pg_sleep(0.002)::text`) && 1,
        },
        Mutation: {
          write: async () => {
            await db.$queryRaw`SELECT pg_sleep(0.4)::text, 'write'`
            seen.written += 1
          },
        },
        Link: {
          next: async () => {
            seen.links += 1
            await db.$queryRaw`SELECT pg_sleep(0.05)::text`
            return {}
          },
        },
      },
    }),
  )
  const running = async (): Promise<string[]> => {
    const rows = await own.$queryRaw<{ query: string }[]>`SELECT query FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'`
    return rows.map(({ query }) => query)
  }
  const ask = async (
    query: string,
    options: { signal?: AbortSignal; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-karcis-service-token': await router.sign(null),
        ...options.headers,
      },
      body: query.startsWith('[') ? query : JSON.stringify({ query }),
      ...(options.signal && { signal: options.signal }),
    })
    return response.json() as Promise<{
      data?: Record<string, unknown>
      errors?: { extensions: Record<string, unknown> }[]
    }>
  }
  const open = stack.move()
  return { url: server.url, ask, running, seen, db, reads, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** Much less than the 20 s that is slept where nobody ends it, and more than a busy machine takes. */
const SOON_MS = 12_000
/** For so long a connection of the pool is waited for, by whom there is room for. */
const WAIT_MS = 3_000

describe('line 15: work that nobody waits for', () => {
  it.each(['pool', 'inTransaction', 'read', 'shared'])(
    'is cancelled down to SQL as soon as the client has left: %s',
    async (field) => {
      await using story = await startStory()
      const { ask, running } = story
      const client = new AbortController()
      const asked = [`{ ${field} }`, `{ again: ${field} }`].map((query) =>
        ask(query, { signal: client.signal }),
      )
      const gone = Promise.allSettled(asked)
      await eventually(async () => expect((await running()).join()).toContain('pg_sleep'))
      client.abort()
      await gone
      await eventually(async () => expect(await running()).toEqual([]), SOON_MS)
      expect((await ask('{ quick }')).data).toEqual({ quick: 1 })
    },
  )

  it.each(['pool', 'inTransaction', 'read'])(
    'is cancelled at the deadline that the caller named, which is told: %s',
    async (field) => {
      await using story = await startStory()
      const before = performance.now()
      const { data, errors } = await story.ask(`{ ${field} }`, { headers: { 'x-karcis-deadline-ms': '150' } })
      expect(performance.now() - before).toBeLessThan(SOON_MS)
      expect(data).toBeNull()
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['SERVICE_UNAVAILABLE'])
      expect(await story.running()).toEqual([])
    },
  )

  it('is given up by the other subgraphs that were asked for it, too', async () => {
    await using story = await startStory()
    const client = createServiceClient(story.url, router)
    const waiting = new Waiting()
    const asked = workFor(waiting, async () => client.query('{ pool }', {}))
    const given = asked.then(
      () => null,
      (error: KarcisError) => error.code,
    )
    await eventually(async () => expect((await story.running()).join()).toContain('pool'))
    waiting.end()
    expect(await given).toBe('SERVICE_UNAVAILABLE')
    await eventually(async () => expect(await story.running()).toEqual([]), SOON_MS)
  })

  it('begins nothing new between resolvers', async () => {
    await using story = await startStory()
    const client = new AbortController()
    const deep = `{ chain ${'{ next '.repeat(40)}{ __typename } ${'}'.repeat(40)} }`
    const gone = story.ask(deep, { signal: client.signal }).catch(() => null)
    await eventually(async () => expect(story.seen.links).toBeGreaterThan(1))
    client.abort()
    await gone
    const { links } = story.seen
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(story.seen.links - links).toBeLessThan(3)
  })

  it('is still done to its end where it writes', async () => {
    await using story = await startStory()
    for (const _ of ['a new document', 'a known one']) {
      const { written } = story.seen
      const client = new AbortController()
      const headers = { 'x-karcis-deadline-ms': '50' }
      const gone = story.ask('mutation { write }', { signal: client.signal, headers }).catch(() => null)
      await eventually(async () => expect((await story.running()).join()).toContain('write'))
      client.abort()
      await gone
      await eventually(async () => expect(story.seen.written).toBe(written + 1))
    }
  })

  it('harms nobody else on the same connections', async () => {
    await using story = await startStory(7) // a pool in which all 120 may wait, as on a slow machine they do
    const { ask } = story
    let cancelled = 0
    const leaving = async () => {
      const { data } = await ask('{ pool }', { headers: { 'x-karcis-deadline-ms': '10' } })
      if (data === null) cancelled += 1
    }
    const reading = async () => {
      const waiting = new Waiting()
      setTimeout(() => waiting.end(), 5)
      await workFor(waiting, async () => story.reads.$queryRaw`SELECT pg_sleep(20)::text`).then(
        () => undefined,
        () => (cancelled += 1),
      )
    }
    const outcomes = await parallel(120, async (n) => {
      if (n % 6 === 0) return leaving()
      if (n % 6 === 1) return reading()
      if (n % 6 === 2) return story.reads.$queryRaw`SELECT ${n}::int AS n, pg_sleep(0.001)::text`
      return expect((await ask('{ quick }')).errors).toBeUndefined()
    })
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
    expect(cancelled).toBe(40)
  })

  it('goes on for those who still wait when others share it', async () => {
    const [first, second] = [new Waiting(), new Waiting()]
    const ended: string[] = []
    workJointly([first, second], () => {
      workFor(first, () => undefined)
    })
    const signal = workJointly(
      [first, second, first],
      () =>
        new Promise<AbortSignal>((resolve) => {
          void import('../src/waiting.ts').then(({ whoWaits }) => resolve(whoWaits()?.signal as AbortSignal))
        }),
    )
    ;(await signal).addEventListener('abort', () => ended.push('joint'))
    first.end()
    expect(ended).toEqual([])
    second.end()
    expect(ended).toEqual(['joint'])
  })
})

describe('line 15: a pool that is exhausted', () => {
  it('is SERVICE_UNAVAILABLE, at once for whom there is no room to wait', async () => {
    await using story = await startStory(1)
    const client = new AbortController()
    const holding = story.ask('{ pool }', { signal: client.signal }).catch(() => null)
    await eventually(async () => expect((await story.running()).join()).toContain('pool'))
    const before = performance.now()
    const outcomes = await parallel(60, async (n) => {
      const { data, errors } = await story.ask(n % 2 ? '{ quick }' : '{ inTransaction }')
      return {
        data,
        code: errors?.[0]?.extensions.code,
        after: errors?.[0]?.extensions.retryAfterSeconds,
        ms: performance.now() - before,
      }
    })
    client.abort()
    await holding
    const told = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : null))
    expect(told.every((one) => one?.code === 'SERVICE_UNAVAILABLE' && Number(one.after) > 0)).toBe(true)
    expect(told.filter((one) => (one?.ms ?? Infinity) < WAIT_MS).length).toBeGreaterThanOrEqual(30)
    expect(Math.max(...told.map((one) => one?.ms ?? Infinity))).toBeLessThan(SOON_MS)
  })
})
