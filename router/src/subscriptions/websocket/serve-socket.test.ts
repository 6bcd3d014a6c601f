import { eventually } from '@karcis/testkit/eventually'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openRawSocket, type RawSocket } from '../../testing/raw-socket.ts'
import { createWorld, type World } from '../../testing/world.ts'

const subscribe = (id: string, query: string, variables?: object) => ({
  id,
  type: 'subscribe',
  payload: { query, variables },
})
const STOCK = 'subscription { stock(eventId: "e1") { available } }'

describe('graphql-transport-ws', () => {
  let world: World
  const watchers = (count: number) => eventually(() => expect(world.topics.stock.subscribers).toBe(count))

  beforeAll(async () => {
    world = await createWorld({
      frameBytes: 10_000,
      operationsPerSocket: 3,
      socketsPerViewer: 2,
    })
  })
  afterAll(() => world[Symbol.asyncDispose]())
  beforeEach(() => watchers(0))

  describe('connection_init', () => {
    it('may be anonymous', async () => {
      await using socket = await openRawSocket(world.url)
      await socket.introduce()
      socket.send(subscribe('1', '{ seats me { id } }'))
      expect(await socket.next()).toMatchObject({ type: 'next', payload: { data: { seats: 500, me: null } } })
    })

    it('may come twice, the first without a token, as Apollo Sandbox does it', async () => {
      await using socket = await openRawSocket(world.url)
      await socket.introduce()
      await socket.introduce(await world.as({ id: 'u2' }))
      socket.send(subscribe('1', '{ me { id } }'))
      expect(await socket.next()).toMatchObject({ payload: { data: { me: { id: 'u2' } } } })
    })

    it('users missed: may have a payload that is null', async () => {
      await using socket = await openRawSocket(world.url)
      socket.send({ type: 'connection_init', payload: null })
      expect(await socket.next()).toEqual({ type: 'connection_ack' })
    })

    it.each([
      ['with a token, after one with the same', ['u1', 'u1']],
      ['with a token, after one with another', ['u1', 'u2']],
      ['without a token, after one with', ['u1', null]],
      ['without a token, after one without', [null, null]],
      ['a third time', [null, 'u1', 'u1']],
    ])('users missed: %s, closes the socket', async (_, ids) => {
      await using socket = await openRawSocket(world.url)
      for (const id of ids)
        socket.send({ type: 'connection_init', payload: id === null ? undefined : await world.as({ id }) })
      expect(await socket.closed).toMatchObject({ code: 4429 })
    })

    it('users missed: is answered in its order, however long its token takes', async () => {
      await using socket = await openRawSocket(world.url)
      const signedIn = await world.as({ id: 'swift' })
      socket.send({ type: 'connection_init', payload: signedIn })
      socket.send({ type: 'connection_init' })
      expect(await socket.closed).toMatchObject({ code: 4429 })
    })

    it.each([
      ['a token that has ended', () => world.as({ life: -1 }), 'TOKEN_EXPIRED'],
      ['a token that is none', async () => ({ authorization: 'Bearer x' }), 'UNAUTHENTICATED'],
    ])('with %s end with 4403, after which clients come back', async (_, params, reason) => {
      await using socket = await openRawSocket(world.url)
      socket.send({ type: 'connection_init', payload: await params() })
      expect(await socket.closed).toEqual({ code: 4403, reason })
    })

    it('must come in time', async () => {
      await using world = await createWorld({ initTimeoutMs: 50 })
      await using socket = await openRawSocket(world.url)
      expect(await socket.closed).toMatchObject({ code: 4408 })
    })

    it('must come before operations', async () => {
      await using socket = await openRawSocket(world.url)
      socket.send(subscribe('1', '{ seats }'))
      expect(await socket.closed).toMatchObject({ code: 4401 })
    })

    it('is limited per viewer, and leaving makes room', async () => {
      const params = await world.as({ id: 'many' })
      await using first = await openRawSocket(world.url)
      await using second = await openRawSocket(world.url)
      await first.introduce(params)
      await second.introduce(params)
      await using third = await openRawSocket(world.url)
      third.send({ type: 'connection_init', payload: params })
      expect(await third.closed).toMatchObject({ code: 4429 })

      await first[Symbol.asyncDispose]()
      await eventually(async () => {
        await using fourth = await openRawSocket(world.url)
        await fourth.introduce(params)
      })
    })
  })

  it('closes a socket whose token expires while it is open', async () => {
    await using socket = await openRawSocket(world.url)
    await socket.introduce(await world.as({ id: 'brief', life: 2 }))
    expect(await socket.closed).toEqual({ code: 4403, reason: 'TOKEN_EXPIRED' })
  })

  it('does nothing more for a client that ignores that it was closed', async () => {
    await using socket = await openRawSocket(world.url)
    await socket.introduce()
    const { touch } = world.counts
    socket.deaf(true)
    socket.send('not a message, which closes the socket')
    socket.send(subscribe('1', 'mutation { touch }'))
    socket.deaf(false)
    expect(await socket.closed).toMatchObject({ code: 4400 })
    await using other = await openRawSocket(world.url)
    await other.introduce()
    other.send(subscribe('1', 'mutation { touch }'))
    expect(await other.next()).toMatchObject({ payload: { data: { touch: touch + 1 } } })
  })

  it.each([
    ['https://evil.example', false],
    ['https://shop.example', true],
    ['https://studio.apollographql.com', true],
    ['same', true],
    [undefined, true],
    // line 23: a name that leads here, which makes a foreign page one of the same origin (DNS rebinding)
    ['http://rebound.example:4000', false, 'rebound.example:4000'],
    [undefined, false, 'rebound.example:4000'],
    ['http://karcis.localhost:4000', true, 'karcis.localhost:4000'],
    ['http://[::1]:4000', true, '[::1]:4000'],
    ['https://shop.example', true, 'shop.example'],
  ])('is open to a page at %s: %s', async (origin, welcome, host?: string) => {
    const connecting = openRawSocket(world.url, {
      ...(origin && { origin: origin === 'same' ? world.router.url : origin }),
      ...(host !== undefined && { headers: { host } }),
    })
    if (!welcome) return expect(connecting).rejects.toThrow(/403/)
    await using socket = await connecting
    await socket.introduce()
    expect(socket.received).toEqual([{ type: 'connection_ack' }])
  })

  it('is found at its path only, and under its protocol only', async () => {
    await expect(openRawSocket(`${world.router.url}/elsewhere`)).rejects.toThrow(/404/)
    await expect(openRawSocket(world.url, { protocol: 'graphql-ws' })).rejects.toThrow()
  })

  it('answers a ping with its payload', async () => {
    await using socket = await openRawSocket(world.url)
    socket.send({ type: 'ping', payload: { n: 1 } })
    expect(await socket.next()).toEqual({ type: 'pong', payload: { n: 1 } })
  })

  it('cuts off a socket whose client has gone without closing, and frees what it held', async () => {
    await using world = await createWorld({ pingIntervalMs: 500 })
    await using socket = await openRawSocket(world.url, { autoPong: false })
    await socket.introduce()
    socket.send(subscribe('1', STOCK))
    await eventually(() => expect(world.topics.stock.opened).toHaveLength(1))
    expect(await socket.closed).toMatchObject({ code: 1006 })
    await eventually(() => expect(world.topics.stock.subscribers).toBe(0))
  })

  describe('one bad operation does not touch the others:', () => {
    let socket: RawSocket
    beforeEach(async () => {
      socket = await openRawSocket(world.url)
      await socket.introduce()
      socket.send(subscribe('good', STOCK))
      await watchers(1)
      return async () => socket[Symbol.asyncDispose]()
    })
    const stillServed = async () => {
      world.topics.stock.publish({ available: 3, event: null })
      expect(await socket.next()).toEqual({
        id: 'good',
        type: 'next',
        payload: { data: { stock: { available: 3 } } },
      })
    }

    it.each([
      ['a syntax error', '{ seats', 'BAD_USER_INPUT'],
      ['an unknown field', 'subscription { nothing }', 'BAD_USER_INPUT'],
      ['too many tokens', `{ ${'seats '.repeat(1_500)} `, 'BAD_USER_INPUT'],
      [
        'two subscriptions in one',
        'subscription { a: stock(eventId: "1") { available } b: broken }',
        'BAD_USER_INPUT',
      ],
      ['a missing variable', 'query ($id: ID!) { user(id: $id) { id } }', 'BAD_USER_INPUT'],
      ['a forbidden subscription', 'subscription { ledger { available } }', 'UNAUTHENTICATED'],
    ])('%s', async (_, query, code) => {
      socket.send(subscribe('bad', query))
      const { id, type, payload } = await socket.next()
      expect({ id, type, codes: payload.map((error: { extensions: object }) => error.extensions) }).toEqual({
        id: 'bad',
        type: 'error',
        codes: [{ code }],
      })
      await stillServed()
    })

    it('a subgraph whose bug ends it', async () => {
      socket.send(subscribe('bad', 'subscription { broken }'))
      const { id, type, payload } = await socket.next()
      expect({ id, type }).toEqual({ id: 'bad', type: 'error' })
      expect(payload).toEqual([
        {
          message: 'Something went wrong on our side.',
          path: ['broken'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) },
        },
      ])
      await stillServed()
    })

    it('one too many', async () => {
      socket.send(subscribe('2', STOCK))
      socket.send(subscribe('3', STOCK))
      socket.send(subscribe('4', STOCK))
      expect(await socket.next()).toMatchObject({
        id: '4',
        type: 'error',
        payload: [{ extensions: { code: 'RATE_LIMITED' } }],
      })
      socket.send({ id: '2', type: 'complete' })
      socket.send({ id: '3', type: 'complete' })
      await watchers(1)
      await stillServed()
    })
  })

  it.each([
    ['a message that is not one', '{"type":"nonsense"}', 4400],
    ['a message that is not JSON', 'hello', 4400],
    ['a frame that is too large', `{"type":"ping","payload":{"x":"${'x'.repeat(11_000)}"}}`, 1009],
  ])('closes the socket over %s', async (_, message, code) => {
    await using socket = await openRawSocket(world.url)
    socket.send(message)
    expect(await socket.closed).toMatchObject({ code })
  })

  describe('line 22: what floods a socket closes it, by name:', () => {
    const FLOOD = { messageBurst: 20, messagesPerSecond: 1, operationsPerSocket: 100 }

    it.each([
      ['pings of the protocol', (socket: RawSocket) => socket.send({ type: 'ping' })],
      ['pings of WebSocket', (socket: RawSocket) => socket.ping()],
      ['pongs that nobody asked for', (socket: RawSocket) => socket.pong()],
      [
        'subscriptions that are ended at once',
        (socket: RawSocket) => {
          socket.send(subscribe('1', STOCK))
          socket.send({ id: '1', type: 'complete' })
        },
      ],
    ])('%s', async (_, send) => {
      await using world = await createWorld(FLOOD)
      await using socket = await openRawSocket(world.url)
      await socket.introduce()
      for (let sent = 0; sent < 25; sent++) send(socket)
      expect(await socket.closed).toEqual({ code: 4429, reason: 'Too many messages' })
      expect(socket.received.flatMap(({ payload }) => payload?.[0]?.extensions?.code ?? [])).toEqual([])
      await eventually(() => expect(world.topics.stock.subscribers).toBe(0))
    })

    it('messages that are long count as several', async () => {
      await using world = await createWorld(FLOOD)
      await using socket = await openRawSocket(world.url)
      await socket.introduce()
      socket.send({ type: 'ping', payload: { text: 'x'.repeat(500_000) } })
      expect(await socket.closed).toMatchObject({ code: 4429 })
    })

    it('not those of a client that takes its time', async () => {
      await using world = await createWorld({ ...FLOOD, messagesPerSecond: 1_000 })
      await using socket = await openRawSocket(world.url)
      await socket.introduce()
      for (let sent = 0; sent < 40; sent++) {
        socket.send({ type: 'ping' })
        expect(await socket.next()).toMatchObject({ type: 'pong' })
      }
    })
  })

  it('line 22: closes a socket on which nothing runs, and no other', async () => {
    await using world = await createWorld({ idleSocketMs: 100, pingIntervalMs: 160 })
    await using busy = await openRawSocket(world.url)
    await busy.introduce()
    busy.send(subscribe('1', STOCK))
    await using idle = await openRawSocket(world.url)
    await idle.introduce()
    expect(await idle.closed).toEqual({ code: 1000, reason: 'Idle' })
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    world.topics.stock.publish({ available: 1, event: null })
    expect(await busy.next()).toMatchObject({ id: '1', type: 'next' })
  })

  it('line 22: a subgraph that runs too much already says so, and not that it is broken', async () => {
    await using world = await createWorld({ upstreamOperations: 2 })
    await using socket = await openRawSocket(world.url)
    await socket.introduce()
    for (const id of ['1', '2', '3'])
      socket.send(subscribe(id, `subscription { stock(eventId: "${id}") { available } }`))
    expect(await socket.next()).toMatchObject({
      id: expect.any(String),
      type: 'error',
      payload: [{ extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) } }],
    })
    await eventually(() => expect(world.topics.stock.subscribers).toBe(2))
  })

  it('closes the socket over an id that is in use', async () => {
    await using socket = await openRawSocket(world.url)
    await socket.introduce()
    socket.send(subscribe('1', STOCK))
    socket.send(subscribe('1', STOCK))
    expect(await socket.closed).toMatchObject({ code: 4409 })
  })

  it('lets an id be used again at once, and the second operation lives', async () => {
    await using socket = await openRawSocket(world.url)
    await socket.introduce()
    socket.send(subscribe('1', STOCK))
    await watchers(1)
    socket.send({ id: '1', type: 'complete' })
    socket.send(subscribe('1', 'subscription { stock(eventId: "e2") { available event { id } } }'))
    await eventually(() => expect(world.topics.stock.opened.at(-1)).toEqual({ eventId: 'e2' }))
    await watchers(1)
    world.topics.stock.publish({ available: 2, event: { id: 'e2' } })
    expect(await socket.next()).toMatchObject({
      id: '1',
      payload: { data: { stock: { available: 2, event: { id: 'e2' } } } },
    })
    expect(socket.received.filter(({ id }) => id === '1')).toHaveLength(1)
  })

  it('says nothing more of an operation that was completed', async () => {
    await using socket = await openRawSocket(world.url)
    await socket.introduce()
    const open = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    Object.assign(world.gate, { wait: open.promise, reached: reached.resolve })
    socket.send(subscribe('slow', '{ echo }'))
    await reached.promise
    socket.send({ id: 'slow', type: 'complete' })
    socket.send({ type: 'ping' })
    expect(await socket.next()).toMatchObject({ type: 'pong' })
    open.resolve()
    Object.assign(world.gate, { wait: null })
    socket.send(subscribe('after', '{ echo(text: "later") }'))
    expect(await socket.next()).toMatchObject({ id: 'after', payload: { data: { echo: 'later' } } })
    expect(await socket.next()).toEqual({ id: 'after', type: 'complete' })
    expect(socket.received.some(({ id }) => id === 'slow')).toBe(false)
  })

  it('runs queries and mutations too', async () => {
    await using socket = await openRawSocket(world.url)
    await socket.introduce(await world.as())
    socket.send(
      subscribe(
        'm',
        'mutation ($n: String!) { rename(id: "u1", name: $n) { name organizedEvents { title } } }',
        { n: 'Ayu' },
      ),
    )
    expect(await socket.next()).toEqual({
      id: 'm',
      type: 'next',
      payload: { data: { rename: { name: 'Ayu', organizedEvents: [{ title: 'Jazz' }] } } },
    })
    expect(await socket.next()).toEqual({ id: 'm', type: 'complete' })
  })
})
