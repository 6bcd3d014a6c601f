import { afterEach, expect, it } from 'vitest'
import { createAsyncQueue } from '../src/async-queue.ts'
import { KarcisError } from '../src/errors.ts'
import { createServiceTokens } from '../src/service-token.ts'
import type { RequestScope } from '../src/viewer.ts'
import { SECRET, startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { who: String contexts: Int double(n: Int!): Int expected: Int bug: Int slow: Int }
  type Mutation { write: Int }
  type Subscription { ticks: Int }
`

let contexts = 0
let written = 0
let release = Promise.withResolvers<void>()
afterEach(() => {
  contexts = 0
  written = 0
  release = Promise.withResolvers<void>()
})

const start = () =>
  startServer({
    sdl: SDL,
    createContext: (scope) => {
      contexts++
      return scope
    },
    resolvers: {
      Query: {
        who: (_: unknown, __: unknown, scope: RequestScope) => scope.viewer?.id,
        contexts: () => contexts,
        double: (_: unknown, { n }: { n: number }) => 2 * n,
        expected: () => {
          throw new KarcisError('SOLD_OUT', 'Sold out.', { remaining: 0 })
        },
        bug: () => {
          throw new Error('SELECT secret FROM users')
        },
        slow: () => release.promise.then(() => 7),
      },
      Mutation: { write: () => ++written },
      Subscription: { ticks: { subscribe: () => createAsyncQueue(() => undefined) } },
    },
  })

const router = createServiceTokens(SECRET, 'router').to('booking')
const viewer = { id: 'u1', role: 'CUSTOMER' as const, sessionId: 's1' }

async function post(url: string, body: unknown, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-request-id': 'r-1',
      'x-karcis-service-token': await router.sign(viewer),
    },
    body: JSON.stringify(body),
    signal,
  })
}

const members = (length: number) => Array.from({ length }, (_, n) => ({ query: `{ double(n: ${n}) }` }))

/** The results by index. Every line ends with a line break, also the last. */
function resultsOf(text: string): unknown[] {
  const results: unknown[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    const [index, result] = JSON.parse(line) as [number, unknown]
    expect(results[index]).toBeUndefined()
    results[index] = result
  }
  return results
}

const codes = (result: unknown) =>
  (result as { errors: { extensions: { code: string } }[] }).errors.map(({ extensions }) => extensions.code)

it('answers every member under its index, for the same caller and in one context, in one write', async () => {
  await using server = await start()
  const response = await post(server.url, [
    { query: '{ who }' },
    { query: '{ contexts }' },
    { query: 'query ($n: Int!) { double(n: $n) }', variables: { n: 21 } },
    { query: 'query A { who } query B { contexts }', operationName: 'B' },
    { query: '{ who }' },
  ])
  const text = await response.text()
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/jsonl')
  expect(response.headers.get('content-length')).toBe(String(text.length))
  expect(resultsOf(text)).toEqual([
    { data: { who: 'u1' } },
    { data: { contexts: 1 } },
    { data: { double: 42 } },
    { data: { contexts: 1 } },
    { data: { who: 'u1' } },
  ])
})

it('keeps the failure of a member in its own result', async () => {
  await using server = await start()
  const response = await post(server.url, [
    { query: '{ who' },
    { query: '{ nothing }' },
    {},
    { query: 5 },
    { query: 'query ($n: Int!) { double(n: $n) }' },
    { query: 'query A { who } query B { who }' },
    { query: '{ expected }' },
    { query: '{ bug }' },
    { query: '{ who }' },
  ])
  const results = resultsOf(await response.text())
  for (const result of results.slice(0, 6)) expect(result).not.toHaveProperty('data.who')
  expect([0, 1, 4, 5].flatMap((index) => codes(results[index]))).toEqual(Array(4).fill('BAD_USER_INPUT'))
  expect(results[6]).toMatchObject({
    data: { expected: null },
    errors: [{ path: ['expected'], extensions: { code: 'SOLD_OUT', remaining: 0 } }],
  })
  expect(results[7]).toMatchObject({
    data: { bug: null },
    errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r-1' } }],
  })
  expect(JSON.stringify(results)).not.toContain('SELECT')
  expect(results[8]).toEqual({ data: { who: 'u1' } })
})

it('runs queries only', async () => {
  await using server = await start()
  for (const time of ['never seen', 'seen before']) {
    const response = await post(server.url, [
      { query: 'mutation { write }' },
      { query: 'subscription { ticks }' },
      { query: 'query A { who } mutation B { write }', operationName: 'B' },
      { query: 'query A { who } mutation B { write }', operationName: 'A' },
    ])
    const results = resultsOf(await response.text())
    expect(results.slice(0, 3).flatMap(codes), time).toEqual(Array(3).fill('BAD_USER_INPUT'))
    expect(results[3], time).toEqual({ data: { who: 'u1' } })
    expect(written, time).toBe(0)
    await (await post(server.url, { query: 'subscription { ticks }' })).text()
  }
  const single = await post(server.url, { query: 'mutation { write }' })
  expect(await single.json()).toEqual({ data: { write: 1 } })
  const again = await post(server.url, [{ query: 'mutation { write }' }])
  expect(codes(resultsOf(await again.text())[0])).toEqual(['BAD_USER_INPUT'])
  expect(written).toBe(1)
})

it.each([[[]], [members(65)], [['{ who }']], [[null]], [[[{ query: '{ who }' }]]]])(
  'refuses what is no batch',
  async (body) => {
    await using server = await start()
    const response = await post(server.url, body)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(codes(await response.json())).toEqual(['BAD_USER_INPUT'])
  },
)

it('takes 64 members', async () => {
  await using server = await start()
  const response = await post(server.url, members(64))
  expect(resultsOf(await response.text())).toEqual(
    Array.from({ length: 64 }, (_, n) => ({ data: { double: 2 * n } })),
  )
})

it('does not let a slow member hold up the others', async () => {
  await using server = await start()
  const response = await post(server.url, [{ query: '{ slow }' }, { query: '{ who }' }, { query: '{ who }' }])
  expect(response.headers.has('content-length')).toBe(false)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const { value } = await reader.read()
  const first = new TextDecoder().decode(value)
  expect(resultsOf(first)).toEqual([undefined, { data: { who: 'u1' } }, { data: { who: 'u1' } }])
  release.resolve()
  const { value: second } = await reader.read()
  expect(new TextDecoder().decode(second)).toBe('[0,{"data":{"slow":7}}]\n')
  expect((await reader.read()).done).toBe(true)
})

it('stops writing to a client that went away, and goes on for others', async () => {
  await using server = await start()
  const leave = new AbortController()
  const response = await post(server.url, [{ query: '{ slow }' }, { query: '{ who }' }], leave.signal)
  leave.abort()
  await expect(response.text()).rejects.toThrow()
  release.resolve()
  const other = await post(server.url, [{ query: '{ slow }' }])
  expect(resultsOf(await other.text())).toEqual([{ data: { slow: 7 } }])
})
