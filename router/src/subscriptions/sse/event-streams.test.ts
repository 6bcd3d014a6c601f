import { request } from 'node:http'
import { eventually } from '@karcis/testkit/eventually'
import { createWsClient } from '@karcis/testkit/ws-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRouter } from '../../server.ts'
import { openEventStream } from '../../testing/event-stream.ts'
import { createWorld, type World } from '../../testing/world.ts'

const STOCK = 'subscription ($id: ID! = "e1") { stock(eventId: $id) { available event { title } } }'

const stock = (available: number) => ({ available, event: { id: 'e1' } })
const next = (available: number) => ({
  event: 'next',
  data: { data: { stock: { available, event: { title: 'Jazz' } } } },
})
const COMPLETE = { event: 'complete', data: null }

describe('server-sent events', () => {
  let world: World
  const watchers = (count: number) => eventually(() => expect(world.topics.stock.subscribers).toBe(count))

  beforeAll(async () => {
    world = await createWorld({ socketsPerViewer: 2, requestBytes: 10_000 })
  })
  afterAll(() => world[Symbol.asyncDispose]())
  beforeEach(() => watchers(0))

  it.each(['GET', 'POST'] as const)('carry a subscription by %s, and its end', async (method) => {
    await using stream = await openEventStream(
      world.url,
      { query: STOCK, variables: { id: 'e1' } },
      { method },
    )
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.response.headers.get('cache-control')).toContain('no-cache')
    await watchers(1)
    for (const available of [3, 2]) {
      world.topics.stock.publish(stock(available))
      expect(await stream.next()).toEqual(next(available))
    }
    world.topics.stock.end()
    expect(await stream.next()).toEqual(COMPLETE)
    expect(await stream.next()).toBeNull()
  })

  it('carry a query or a mutation as one event', async () => {
    await using query = await openEventStream(world.url, { query: '{ seats }' }, { method: 'GET' })
    expect([await query.next(), await query.next(), await query.next()]).toEqual([
      { event: 'next', data: { data: { seats: 500 } } },
      COMPLETE,
      null,
    ])
    await using mutation = await openEventStream(world.url, { query: 'mutation { touch }' })
    expect((await mutation.next())?.data).toEqual({ data: { touch: world.counts.touch } })
  })

  it('line 34: go by the id of their request in every process', async () => {
    const headers = { 'x-request-id': 'request-of-a-stream' }
    await using stream = await openEventStream(world.url, { query: '{ seats }' }, { headers })
    expect((await stream.next())?.data).toEqual({ data: { seats: 500 } })
    expect(stream.response.headers.get('x-request-id')).toBe('request-of-a-stream')
    expect(world.calls.at(-1)).toMatchObject({ subgraph: 'ticket', requestId: 'request-of-a-stream' })
  })

  it('share their upstream with sockets', async () => {
    await using client = createWsClient(world.url)
    const watching = client.subscribe(STOCK)
    await client.subscribe('{ seats }').completed
    await using stream = await openEventStream(world.url, { query: STOCK })
    await watchers(1)
    world.topics.stock.publish(stock(5))
    expect(await stream.next()).toEqual(next(5))
    expect(await watching.next()).toEqual(next(5).data)
    expect(world.topics.stock.subscribers).toBe(1)
  })

  it('free what they hold when the client leaves', async () => {
    const stream = await openEventStream(world.url, { query: STOCK })
    await watchers(1)
    await stream[Symbol.asyncDispose]()
    await eventually(() => expect(world.topics.stock.subscribers).toBe(0))
  })

  it('keep their connection alive when nothing happens', async () => {
    await using world = await createWorld({ pingIntervalMs: 20 })
    await using stream = await openEventStream(world.url, { query: STOCK })
    const waiting = stream.next()
    await eventually(() => expect(stream.comments).toBeGreaterThan(2))
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    world.topics.stock.publish(stock(1))
    expect(await waiting).toEqual(next(1))
  })

  it.each([
    ['a syntax error', '{ seats', 'BAD_USER_INPUT'],
    ['an unknown field', '{ seatz }', 'BAD_USER_INPUT'],
    ['a forbidden subscription', 'subscription { ledger { available } }', 'UNAUTHENTICATED'],
  ])('report %s in the stream, where browsers can read it', async (_, query, code) => {
    await using stream = await openEventStream(world.url, { query }, { method: 'GET' })
    expect(await stream.next()).toMatchObject({
      event: 'next',
      data: { errors: [{ extensions: { code } }] },
    })
    expect(await stream.next()).toEqual(COMPLETE)
  })

  it('report a subscription that failed', async () => {
    await using stream = await openEventStream(world.url, { query: STOCK })
    await watchers(1)
    world.topics.stock.fail(new Error('select * from secrets'))
    expect(await stream.next()).toMatchObject({
      event: 'next',
      data: { errors: [{ message: 'Something went wrong on our side.' }] },
    })
    expect(await stream.next()).toEqual(COMPLETE)
  })

  it.each([
    ['a mutation by GET', 'GET', { query: 'mutation { touch }' }, {}, 405],
    ['no query', 'POST', {}, {}, 400],
    ['variables that are none', 'GET', { query: '{ seats }', variables: '{' }, {}, 400],
    ['a form of another site', 'POST', { query: '{ seats }' }, { 'content-type': 'text/plain' }, 415],
    ['a token that is none', 'POST', { query: '{ seats }' }, { authorization: 'Bearer x' }, 401],
    ['a body that is too large', 'POST', { query: '{ seats }', x: 'x'.repeat(20_000) }, {}, 413],
  ] as const)('are refused for %s', async (_, method, payload, headers, status) => {
    const { touch } = world.counts
    await using stream = await openEventStream(world.url, payload, { method, headers })
    expect(stream.response.status).toBe(status)
    expect(world.counts.touch).toBe(touch)
  })

  it.each([
    ['a page of another site', { origin: 'https://evil.example' }, 403],
    ['a name that somebody else has made lead here (DNS rebinding)', { host: 'rebound.example:4000' }, 403],
    [
      'such a name, which is then the origin too',
      { host: 'rebound.example', origin: 'http://rebound.example' },
      403,
    ],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['a page that may', { origin: 'https://shop.example' }, 200],
    ['a name of this machine', { host: 'localhost:4000' }, 200],
    ['a name of ours', { host: 'shop.example' }, 200],
  ])('line 23: by GET from %s', async (_, headers, status) => {
    const url = `${world.url}?query=${encodeURIComponent('{ seats }')}`
    const got = await new Promise((resolve, reject) => {
      request(url, { headers: { accept: 'text/event-stream', ...headers } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(got).toBe(status)
  })

  it('line 23: are limited by address for people who are not signed in, where proxies are named', async () => {
    await using router = await createRouter({
      ...world.settings,
      trustedProxies: ['127.0.0.1'],
      limits: { socketsPerAddress: 1 },
    })
    const watch = (address: string) =>
      openEventStream(`${router.url}/graphql`, { query: STOCK }, { headers: { 'x-forwarded-for': address } })
    await using one = await watch('198.51.100.1')
    await using tooMany = await watch('198.51.100.1')
    await using other = await watch('198.51.100.2')
    expect([one, tooMany, other].map(({ response }) => response.status)).toEqual([200, 429, 200])
    expect(tooMany.response.headers.get('retry-after')).toBe('10')
  })

  it('are not for a client that prefers JSON', async () => {
    const headers = { accept: 'application/json, text/event-stream' }
    await using stream = await openEventStream(world.url, { query: '{ seats }' }, { headers })
    expect(stream.response.headers.get('content-type')).toContain('json')
  })

  it('are limited together with sockets', async () => {
    const headers = await world.as({ id: 'many' })
    await using client = createWsClient(world.url, { ...headers })
    client.subscribe(STOCK) // otherwise it would disconnect after its response
    await client.subscribe('{ seats }').completed
    await using first = await openEventStream(world.url, { query: STOCK }, { headers })
    await using second = await openEventStream(world.url, { query: STOCK }, { headers })
    expect([first.response.status, second.response.status]).toEqual([200, 429])
    await first[Symbol.asyncDispose]()
    await eventually(async () => {
      await using third = await openEventStream(world.url, { query: STOCK }, { headers })
      expect(third.response.status).toBe(200)
    })
  })

  it('end with the token, and with the session', async () => {
    const brief = await world.as({ id: 'brief', life: 2 })
    await using expiring = await openEventStream(world.url, { query: STOCK }, { headers: brief })
    expect(await expiring.next()).toMatchObject({
      data: { errors: [{ extensions: { code: 'TOKEN_EXPIRED' } }] },
    })
    expect(await expiring.next()).toEqual(COMPLETE)

    const headers = await world.as({ id: 'leaver', session: 'over' })
    await using revoked = await openEventStream(world.url, { query: STOCK }, { headers })
    await watchers(1)
    world.identity.revokeSession('over')
    expect(await revoked.next()).toMatchObject({
      data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    })
  })

  it('end without completing when the router stops, so that clients come back', async () => {
    await using world = await createWorld()
    await using stream = await openEventStream(world.url, { query: STOCK })
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    await world.router.close()
    expect(await stream.next()).toBeNull()
    await eventually(() => expect(world.topics.stock.subscribers).toBe(0))
  })
})
