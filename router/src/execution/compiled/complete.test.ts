import { describe, expect, it } from 'vitest'
import { compileIn, createWorld, parseAndPlan } from '../../testing/differential/world.ts'
import { executeCompiled } from './execute.ts'

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@interfaceObject"])\n'
const world = createWorld({
  shop: `${LINK} type Query { item: Item items: [Item!] thing: Thing }
    type Item @key(fields: "id") { id: ID! count: Int name: String parent: Item }
    interface Thing { id: ID! } type Tool implements Thing { id: ID! }`,
  stock: `${LINK} type Query { n: Int } type Item @key(fields: "id") { id: ID! left: Int must: Int! }`,
})

async function answer(text: string, ...bodies: object[]) {
  const { document, plan } = parseAndPlan(world, text)
  const request = {
    variables: {},
    scopeKey: null,
    scope: null,
    fetchSubgraph: async () => structuredClone(bodies.shift()),
  }
  const { data, errors = [] } = await executeCompiled(compileIn(world, plan, document), request)
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
