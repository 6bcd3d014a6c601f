import { request, type RequestOptions } from 'node:http'
import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../testing/world.ts'

const SANDBOX = 'https://studio.apollographql.com'

describe('GraphQL over HTTP', () => {
  let world: World
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(world.url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  const get = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${world.url}?query=${encodeURIComponent(query)}`, { headers })

  beforeAll(async () => {
    world = await createWorld({ requestBytes: 5_000 })
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
    expect(await probe('/health')).toEqual({
      status: 200,
      body: {
        status: 'ok',
        version: expect.stringMatching(/^\d+\./),
        checks: { user: fine, event: fine, ticket: fine },
      },
    })
    await world.proxies.event.refuse()
    expect(await probe('/health')).toMatchObject({
      status: 503,
      body: { status: 'unavailable', checks: { user: fine, event: { status: 'unavailable' } } },
    })
    expect(await probe('/ready')).toEqual({ status: 200, body: fine })
  })
})

describe('the IDE', () => {
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
