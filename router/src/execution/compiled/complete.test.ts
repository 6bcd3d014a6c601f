import { describe, expect, it } from 'vitest'
import { compileIn, createWorld, parseAndPlan } from '../../testing/differential/world.ts'
import type { SubgraphRequest } from '../../subgraphs/request.ts'
import { executeCompiled, executeToBuffer } from './execute.ts'

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@interfaceObject"])\n'
const world = createWorld({
  shop: `${LINK} type Query { item: Item items: [Item!] thing: Thing }
    type Item @key(fields: "id") { id: ID! count: Int name: String parent: Item amount: Float exact: Exact exacts: [Exact] }
    scalar Exact
    interface Thing { id: ID! } type Tool implements Thing { id: ID! }`,
  stock: `${LINK} type Query { n: Int } type Item @key(fields: "id") { id: ID! left: Int must: Int! }`,
})

function run(text: string, bodies: unknown[]) {
  const { document, plan } = parseAndPlan(world, text)
  const asked: SubgraphRequest[] = []
  const left = [...bodies]
  const request = {
    variables: {},
    scopeKey: null,
    scope: null,
    async fetchSubgraph(_: string, one: SubgraphRequest) {
      asked.push(one)
      return structuredClone(left.shift())
    },
  }
  return { compiled: compileIn(world, plan, document), request, asked }
}

async function answer(text: string, ...bodies: unknown[]) {
  const { compiled, request } = run(text, bodies)
  const { data, errors = [] } = await executeCompiled(compiled, request)
  return { data, paths: errors.map((error) => (error as { path?: unknown }).path) }
}

describe('a value of the wrong form', () => {
  it.each([
    [
      'no Int',
      { id: 'a', count: 3_000_000_000, name: 'x' },
      { id: 'a', count: null, name: 'x' },
      ['item', 'count'],
    ],
    [
      'an object for a text',
      { id: 'a', count: 1, name: {} },
      { id: 'a', count: 1, name: null },
      ['item', 'name'],
    ],
    ['a list for an object', { id: 'a', parent: [] }, { id: 'a', parent: null }, ['item', 'parent']],
    ['a text for an object', { id: 'a', parent: 'x' }, { id: 'a', parent: null }, ['item', 'parent']],
  ])('takes only itself along: %s', async (_, sent, item, path) => {
    const fields = Object.keys(item).map((key) => (key === 'parent' ? 'parent { id }' : key))
    expect(await answer(`{ item { ${fields.join(' ')} } }`, { data: { item: sent } })).toEqual({
      data: { item },
      paths: [path],
    })
  })

  it('is an ID as a text, whatever it came as', async () => {
    expect(await answer('{ item { id count } }', { data: { item: { id: 1, count: 1.5 } } })).toEqual({
      data: { item: { id: '1', count: null } },
      paths: [['item', 'count']],
    })
  })

  it('is the type of an object', async () => {
    expect(
      await answer('{ thing { id } item { id } }', {
        data: { thing: { __typename: 'Nope', id: '1' }, item: null },
      }),
    ).toEqual({ data: { thing: null, item: null }, paths: [['thing']] })
  })
})

describe('an integer beyond 2^53', () => {
  const LONG = '9007199254740993'
  const item = `"id":${LONG},"amount":${LONG},"exact":${LONG},"exacts":[1,{"a":-${LONG}}]`
  const query = '{ item { id amount exact exacts } }'

  it('keeps its text', async () => {
    const { compiled, request } = run(query, [Buffer.from(`{"data":{"item":{${item}}}}`)])
    expect(Buffer.from(await executeToBuffer(compiled, request)).toString()).toBe(
      `{"data":{"item":{"id":"${LONG}","amount":${LONG},"exact":${LONG},"exacts":[1,{"a":-${LONG}}]}}}`,
    )
  })

  it('keeps it beside an error', async () => {
    const body = `{"data":{"item":{${item},"count":"x"}}}`
    const { compiled, request } = run(query.replace('id', 'id count'), [Buffer.from(body)])
    const { data, errors } = await executeCompiled(compiled, request)
    expect(JSON.stringify(data)).toContain(`"exact":${LONG},"exacts":[1,{"a":-${LONG}}]`)
    expect(data).toMatchObject({ item: { id: LONG, count: null } })
    expect(errors).toHaveLength(1)
  })

  it('is asked for as it came', async () => {
    const { compiled, request, asked } = run('{ item { id left } }', [
      Buffer.from(`{"data":{"item":{"__typename":"Item","id":${LONG}}}}`),
      Buffer.from('{"data":{"_entities":[{"left":1}]}}'),
    ])
    expect(await executeCompiled(compiled, request)).toEqual({ data: { item: { id: LONG, left: 1 } } })
    expect(asked[1]?.body).toContain(`"id":${LONG}`)
  })
})

describe('a response', () => {
  const item = { data: { item: { __typename: 'Item', id: 'a' } } }

  it.each([
    ['nothing', {}],
    ['null', { data: null }],
    ['something else', { data: 7 }],
    ['an empty list of errors', { data: null, errors: [] }],
  ])('that has %s for data is reported for each field', async (_, body) => {
    expect(await answer('{ item { id } other: items { id } }', body)).toEqual({
      data: { item: null, other: null },
      paths: [['item'], ['other']],
    })
    expect(await answer('{ item { id left } }', item, body)).toEqual({
      data: { item: { id: 'a', left: null } },
      paths: [['item', 'left']],
    })
  })

  it.each([[7], [[null]], [['no']]])(
    'with errors that are none (%j) is one with an error',
    async (errors) => {
      expect(await answer('{ item { id } }', { data: { item: { id: 'a' } }, errors })).toEqual({
        data: { item: { id: 'a' } },
        paths: [undefined],
      })
    },
  )
})

describe('entities', () => {
  const items = {
    data: {
      items: [
        { __typename: 'Item', id: 'a' },
        { __typename: 'Item', id: 'b' },
      ],
    },
  }
  const data = {
    items: [
      { id: 'a', left: null },
      { id: 'b', left: null },
    ],
  }
  const paths = [
    ['items', 0, 'left'],
    ['items', 1, 'left'],
  ]

  it.each([
    ['too few', { data: { _entities: [{ left: 1 }] } }],
    ['none', { data: { _entities: 1 } }],
    ['an error for all', { data: null, errors: [{ message: 'down' }] }],
    ['an error for the list', { data: null, errors: [{ message: 'down', path: ['_entities'] }] }],
  ])('are reported one by one when there are %s', async (_, body) => {
    expect(await answer('{ items { id left } }', items, body)).toEqual({ data, paths })
  })

  it('have errors where a client finds a null', async () => {
    const body = {
      data: { _entities: [null, { left: 2 }] },
      errors: [{ message: 'no', path: ['_entities', 0] }],
    }
    expect(await answer('{ items { id left } }', items, body)).toEqual({
      data: {
        items: [
          { id: 'a', left: null },
          { id: 'b', left: 2 },
        ],
      },
      paths: [['items', 0, 'left']],
    })
  })
})
