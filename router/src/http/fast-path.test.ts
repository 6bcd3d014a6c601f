import { sendJson } from '@karcis/kit/http'
import { createLog } from '@karcis/kit/log'
import { createServiceTokens } from '@karcis/kit/service-token'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { validDocument } from '../planning/known-operation.ts'
import { openSupergraphFile } from '../planning/supergraph-file.ts'
import { DEFAULT_LIMITS } from '../settings.ts'
import { connectSubgraphs } from '../subgraphs/connections.ts'
import { createPeers } from '../subgraphs/peers.ts'
import { ResponseRoom } from '../subgraphs/response-room.ts'
import { createWorld, SECRET, type World } from '../testing/world.ts'
import { createClientAddresses } from './client-address.ts'
import { createFastPath, isUsualAccept } from './fast-path.ts'
import { readJson } from './graphql.ts'
import { type AnyRequest, openHttpServer } from './http-server.ts'
import { createOrigins } from './origins.ts'
import { securityHeaders } from './security-headers.ts'

const OF_USER = 'query ($id: ID!) { user(id: $id) { id name } }'

type Case = [what: string, body: unknown, as?: 'CUSTOMER' | 'ADMIN']

const CASES: Case[] = [
  ['one subgraph', { query: '{ events { id title } }' }],
  ['two subgraphs', { query: '{ events { title organizer { name label } } }' }],
  ['variables', { query: OF_USER, variables: { id: 'u1' } }],
  ['null variables', { query: '{ seats }', variables: null, operationName: null, extensions: null }],
  ['extensions', { query: '{ seats }', extensions: { tracing: true } }],
  ['a persisted query', { query: '{ seats }', extensions: { persistedQuery: { version: 1 } } }],
  ['a name', { query: 'query A { seats } query B { echo }', operationName: 'B' }],
  ['a name of nothing', { query: 'query A { seats } query B { echo }', operationName: 'C' }],
  ['no name', { query: 'query A { seats } query B { echo }' }],
  ['an empty name, which is none', { query: '{ seats }', operationName: '' }],
  ['a name that is none', { query: '{ seats }', operationName: 7 }],
  ['a null', { query: '{ user(id: "nobody") { name } }' }],
  [
    'a fragment',
    { query: '{ nodes { __typename id ... on User { name } ...R } } fragment R on Robot { model }' },
  ],
  ['an alias that is a field', { query: '{ events { id: title title: id } }' }],
  ['@skip', { query: 'query ($no: Boolean!) { seats @skip(if: $no) echo }', variables: { no: true } }],
  ['@defer', { query: '{ events { id ... @defer { title } } }' }],
  ['a mutation', { query: 'mutation { rename(id: "u1", name: "Ina") { name } }' }, 'CUSTOMER'],
  ['a mutation that is denied', { query: 'mutation { rename(id: "u1", name: "Ina") { name } }' }],
  ['a viewer', { query: '{ me { id role phone email } }' }, 'CUSTOMER'],
  ['another viewer', { query: '{ me { id role phone email } }' }, 'ADMIN'],
  ['nobody', { query: '{ me { id } seats }' }],
  ['a denied field', { query: '{ user(id: "u1") { name email } }' }],
  ['a denied field that must be', { query: '{ user(id: "u1") { name phone } }' }],
  ['an expected error', { query: '{ soldOut seats }' }],
  ['a bug', { query: '{ bug seats }' }],
  ['a syntax error', { query: '{ seats' }],
  ['an unknown field', { query: '{ nothing }' }],
  ['a missing variable', { query: OF_USER }],
  ['a variable of another type', { query: OF_USER, variables: { id: [7] } }],
  ['variables that are none', { query: OF_USER, variables: '{"id":"u1"}' }],
  ['too large an operation', { query: `{ ${'seats '.repeat(101)} }` }],
  ['a subscription', { query: 'subscription { stock(eventId: "e1") { available } }' }],
  ['introspection', { query: '{ __type(name: "User") { name } seats }' }],
  ['a batch', [{ query: '{ seats }' }]],
  ['nothing', {}],
]

/** The fast path by itself, in front of the subgraphs of a world; what it does not answer is only validated. */
async function openAlone({ settings }: World) {
  await using stack = new AsyncDisposableStack()
  const log = createLog('test', 'silent')
  const locate = (name: string) => `${settings.subgraphs[name]}/graphql`
  const file = await openSupergraphFile(settings.supergraphFile, locate, 60_000, log)
  stack.defer(() => file.close())
  const tokens = createServiceTokens(SECRET, 'router')
  const room = new ResponseRoom(DEFAULT_LIMITS.largeResponseBytes)
  const peers = stack.use(createPeers(DEFAULT_LIMITS.subgraphTimeoutMs, log))
  const { services, close } = connectSubgraphs(file, tokens, DEFAULT_LIMITS, peers, room, log, true)
  stack.defer(close)
  const answerFast = createFastPath(file, services)
  const taken: boolean[] = []
  const handler = async (request: AnyRequest): Promise<void> => {
    const body = (await readJson(request, 100_000)) as { query: string }
    const answered = answerFast(request, body, null)
    taken.push(answered !== null)
    if (answered) return answered
    validDocument(file.current, body.query) // as Apollo Server does
    sendJson(request.response, 200, {})
  }
  const http = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    log,
    origins: createOrigins([]),
    addresses: createClientAddresses([]),
    security: securityHeaders(0),
    ownHeaders: ['/graphql'],
    limits: DEFAULT_LIMITS,
    routes: { '/graphql': handler },
    usual: { path: '/graphql', accepts: isUsualAccept, bodyBytes: 100_000, handler },
  })
  stack.defer(() => http.close())
  const running = stack.move()
  return {
    url: `http://127.0.0.1:${http.port}/graphql`,
    taken,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

describe('the fast path', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld({ subgraphTimeoutMs: 2_000 })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('is taken by usual requests that have been asked before', async () => {
    await using alone = await openAlone(world)
    const asked = { query: '{ events { title organizer { name } } }' }
    const bodies = [asked, asked, asked, { ...asked, extensions: { persistedQuery: { version: 1 } } }]
    const answers: string[] = []
    for (const body of bodies) answers.push((await ask(alone.url, body, {})).body)
    expect(alone.taken).toEqual([false, true, true, false])
    expect(JSON.parse(answers[1] ?? '').data.events[0]).toEqual({ title: 'Jazz', organizer: { name: 'Ani' } })
  })

  it('takes an empty operation name for none', async () => {
    const { status, body } = await ask(world.url, { query: '{ seats }', operationName: '' }, {})
    expect([status, JSON.parse(body).data]).toEqual([200, { seats: expect.anything() }])
  })

  async function ask(url: string, body: unknown, headers: Record<string, string>) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'the-same-for-all', ...headers },
      body: JSON.stringify(body),
    })
    const compared = [...response.headers].filter(
      ([name]) => !/^(date|content-length|transfer-encoding)$/.test(name),
    )
    return { status: response.status, headers: Object.fromEntries(compared), body: await response.text() }
  }

  /** A meaningless URL parameter forces the slow path; taking that first makes the fast path possible. */
  async function bothWays(body: unknown, headers: Record<string, string> = {}) {
    const slow = await ask(`${world.url}?slow`, body, headers)
    return { slow, fast: await ask(world.url, body, headers) }
  }

  describe.each(['*/*', 'application/json', 'application/graphql-response+json'])('for %s', (accept) => {
    it.each(CASES)('answers %s as Apollo Server does', async (_, body, role) => {
      const viewer = role && (await world.as({ id: 'u1', role }))
      const { fast, slow } = await bothWays(body, { accept, ...viewer })
      expect(fast).toEqual(slow)
    })
  })

  it.each([
    'application/graphql-response+json,application/json;q=0.9',
    'application/json, */*',
    'text/html',
    'text/event-stream',
    'multipart/mixed;deferSpec=20220824,application/json',
  ])('gives what Apollo Server gives to who accepts %s', async (accept) => {
    const { fast, slow } = await bothWays({ query: '{ seats }' }, { accept })
    expect(fast).toEqual(slow)
  })

  it.each([
    'application/json; charset=utf-8',
    'application/json; charset=latin1',
    'text/plain',
    'application/graphql+json',
  ])('takes a body of %s as Apollo Server does', async (type) => {
    const { fast, slow } = await bothWays({ query: '{ seats }' }, { 'content-type': type })
    expect(fast).toEqual(slow)
  })

  it('reports an unavailable subgraph in the same way', async () => {
    await world.proxies.event.refuse()
    for (const query of [
      '{ events { id } seats }',
      '{ user(id: "u1") { name organizedEvents { title } } }',
    ]) {
      const { fast, slow } = await bothWays({ query })
      expect(fast).toEqual(slow)
      expect(fast).toMatchObject({ status: 200, body: expect.stringContaining('SERVICE_UNAVAILABLE') })
    }
  })
})
