import { Readable } from 'node:stream'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { createWsClient } from '@karcis/testkit/ws-client'
import { expect, it } from 'vitest'
import { createAsyncQueue } from '../src/async-queue.ts'
import { KarcisError, NotFound } from '../src/errors.ts'
import { DateTime } from '../src/scalars.ts'
import { createServiceTokens } from '../src/service-token.ts'
import type { RawRequest } from '../src/subgraph/server.ts'
import { SECRET, startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  scalar DateTime
  type Query { who: String expected: Int bug: Int count(n: Int!): Int since(at: DateTime): Int away: Int }
  type Thing @key(fields: "id") { id: ID! }
  type Subscription { ticks: Int failing: Int }
`

const router = createServiceTokens(SECRET, 'router').to('booking')
const viewer = { id: 'u1', role: 'CUSTOMER' as const, sessionId: 's1' }
const asViewer = async () => ({ 'x-karcis-service-token': await router.sign(viewer) })

const start = (queue = createAsyncQueue<{ ticks: number }>(() => undefined)) =>
  startServer({
    sdl: SDL,
    resolvers: {
      DateTime,
      Query: {
        who: (_: unknown, __: unknown, scope: { viewer: { id: string } | null; service: string }) =>
          `${scope.viewer?.id} by ${scope.service}`,
        expected: () => {
          throw new KarcisError('SOLD_OUT', 'Sold out.', { remaining: 0 })
        },
        bug: () => {
          throw new Error('SELECT secret FROM users')
        },
        since: () => 0,
        count: (_: unknown, { n }: { n: number }) => n,
        away: () => {
          throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' })
        },
      },
      Thing: { __resolveReference: ({ id }: { id: string }) => ({ id }) },
      Subscription: {
        ticks: { subscribe: () => queue },
        failing: {
          subscribe: () => {
            throw new KarcisError('FORBIDDEN', 'Not yours.')
          },
        },
      },
    },
  })

it.each([
  '{ __typename }',
  '{ _service { sdl } }',
  '{ _entities(representations: [{ __typename: "Thing", id: "1" }]) { __typename } }',
  '{ who }',
])('answers nothing to %s without a service token', async (query) => {
  await using server = await start()
  const strangers = [
    {},
    { 'x-karcis-service-token': 'nonsense' },
    {
      'x-karcis-service-token': await createServiceTokens('another secret of thirty-two letters', 'router')
        .to('booking')
        .sign(viewer),
    },
    { authorization: `Bearer ${await router.sign(viewer)}` },
  ]
  for (const headers of strangers) {
    const { status, body } = await gql(`${server.url}/graphql`, query, {}, headers as Record<string, string>)
    expect(status).toBe(401)
    expect(body.data).toBeUndefined()
    expect(body.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  }
  const { body } = await gql(`${server.url}/graphql`, query, {}, await asViewer())
  expect(body.errors).toBeUndefined()
})

it('answers nothing over WebSocket without a service token', async () => {
  await using server = await start()
  await using client = createWsClient(`${server.url}/graphql`)
  await expect(client.subscribe('subscription { ticks }').next()).rejects.toThrow('service token')
})

it('knows the viewer and the calling service from the token', async () => {
  await using server = await start()
  const { body } = await gql(`${server.url}/graphql`, '{ who }', {}, await asViewer())
  expect(body.data).toEqual({ who: 'u1 by router' })
})

it('gives an expected failure its code and facts, and masks a bug', async () => {
  await using server = await start()
  const { body } = await gql(
    `${server.url}/graphql`,
    '{ expected bug }',
    {},
    { ...(await asViewer()), 'x-request-id': 'r-1' },
  )
  expect(body.data).toEqual({ expected: null, bug: null })
  const byCode = Object.fromEntries((body.errors ?? []).map((error) => [error.extensions?.code, error]))
  expect(byCode.SOLD_OUT).toMatchObject({
    message: 'Sold out.',
    path: ['expected'],
    extensions: { remaining: 0 },
  })
  expect(byCode.INTERNAL_SERVER_ERROR?.extensions).toEqual({
    code: 'INTERNAL_SERVER_ERROR',
    requestId: 'r-1',
  })
  expect(JSON.stringify(body)).not.toContain('SELECT')
  expect(JSON.stringify(body)).not.toContain('stack')
})

it.each([
  '{ nothing }',
  '{ who',
  '{ count(n: "a") }',
  'query ($n: Int!) { count(n: $n) }',
  'query ($at: DateTime = "yesterday") { since(at: $at) }',
  '{ since(at: "2026-13-01T00:00:00Z") }',
])('calls the wrong request %s BAD_USER_INPUT', async (query) => {
  await using server = await start()
  const { body } = await gql(`${server.url}/graphql`, query, {}, await asViewer())
  expect(body.errors?.map((error) => error.extensions?.code)).toEqual(['BAD_USER_INPUT'])
})

it('calls a value that its scalar refuses BAD_USER_INPUT, in variables too', async () => {
  await using server = await start()
  const query = 'query ($at: DateTime) { since(at: $at) }'
  const { body } = await gql(`${server.url}/graphql`, query, { at: 'not a time' }, await asViewer())
  expect(body.errors?.map((error) => error.extensions?.code)).toEqual(['BAD_USER_INPUT'])
})

it('streams a subscription for the viewer of its message, and a failing or unreadable one does not end the socket', async () => {
  const queue = createAsyncQueue<{ ticks: number }>(() => undefined)
  await using server = await start(queue)
  await using client = createWsClient(`${server.url}/graphql`)
  const extensions = { serviceToken: await router.sign(viewer) }
  const run = (query: string) => {
    const iterator = client.client.iterate({ query, extensions })
    return iterator.next()
  }
  const ticks = client.client.iterate({ query: 'subscription { ticks }', extensions })
  const first = ticks.next()
  await expect(run('subscription { failing }')).resolves.toMatchObject({
    value: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
  })
  const variables = { at: 'never' }
  const refused = client.client.iterate({
    query: 'query ($at: DateTime) { since(at: $at) }',
    variables,
    extensions,
  })
  await expect(refused.next()).resolves.toMatchObject({
    value: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
  })
  await expect(run('subscription {')).rejects.toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  queue.push({ ticks: 7 })
  expect((await first).value).toEqual({ data: { ticks: 7 } })
})

it('frees the source at once when the client leaves while nothing is coming', async () => {
  const left = Promise.withResolvers<void>()
  await using server = await start(createAsyncQueue(() => left.resolve()))
  await using client = createWsClient(`${server.url}/graphql`)
  const extensions = { serviceToken: await router.sign(null) }
  const stop = client.client.subscribe(
    { query: 'subscription { ticks }', extensions },
    { next() {}, error() {}, complete() {} },
  )
  const probe = client.client.iterate({ query: '{ who }', extensions })
  await probe.next() // the server has worked through what came before on this socket
  stop()
  await expect(left.promise).resolves.toBeUndefined()
})

it('tells what a route expects to go wrong with its code, and nothing of what it does not', async () => {
  await using server = await startServer({
    routes: {
      '/seat': async () => {
        throw new KarcisError('NOT_FOUND', 'There is no such seat.')
      },
      '/range': async () => {
        throw new KarcisError('BAD_USER_INPUT', 'since must be a number.')
      },
      '/bug': async () => {
        throw new Error('SELECT secret FROM users')
      },
    },
  })
  const ask = async (path: string) => {
    const response = await fetch(server.url + path, { headers: await asViewer() })
    const { errors } = (await response.json()) as { errors: [{ extensions: { code: string } }] }
    return [response.status, errors[0].extensions.code]
  }
  expect(await ask('/seat')).toEqual([404, 'NOT_FOUND'])
  expect(await ask('/range')).toEqual([400, 'BAD_USER_INPUT'])
  expect(await ask('/bug')).toEqual([500, 'INTERNAL_SERVER_ERROR'])
})

it('takes a body as it came, whatever it is, up to a bound', async () => {
  const taken: RawRequest[] = []
  await using server = await startServer({
    routes: {
      '/webhook': {
        method: 'POST',
        body: 'raw',
        async handle(request) {
          taken.push(request)
          return { length: request.body.length }
        },
      },
    },
  })
  const post = async (body: Uint8Array<ArrayBuffer>, method = 'POST') =>
    fetch(`${server.url}/webhook?from=bank`, {
      method,
      headers: { ...(await asViewer()), 'x-signature': 'abc' },
      ...(method === 'POST' && { body }),
    })
  const bytes = new Uint8Array([0, 255, 123, 10, 34])
  const answer = await post(bytes)
  expect(await answer.json()).toEqual({ length: 5 })
  expect(taken[0]?.body).toEqual(Buffer.from(bytes))
  expect(taken[0]?.headers['x-signature']).toBe('abc')
  expect(taken[0]?.query.get('from')).toBe('bank')
  expect((await post(new Uint8Array(2_000_001))).status).toBe(413)
  expect((await post(bytes, 'GET')).status).toBe(404)
  expect((await fetch(`${server.url}/webhook`, { method: 'POST', body: bytes })).status).toBe(401)
  expect(taken).toHaveLength(1)
})

it('gives files below a folder as fast as they are read, to who may read routes, and stops making them when nobody reads', async () => {
  let made = 0
  let ended = false
  async function* rows() {
    try {
      for (;;) {
        made += 1
        yield 'x'.repeat(100_000)
      }
    } finally {
      ended = true
    }
  }
  await using server = await startServer({
    routes: {
      '/files/': {
        method: 'GET',
        async open(name) {
          if (name === 'endless.csv') return { headers: { 'content-type': 'text/csv' }, body: rows() }
          if (name === 'busy.csv') throw new KarcisError('RATE_LIMITED', 'Wait.', { retryAfterSeconds: 3 })
          if (name !== 'a.csv') throw new NotFound('file', name)
          return { headers: { 'content-type': 'text/csv' }, body: Readable.from(['a,b\r\n', '1,2\r\n']) }
        },
      },
    },
  })
  const headers = await asViewer()
  const get = (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, { headers, ...init })

  const file = await get('/files/a.csv')
  expect([file.status, file.headers.get('content-type'), await file.text()]).toEqual([
    200,
    'text/csv',
    'a,b\r\n1,2\r\n',
  ])
  expect((await get('/files/b.csv')).status).toBe(404)
  expect((await get('/files/busy.csv')).status).toBe(429)
  expect((await get('/files/a.csv', { method: 'POST' })).status).toBe(404)
  expect((await get('/files/a.csv', { headers: {} })).status).toBe(401)

  const reading = new AbortController()
  const endless = await get('/files/endless.csv', { signal: reading.signal })
  const reader = endless.body?.getReader()
  await reader?.read()
  await eventually(async () => {
    const before = made
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(made).toBe(before) // nobody reads on, so nothing more is made
  })
  expect(made).toBeLessThan(200)
  reading.abort()
  await eventually(() => expect(ended).toBe(true))
})

it('says that its database is away, and not where it was', async () => {
  await using server = await start()
  const { body } = await gql(`${server.url}/graphql`, '{ away }', {}, await asViewer())
  expect(body.errors).toMatchObject([
    {
      message: 'A part of the system does not answer just now. Try again.',
      path: ['away'],
      extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 },
    },
  ])
})
