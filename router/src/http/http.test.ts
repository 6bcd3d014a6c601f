import { eventually } from '@karcis/testkit/eventually'
import { readFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:http'
import { connect } from 'node:net'
import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { knownOperation, validDocument } from '../planning/known-operation.ts'
import { buildSupergraph } from '../planning/supergraph.ts'
import { createRouter } from '../server.ts'
import { replaceSupergraph } from '../testing/replace-supergraph.ts'
import { createWorld, SECRET, type World } from '../testing/world.ts'
import { firstPurchase } from './ide/tabs.ts'

const SANDBOX = 'https://studio.apollographql.com'

describe('GraphQL over HTTP', () => {
  let world: World
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(world.url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  const get = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${world.url}?query=${encodeURIComponent(query)}`, { headers })

  beforeAll(async () => {
    world = await createWorld({ requestBytes: 5_000, supergraphPollMs: 20 })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('answers queries by GET, but no mutations', async () => {
    const preflighted = { 'apollo-require-preflight': 'true' }
    expect(await (await get('{ seats }', preflighted)).json()).toEqual({ data: { seats: 500 } })
    const { touch } = world.counts
    const refused = await get('mutation { touch }', preflighted)
    expect(refused.status).toBe(405)
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect(world.counts.touch).toBe(touch)
  })

  it('answers nothing that a foreign page could have sent without a preflight', async () => {
    const simple = await get('{ seats }')
    expect(simple.status).toBe(400)
    expect(await simple.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect((await post('{"query":"{ seats }"}', { 'content-type': 'text/plain' })).status).toBe(400)
  })

  it('line 23: tells browsers to take nothing for what it is not, and to frame none of it', async () => {
    for (const response of [
      await post('{"query":"{ seats }"}'),
      await post('{"query":"{ seats }"}'), // by the fast path
      await post('{"query":'),
      await fetch(`${world.router.url}/nothing`),
      await fetch(`${world.router.url}/live`),
      await fetch(`${world.router.url}/ide`),
      await fetch(world.url, { headers: { accept: 'text/html' } }),
    ]) {
      await response.arrayBuffer()
      expect(response.headers.get('x-content-type-options'), response.url).toBe('nosniff')
      expect(response.headers.get('content-security-policy'), response.url).toContain(
        "frame-ancestors 'none'",
      )
      expect(response.headers.get('referrer-policy'), response.url).toBe('no-referrer')
      expect(response.headers.get('strict-transport-security'), response.url).toBeNull()
    }
    await using secure = await createRouter({ ...world.settings, hstsSeconds: 31_536_000 })
    const response = await fetch(`${secure.url}/live`)
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
  })

  it('line 22: closes a connection that is silent, or whose head does not end', async () => {
    await using patient = await createRouter({
      ...world.settings,
      limits: { headersMs: 150, connectionCheckMs: 50 },
    })
    for (const sent of ['', 'POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: 1\r\n']) {
      const socket = connect(patient.port, '127.0.0.1')
      socket.write(sent)
      let heard = ''
      socket.on('data', (chunk) => {
        heard += String(chunk)
      })
      await new Promise((resolve) => socket.once('close', resolve))
      expect(heard).toMatch(/^(HTTP\/1\.1 408 |$)/)
    }
  })

  it('line 22: answers an introspection from what it answered before', async () => {
    const query = `{ __schema { types { name fields { name } } } __type(name: "Event") { name } __typename }`
    const [first, second, other] = [
      await gql(world.url, query),
      await gql(world.url, query),
      await gql(world.url, 'query ($name: String!) { __type(name: $name) { name } }', { name: 'User' }),
    ]
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'))
    expect(first.body.data.__type).toEqual({ name: 'Event' })
    expect(other.body.data).toEqual({ __type: { name: 'User' } })
    await replaceSupergraph(world, (sdl) => sdl.replace('seats: Int ', 'seats: Int seatsLeft: Int '))
    const later = await gql(world.url, query)
    expect(later.body).not.toEqual(first.body)
  })

  it('shows Apollo Sandbox to a browser', async () => {
    const response = await fetch(world.url, { headers: { accept: 'text/html,application/xhtml+xml' } })
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(await response.text()).toContain('embeddable-sandbox')
  })

  it.each([
    ['a syntax error', '{ seats', undefined],
    ['an unknown field', '{ nothing }', undefined],
    ['a variable of another type', 'query ($n: Int) { events(first: $n) { id } }', { n: 'many' }],
    ['a variable that is missing', 'query ($id: ID!) { user(id: $id) { id } }', {}],
    ['two operations and no name', 'query A { seats } query B { seats }', undefined],
    ['an operation that is not there', '', undefined],
    ['a subscription', 'subscription { stock(eventId: "e1") { available } }', undefined],
    [
      'introspection without end',
      `{ __schema { types ${'{ fields { type '.repeat(5)} { name } ${'} }'.repeat(5)} } }`,
      undefined,
    ],
  ])('says that %s is the fault of the request', async (_, query, variables) => {
    const { body } = await gql(world.url, query, variables)
    expect(body.data ?? null).toBeNull()
    expect(body.errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT' }])
  })

  it('fills in the defaults of variables that are not given', async () => {
    const query =
      'query ($text: String = "there", $yes: Boolean = true) { echo(text: $text) seats @include(if: $yes) }'
    expect((await gql(world.url, query)).body).toEqual({ data: { echo: 'there', seats: 500 } })
    expect((await gql(world.url, query, { yes: false, text: null })).body).toEqual({ data: { echo: null } })
  })

  it('chooses the operation by its name', async () => {
    const query = 'query A { seats } query B { echo }'
    const response = await post(JSON.stringify({ query, operationName: 'B' }))
    expect(await response.json()).toEqual({ data: { echo: 'hi' } })
  })

  it('refuses a body that is too large, announced or not', async () => {
    const body = JSON.stringify({ query: '{ seats }', padding: 'x'.repeat(6_000) })
    const announced = await post(body)
    expect(announced.status).toBe(413)
    expect(await announced.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect(await sendChunked(world.url, body)).toBe(413)
  })

  it.each(['{"query":', '[]', '{}', 'null', '{"query":7}'])('refuses the body %s', async (body) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  it('gives each response an id of its own', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => (await post('{"query":"{ seats }"}')).headers.get('x-request-id')),
    )
    expect(new Set(ids).size).toBe(2)
    const forged = await post('{"query":"{ seats }"}', { 'x-request-id': 'a b' })
    expect(forged.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/)
  })

  it.each([
    [SANDBOX, SANDBOX],
    ['https://sandbox.embed.apollographql.com', 'https://sandbox.embed.apollographql.com'],
    ['https://shop.example', 'https://shop.example'],
    ['https://evil.example', null],
  ])('tells the browser of a page at %s whether it may ask', async (origin, allowed) => {
    const preflight = await fetch(world.url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,authorization',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(allowed)
    expect(preflight.headers.get('access-control-allow-headers')?.includes('authorization') ?? false).toBe(
      allowed !== null,
    )
    const response = await post('{"query":"{ seats }"}', { origin })
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed)
    expect(response.headers.get('vary')).toBe('Origin')
  })

  it('survives a path that is not one', async () => {
    const statusOf = (options: RequestOptions) =>
      new Promise((resolve, reject) => {
        request({ host: '127.0.0.1', port: world.router.port, path: '//', ...options }, ({ statusCode }) =>
          resolve(statusCode),
        )
          .on('error', reject)
          .end()
      })
    expect(await statusOf({})).toBe(404)
    const upgrade = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'x',
      'sec-websocket-version': '13',
    }
    expect(await statusOf({ headers: upgrade })).toBe(404)
    expect(await (await post('{"query":"{ seats }"}')).json()).toEqual({ data: { seats: 500 } })
  })

  it('has nothing at other paths', async () => {
    const response = await fetch(`${world.router.url}/constructor`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  })
})

describe('probes', () => {
  it('report on the process and all that it needs', async () => {
    await using world = await createWorld()
    const probe = async (path: string) => {
      const response = await fetch(world.router.url + path)
      return { status: response.status, body: await response.json() }
    }
    const fine = { status: 'ok' }
    expect(await probe('/live')).toEqual({ status: 200, body: fine })
    expect(await probe('/ready')).toEqual({ status: 200, body: fine })
    await eventually(async () =>
      expect(await probe('/health')).toEqual({
        status: 200,
        body: {
          status: 'ok',
          version: expect.stringMatching(/^\d+\./),
          checks: { redis: fine, user: fine, event: fine, ticket: fine, storage: fine },
        },
      }),
    )
    await world.proxies.event.refuse()
    expect(await probe('/health')).toMatchObject({
      status: 503,
      body: { status: 'unavailable', checks: { user: fine, event: { status: 'unavailable' } } },
    })
    expect(await probe('/ready')).toEqual({ status: 200, body: fine })
  })

  it('give figures to whoever is on the same machine, or has the token', async () => {
    await using world = await createWorld()
    await using outside = await createRouter({ ...world.settings, metricsToken: 'a token for figures' })
    const read = async (url: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${url}/metrics`, { headers })
      return { status: response.status, text: await response.text() }
    }
    expect((await gql(world.url, '{ seats }')).body.data).toEqual({ seats: 500 })
    const { status, text } = await read(world.router.url)
    expect(status).toBe(200)
    expect(text).toContain(
      '# TYPE karcis_circuit_state gauge\nkarcis_circuit_state{circuit="user",state="closed"} 1\n',
    )
    expect(text).toMatch(/^karcis_http_requests_under_way 1$/m)
    expect(text).toMatch(/^karcis_rate_limited_total 0$/m)
    for (const line of text.trim().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [\d.e+]+)$/)

    const asked = [
      await read(world.router.url, { 'x-forwarded-for': '127.0.0.1' }), // by a proxy on this machine
      await read(outside.url),
      await read(outside.url, { authorization: 'Bearer another token' }),
      await read(outside.url, { authorization: 'Bearer a token for figures' }),
    ]
    expect(asked.map((answer) => answer.status)).toEqual([404, 404, 404, 200])
  })

  it('line 34: say of Redis and of each subgraph why it cannot serve, and nothing of where it is', async () => {
    await using world = await createWorld()
    const stopping = await world.serve('event')
    await using router = await createRouter({
      ...world.settings,
      redisUrl: 'redis://127.0.0.1:9',
      serviceSecret: SECRET,
      userUrl: String(world.settings.subgraphs.user),
      subgraphs: { ...world.settings.subgraphs, event: stopping.url },
    })
    stopping.drain()
    await world.proxies.user.refuse()
    world.proxies.ticket.stall(true)
    const response = await fetch(`${router.url}/health`)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      status: 'unavailable',
      version: expect.any(String),
      checks: {
        redis: { status: 'unavailable', reason: 'does not answer' },
        user: { status: 'unavailable', reason: 'takes no connections' },
        storage: { status: 'unavailable', reason: 'it is not known: the user subgraph does not answer' },
        event: { status: 'unavailable', reason: expect.stringMatching(/stop|end/) },
        ticket: { status: 'unavailable', reason: 'does not answer' },
      },
    })
    await stopping.close()
  })
})

describe('line 23: what a browser is shown at the endpoint', () => {
  const visit = (url: string) => fetch(url, { headers: { accept: 'text/html' }, redirect: 'manual' })

  it.each([
    ['ide', 302, '/ide', 200],
    ['none', 400, null, 404],
  ] as const)('is with the setting %s nothing from elsewhere', async (explorer, status, location, ide) => {
    await using world = await createWorld()
    await using router = await createRouter({ ...world.settings, explorer })
    const visited = await visit(`${router.url}/graphql`)
    expect([visited.status, visited.headers.get('location')]).toEqual([status, location])
    expect(await visited.text()).not.toContain('apollographql.com')
    expect((await visit(`${router.url}/ide`)).status).toBe(ide)
    expect((await gql(`${router.url}/graphql`, '{ seats }')).body).toEqual({ data: { seats: 500 } })
  })
})

describe('the IDE', () => {
  it('users missed: opens with a first purchase, of valid operations', async () => {
    await using world = await createWorld()
    const html = await (await fetch(`${world.router.url}/ide`)).text()
    const supergraph = buildSupergraph(
      readFileSync(new URL('../../../schema/supergraph.graphql', import.meta.url), 'utf8'),
      (_, given) => given,
    )
    for (const { query, variables } of firstPurchase(true)) {
      expect(html).toContain(JSON.stringify(query).slice(1, -1))
      const known = knownOperation(supergraph, validDocument(supergraph, query))
      expect(known.measure(variables ? JSON.parse(variables) : {}).problem).toBeNull()
    }
  })

  it('is complete, and may load nothing from elsewhere', async () => {
    await using world = await createWorld()
    const response = await fetch(`${world.router.url}/ide`)
    const html = await response.text()
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(html).not.toMatch(/<(script|link|img|iframe)[^>]*\s(src|href)="(https?:)?\/\//)
    const again = await fetch(`${world.router.url}/ide`, {
      headers: { 'if-none-match': response.headers.get('etag') ?? '' },
    })
    expect(again.status).toBe(304)
  })
})

/** fetch would announce the length. */
function sendChunked(url: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      },
    )
    sending.on('error', reject)
    sending.write(body.slice(0, 100))
    sending.end(body.slice(100))
  })
}
