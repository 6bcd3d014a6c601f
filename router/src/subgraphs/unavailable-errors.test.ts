import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { startProcess } from '@karcis/testkit/process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRouter } from '../server.ts'
import { createWorld, SECRET, type World } from '../testing/world.ts'

const UNAVAILABLE = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) }

/** Internals that a client must not see. */
const INSIDE = /127\.0\.0\.1|subgraph|ECONN|stack|\b(user|event|ticket)__|at .*\.ts/

describe('a subgraph that fails', () => {
  let world: World
  beforeEach(async () => {
    world = await createWorld({ subgraphTimeoutMs: 300, subgraphResponseBytes: 20_000 })
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('affects only its own fields of the response', async () => {
    await world.proxies.user.refuse()
    const { status, body } = await gql(
      world.url,
      '{ events { title organizer { id name } } seats user(id: "u1") { id } }',
    )
    expect(status).toBe(200)
    expect(body.data).toEqual({
      events: [
        { title: 'Jazz', organizer: null },
        { title: 'Rock', organizer: null },
      ],
      seats: 500,
      user: null,
    })
    expect(body.errors?.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        ['user'],
        ['events', 0, 'organizer', 'name'], // which may not be null: the organizer is
        ['events', 1, 'organizer', 'name'],
      ]),
    )
    for (const { extensions } of body.errors ?? []) expect(extensions).toEqual(UNAVAILABLE)
    expect(JSON.stringify(body.errors)).not.toMatch(INSIDE)
  })

  it('is given up when it does not answer in time', async () => {
    world.proxies.ticket.stall(true)
    const { body } = await gql(world.url, '{ seats events { title } }')
    expect(body.data).toEqual({ seats: null, events: [{ title: 'Jazz' }, { title: 'Rock' }] })
    expect(body.errors).toEqual([{ message: expect.any(String), path: ['seats'], extensions: UNAVAILABLE }])
  })

  it('line 15: is not to blame when it answers more than allowed', async () => {
    await using other = await serve((_, response) =>
      response.end(JSON.stringify({ data: { seats: 'x'.repeat(30_000) } })),
    )
    await using router = await createRouter({
      ...world.settings,
      subgraphs: { ...world.settings.subgraphs, ticket: other.url },
    })
    const { body } = await gql(`${router.url}/graphql`, '{ seats events { title } }')
    expect(body.data).toEqual({ seats: null, events: [{ title: 'Jazz' }, { title: 'Rock' }] })
    expect(body.errors).toEqual([
      {
        message: expect.stringContaining('too large'),
        path: ['seats'],
        extensions: { code: 'BAD_USER_INPUT', mostBytes: 20_000 },
      },
    ])
  })

  it.each<[string, RequestListener]>([
    ['something that is not JSON', (_, response) => response.end('<html>502 Bad Gateway</html>')],
    ['JSON that is not GraphQL', (_, response) => response.end('[1]')],
    [
      'that it does not know us',
      (_, response) => response.writeHead(401).end('{"errors":[{"message":"no token"}]}'),
    ],
    [
      'what only begins like a response',
      (_, response) => response.setHeader('content-type', 'application/json').end('{"data":{"seats":NaN}}'),
    ],
    [
      'half of something',
      (_, response) => response.writeHead(200, { 'content-length': '99' }).end('{"data"'),
    ],
  ])('counts as unavailable when it answers %s', async (_, answer) => {
    await using impostor = await serve(answer)
    await using router = await createRouter({
      ...world.settings,
      subgraphs: { ...world.settings.subgraphs, ticket: impostor.url },
    })
    for (const [query, others] of [
      ['{ seats events { id } }', { events: [{ id: 'e1' }, { id: 'e2' }] }],
      ['{ seats }', {}],
    ] as const) {
      // The second time it goes the fast way.
      for (const _time of [1, 2]) {
        const { status, body } = await gql(`${router.url}/graphql`, query)
        expect(status).toBe(200)
        expect(body.data).toEqual({ seats: null, ...others })
        expect(body.errors).toEqual([
          { message: expect.any(String), path: ['seats'], extensions: UNAVAILABLE },
        ])
      }
    }
  })

  it('is sent a query a second time when the connection broke', async () => {
    let tries = 0
    await using flaky = await serve((request, response) => {
      if (++tries === 1) return void request.socket.destroy()
      response.end('{"data":{"seats":7}}')
    })
    await using router = await createRouter({
      ...world.settings,
      subgraphs: { ...world.settings.subgraphs, ticket: flaky.url },
    })
    expect((await gql(`${router.url}/graphql`, '{ seats }')).body).toEqual({ data: { seats: 7 } })
    expect(tries).toBe(2)
  })

  it('is never sent a mutation a second time', async () => {
    let tries = 0
    await using flaky = await serve((request) => {
      tries++
      request.socket.destroy()
    })
    await using router = await createRouter({
      ...world.settings,
      subgraphs: { ...world.settings.subgraphs, user: flaky.url },
    })
    const { body } = await gql(`${router.url}/graphql`, 'mutation { touch }')
    expect(body.errors?.[0]?.extensions).toEqual(UNAVAILABLE)
    expect(tries).toBe(1)
  })
})

it('line 28: an outage of a subgraph is two lines of the log, however many ask meanwhile', async () => {
  await using world = await createWorld()
  await using router = await startProcess('router/src/main.ts', {
    SERVICE_SECRET: SECRET,
    REDIS_URL: String(world.settings.redisUrl),
    USER_URL: String(world.settings.subgraphs.user),
    EVENT_URL: String(world.settings.subgraphs.event),
    TICKET_URL: String(world.settings.subgraphs.ticket),
    BOOKING_URL: 'http://127.0.0.1:9',
    SUPERGRAPH_FILE: world.settings.supergraphFile,
  })
  const seats = async (n = 0) =>
    (await gql(`${router.url}/graphql`, `query Asked${n} { seats events { title } }`)).body
  await eventually(async () => expect((await seats()).data).toMatchObject({ seats: 500 }))
  const told = () => router.log.filter(({ level }) => level >= 40)
  expect(told()).toEqual([])

  await world.proxies.ticket.refuse()
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => seats(n)))
  for (const { data } of answers) expect(data).toMatchObject({ seats: null })
  expect(told()).toMatchObject([{ part: 'ticket', msg: 'outage of ticket begins' }])
  await world.proxies.ticket.restore()
  expect(await seats()).toMatchObject({ data: { seats: 500 } })
  await eventually(() => expect(told()).toHaveLength(2))
  expect(told()[1]).toMatchObject({ msg: 'outage of ticket is over', failures: expect.any(Number) })
})

describe('an error of a subgraph', () => {
  let world: World
  beforeEach(async () => {
    world = await createWorld()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('that is expected passes with its code and its facts', async () => {
    const { body } = await gql(world.url, '{ soldOut seats }')
    expect(body).toEqual({
      errors: [
        { message: 'Nothing is left.', path: ['soldOut'], extensions: { code: 'SOLD_OUT', remaining: 0 } },
      ],
      data: { soldOut: null, seats: 500 },
    })
  })

  it('that is a bug is masked, under the id of the request', async () => {
    const { body, headers } = await gql(world.url, '{ bug seats }')
    expect(body.data).toEqual({ bug: null, seats: 500 })
    expect(body.errors).toEqual([
      {
        message: 'Something went wrong on our side.',
        path: ['bug'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: headers.get('x-request-id') },
      },
    ])
  })

  it('with a code that clients do not know is masked', async () => {
    await using odd = await serve((_, response) =>
      response.end(
        '{"data":{"seats":null},"errors":[{"message":"shard 3","path":["seats"],"extensions":{"code":"SHARD_3"}}]}',
      ),
    )
    await using router = await createRouter({
      ...world.settings,
      subgraphs: { ...world.settings.subgraphs, ticket: odd.url },
    })
    const { body } = await gql(`${router.url}/graphql`, '{ seats }')
    expect(body.errors?.[0]?.extensions?.code).toBe('INTERNAL_SERVER_ERROR')
    expect(JSON.stringify(body)).not.toMatch(/shard/i)
  })

  it('is reported when a null came where none may be', async () => {
    await using broken = await serve((_, response) =>
      response.end('{"data":{"events":[{"title":null,"id":"e1"}]}}'),
    )
    await using router = await createRouter({
      ...world.settings,
      subgraphs: { ...world.settings.subgraphs, event: broken.url },
    })
    const { body } = await gql(`${router.url}/graphql`, '{ events { id title } }')
    expect(body.data).toEqual({ events: null })
    expect(body.errors?.[0]).toMatchObject({ extensions: { code: 'INTERNAL_SERVER_ERROR' } })
  })
})

async function serve(answer: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
