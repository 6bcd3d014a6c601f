import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type DocumentNode, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createServiceTokens } from '../src/service-token.ts'
import { bytesOf } from '../src/subgraph/document-limits.ts'
import { SECRET, startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { things(n: Int!): [Thing!]! rows(n: Int!): [[Thing!]!] later(n: Int!): [Thing] }
  type Mutation { make(n: Int!): [Thing!] }
  type Thing @key(fields: "id") { id: ID! self: Thing things(n: Int!): [Thing!]! }
`

const router = createServiceTokens(SECRET, 'router').to('booking')
const thing = { id: 'a' }
const things = (_: unknown, { n }: { n: number }) => Array.from({ length: n }, () => thing)

const start = () =>
  startServer({
    sdl: SDL,
    resolvers: {
      Query: {
        things,
        rows: (_: unknown, { n }: { n: number }) => Array.from({ length: n }, () => things(_, { n })),
        later: async (_: unknown, { n }: { n: number }) => things(_, { n }),
      },
      Mutation: { make: things },
      Thing: { things, self: () => thing, __resolveReference: () => thing },
    },
  })

async function ask(url: string, body: unknown) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-karcis-service-token': await router.sign(null) },
    body: JSON.stringify(body),
  })
  return response.text()
}

const TOO_LARGE = {
  errors: [
    {
      message: 'The answer is too large. Ask for less, or page by page.',
      extensions: { code: 'BAD_USER_INPUT', mostObjects: 200_000 },
    },
  ],
  data: null,
}

describe('line 15: an answer of more objects than one may have', () => {
  it.each([
    ['a list', '{ things(n: 200001) { id } }'],
    ['a list that comes later', '{ later(n: 200001) { id } }'],
    ['lists in a list', '{ rows(n: 500) { id } }'],
    ['lists under lists', '{ things(n: 500) { things(n: 500) { id } } }'],
    ['what is referred to', `{ things(n: 20000) ${'{ self '.repeat(11)}{ id } ${'}'.repeat(11)} }`],
    [
      'aliases of a field',
      `{ things(n: 20000) { ${Array.from({ length: 200 }, (_, n) => `a${n}: id`).join(' ')} } }`,
    ],
    [
      'aliases in fragments',
      `{ things(n: 20000) { ...F } } fragment F on Thing { ${Array.from({ length: 200 }, (_, n) => `a${n}: id`).join(' ')} }`,
    ],
    ['what a mutation gives', 'mutation { make(n: 200001) { id } }'],
  ])('is not given, and is told once: %s', async (_, query) => {
    await using server = await start()
    for (const __ of ['a new document', 'a known one'])
      expect(JSON.parse(await ask(server.url, { query }))).toEqual(TOO_LARGE)
  })

  it('is given up to the last one, and fails alone in a batch', async () => {
    await using server = await start()
    const most = JSON.parse(await ask(server.url, { query: '{ things(n: 200000) { id } }' }))
    expect(most.data.things).toHaveLength(200_000)
    const few = { query: '{ things(n: 2) { id } }' }
    const text = await ask(server.url, [few, { query: '{ things(n: 200001) { id } }' }, few])
    const results = new Map<number, unknown>(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    )
    expect(results.get(1)).toEqual(TOO_LARGE)
    expect(results.get(0)).toEqual({ data: { things: [thing, thing] } })
    expect(results.get(2)).toEqual({ data: { things: [thing, thing] } })
  })
})

describe('line 15: one operation', () => {
  const OF = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }'

  it('asks for a bounded number of entities', async () => {
    await using server = await start()
    const of = (n: number) => Array.from({ length: n }, () => ({ __typename: 'Thing', id: 'a' }))
    const { errors } = JSON.parse(await ask(server.url, { query: OF, variables: { of: of(10_001) } }))
    expect(errors[0].extensions.fields).toEqual([
      { path: 'representations', message: 'must have at most 10000 entries' },
    ])
    const { data } = JSON.parse(await ask(server.url, { query: OF, variables: { of: of(10_000) } }))
    expect(data._entities).toHaveLength(10_000)
  })

  it.each([
    ['deep', `{ things(n: 1) ${'{ self '.repeat(50)}{ id } ${'}'.repeat(50)} }`, /50 fields deep/],
    [
      'deep by fragments',
      `{ things(n: 1) { ...A } } fragment A on Thing { ${'self { '.repeat(30)} ...B ${'}'.repeat(30)} } fragment B on Thing { ${'self { '.repeat(30)} id ${'}'.repeat(30)} }`,
      /50 fields deep/,
    ],
    ['long', `{ ${'__typename '.repeat(50_001)} }`, /more tha[nt] 50000 tokens/],
  ])('is not too %s', async (_, query, message) => {
    await using server = await start()
    const { errors } = JSON.parse(await ask(server.url, { query }))
    expect(errors[0].message).toMatch(message)
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })
})

it('line 22: knows how much memory a document takes', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const documents = [
    'query ($id: ID!) { event(id: $id) { id title venue { id name } ticketTypes { id name price } } }',
    `{ ${'a '.repeat(400)} }`,
    `{ ${Array.from({ length: 60 }, (_, n) => `x${n}: event(id: "1") { id }`).join(' ')} }`,
    `{ ${'a(b: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) '.repeat(20)} }`,
    `{ a(b: "${'x'.repeat(2_000)}") }`,
    '{ a }',
  ]
  const kept: DocumentNode[][] = []
  for (const document of documents) {
    const texts = Array.from({ length: 300 }, (_, n) => `# ${n}\n${document}`)
    collect()
    const before = process.memoryUsage().heapUsed
    const parsed = texts.map((text) => parse(text))
    kept.push(parsed)
    collect()
    const measured = (process.memoryUsage().heapUsed - before) / parsed.length
    const [first] = parsed
    const said = first ? bytesOf(first, texts[0] ?? '') : 0
    expect(said, document.slice(0, 40)).toBeGreaterThan(measured)
    expect(said, document.slice(0, 40)).toBeLessThan(measured * 5 + 3_000)
  }
})
