import { describe, expect, it } from 'vitest'
import { createAsyncQueue } from '../src/async-queue.ts'
import { KarcisError } from '../src/errors.ts'
import { DateTime } from '../src/scalars.ts'
import { createServiceTokens } from '../src/service-token.ts'
import type { RequestScope } from '../src/viewer.ts'
import { SECRET, startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  scalar DateTime
  type Query {
    things(ids: [ID!]): [Thing]
    sure: Sure
    since(at: DateTime = "2027-01-01T00:00:00Z"): DateTime
    expected: Int
    bug: Int
    word: String
    count(n: Int!): Int
    ownContext: Boolean
  }
  type Mutation { rename(name: String!): Thing }
  type Subscription { ticks: Int }
  type Thing @key(fields: "id") { id: ID! name: String late: String }
  type Sure { never: Int! }
`

/** The context as it was made, to be told from a copy of it. */
let made: RequestScope | null = null

const start = () =>
  startServer({
    sdl: SDL,
    createContext: (scope) => {
      made = scope
      return scope
    },
    resolvers: {
      DateTime,
      Query: {
        things: (_: unknown, { ids }: { ids: string[] | null }) => (ids ?? ['1', '2']).map(thing),
        sure: () => ({ never: null }),
        since: (_: unknown, { at }: { at: Date }) => at,
        expected: () => {
          throw new KarcisError('SOLD_OUT', 'Sold out.', { remaining: 0 })
        },
        bug: async () => {
          throw new Error('SELECT secret FROM users')
        },
        word: () => 'dua puluh é \u2028 "satu"',
        count: (_: unknown, { n }: { n: number }) => n,
        ownContext: (_: unknown, __: unknown, context: RequestScope) => context === made,
      },
      Mutation: { rename: (_: unknown, { name }: { name: string }) => ({ id: '1', name }) },
      Subscription: { ticks: { subscribe: () => createAsyncQueue(() => undefined) } },
      Thing: { __resolveReference: ({ id }: { id: string }) => thing(id), late: async () => 'in time' },
    },
  })

const thing = (id: string) => (id === 'nobody' ? null : { id, name: `Thing ${id}` })

const router = createServiceTokens(SECRET, 'router').to('booking')

async function ask(url: string, body: unknown) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-request-id': 'r-1',
      'x-karcis-service-token': await router.sign(null),
    },
    body: JSON.stringify(body),
  })
  const { date: _, ...headers } = Object.fromEntries(response.headers)
  return { status: response.status, headers, text: await response.text() }
}

const COUNT = 'query ($n: Int!) { count(n: $n) }'
const OF_THINGS =
  'query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Thing { id name late } } }'
const TWO = 'query A { word } query B { things { id } }'

const CASES: [what: string, body: unknown][] = [
  ['leaves', { query: '{ word since }' }],
  ['a list with nulls', { query: '{ things(ids: ["1", "nobody"]) { id name late } }' }],
  ['variables', { query: COUNT, variables: { n: 3 } }],
  ['null variables', { query: '{ word }', variables: null, operationName: null, extensions: null }],
  ['extensions', { query: '{ word }', extensions: { tracing: true } }],
  ['a persisted query', { query: '{ word }', extensions: { persistedQuery: { version: 1 } } }],
  ['more than is known of', { query: '{ word }', id: 7 }],
  [
    'entities',
    {
      query: OF_THINGS,
      variables: {
        of: [
          { __typename: 'Thing', id: '1' },
          { __typename: 'Thing', id: 'nobody' },
        ],
      },
    },
  ],
  ['entities of no type', { query: OF_THINGS, variables: { of: [{ __typename: 'Nothing', id: '1' }] } }],
  ['a name', { query: TWO, operationName: 'B' }],
  ['a name of nothing', { query: TWO, operationName: 'C' }],
  ['no name where there are two', { query: TWO }],
  ['an empty name', { query: '{ word }', operationName: '' }],
  ['a name that is none', { query: '{ word }', operationName: 7 }],
  [
    'an alias, a fragment and @skip',
    { query: '{ a: things { ...T } } fragment T on Thing { id @skip(if: true) name }' },
  ],
  ['an expected error', { query: '{ expected word }' }],
  ['a bug', { query: '{ bug word }' }],
  ['a null that takes its parent along', { query: '{ sure { never } word }' }],
  ['a missing variable', { query: COUNT }],
  ['a null for a variable that must be', { query: COUNT, variables: { n: null } }],
  ['a variable of another type', { query: COUNT, variables: { n: [7] } }],
  ['variables that are none', { query: COUNT, variables: '{"n":1}' }],
  ['variables in a list', { query: COUNT, variables: [1] }],
  [
    'a value that its scalar refuses',
    { query: 'query ($at: DateTime) { since(at: $at) }', variables: { at: 'x' } },
  ],
  ['a mutation', { query: 'mutation { rename(name: "Ina") { id name } }' }],
  ['a subscription', { query: 'subscription { ticks }' }],
  ['the SDL', { query: '{ _service { sdl } }' }],
  ['introspection', { query: '{ __type(name: "Thing") { name } }' }],
  ['a syntax error', { query: '{ word' }],
  ['an unknown field', { query: '{ nothing }' }],
  ['no query', { variables: {} }],
  ['nothing', {}],
]

describe('an operation that was seen before', () => {
  it.each(CASES)('is answered as at first: %s', async (_, body) => {
    await using server = await start()
    const first = await ask(server.url, body)
    const again = await ask(server.url, body)
    expect(again).toEqual(first)
    expect(first.headers['content-length']).toBe(String(Buffer.byteLength(first.text)))
  })

  it.each(CASES.filter(([what]) => what !== 'a mutation' && what !== 'a subscription'))(
    'is answered the same in a batch: %s',
    async (_, body) => {
      await using server = await start()
      const batches = [await ask(server.url, [body]), await ask(server.url, [body])]
      const single = await ask(server.url, body)
      for (const batch of batches) expect(batch.text).toBe(`[0,${single.text}]\n`)
    },
  )

  it('is executed without Apollo Server, which hands resolvers a copy of the context', async () => {
    await using server = await start()
    const body = { query: '{ ownContext }' }
    const texts = [await ask(server.url, body), await ask(server.url, body), await ask(server.url, [body])]
    expect(texts.map(({ text }) => text)).toEqual([
      '{"data":{"ownContext":false}}',
      '{"data":{"ownContext":true}}',
      '[0,{"data":{"ownContext":true}}]\n',
    ])
  })
})

describe('line 12: NUL, and instants that Postgres cannot take', () => {
  const fields = (text: string) => JSON.parse(text).errors[0].extensions

  it('is refused wherever it stands in variables, by its path, with nothing executed', async () => {
    await using server = await start()
    const rename = 'mutation ($name: String!) { rename(name: $name) { name } }'
    const named = { query: rename, variables: { name: 'a\0b' } }
    for (const _ of ['new', 'known']) {
      const { status, text } = await ask(server.url, named)
      expect(status).toBe(400)
      expect(fields(text)).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'name', message: 'must not contain NUL' }],
      })
      expect((await ask(server.url, { query: rename, variables: { name: 'ab' } })).status).toBe(200)
    }
    const deep = { query: OF_THINGS, variables: { of: [{ __typename: 'Thing', id: '1' }, { id: 'x\0' }] } }
    expect(fields((await ask(server.url, deep)).text).fields).toMatchObject([{ path: 'of.1.id' }])
  })

  it('is refused in a document, however it is written', async () => {
    await using server = await start()
    for (const escape of ['\\u0000', '\\u{0}']) {
      const { text } = await ask(server.url, { query: `mutation { rename(name: "a${escape}") { name } }` })
      expect(fields(text)).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'name' }] })
    }
  })

  it('harms only its own member of a batch', async () => {
    await using server = await start()
    const { text } = await ask(server.url, [
      { query: OF_THINGS, variables: { of: [{ __typename: 'Thing', id: '\0' }] } },
      { query: COUNT, variables: { n: 7 } },
    ])
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .sort(([a], [b]) => a - b)
    expect(lines[0][1].errors[0].extensions.code).toBe('BAD_USER_INPUT')
    expect(lines[1]).toEqual([1, { data: { count: 7 } }])
  })

  it.each([
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+07:00', // in the year 0, in UTC
    '9999-12-31T23:59:59-07:00',
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    'soon',
    '',
  ])('%j is no instant, in variables and in a document', async (at) => {
    await using server = await start()
    const asVariable = { query: 'query ($at: DateTime) { since(at: $at) }', variables: { at } }
    for (const body of [asVariable, { query: `{ since(at: "${at}") }` }]) {
      const { text } = await ask(server.url, body)
      expect(JSON.parse(text).errors[0].message).toMatch(/DateTime must be (in the years|an instant)/)
      expect(fields(text).code).toBe('BAD_USER_INPUT')
    }
  })

  it('takes every instant from year 1 to 9999', async () => {
    await using server = await start()
    for (const at of ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '2026-12-31T19:00:00+07:00']) {
      const { text } = await ask(server.url, { query: `{ since(at: "${at}") }` })
      expect(JSON.parse(text).data.since).toBe(new Date(at).toISOString())
    }
  })
})
