import { readFileSync } from 'node:fs'
import { Kind, type OperationDefinitionNode, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { knownOperation, validDocument } from '../planning/known-operation.ts'
import { buildSupergraph } from '../planning/supergraph.ts'
import { compose } from '../testing/compose.ts'
import { readCosts } from './list-sizes.ts'
import { measureOperation } from './measure.ts'

const SDL = `
  extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.12"
    import: ["@key", { name: "@listSize", as: "@size" }, { name: "@cost", as: "@price" }]
  )
  type Query {
    things(first: Int, last: Int): [Thing]
    ten(first: Int = 10): [Thing] @size(slicingArguments: ["first"], requireOneSlicingArgument: false)
    all: [Thing!]! @size(assumedSize: 2000)
    unknown: [Thing]
    grid: [[Thing]]
    names: [String!] @size(assumedSize: 50)
    page(first: Int, last: Int): Page
    window(length: Int, upTo: Int): Window @size(slicingArguments: ["length", "upTo"], sizedFields: ["rows"], requireOneSlicingArgument: false)
    dear(with: Int @price(weight: 7)): Dear
    one: Thing
  }
  type Page { edges: [Edge!]! totalCount: Int! }
  type Edge { node: Thing }
  type Window { rows: [Thing] legend: [Thing] }
  type Thing { id: ID! picture: String @price(weight: 300) things(first: Int): [Thing] all: [Thing!]! @size(assumedSize: 2000) }
  type Dear @price(weight: 40) { id: ID! }
`

describe('line 15: the cost of an operation', () => {
  const supergraph = buildSupergraph(compose({ things: SDL }), (_, given) => given)

  function costOf(query: string, variables: Record<string, unknown> = {}): number {
    const { definitions } = parse(query)
    const fragments = definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    )
    return measureOperation(
      supergraph.apiSchema,
      supergraph.costs,
      definitions[0] as OperationDefinitionNode,
      Object.fromEntries(fragments),
      variables,
    ).cost
  }

  it.each([
    ['a page as long as is asked for', '{ things(first: 7) { id } }', 1 + 7],
    ['a page from the end', '{ things(last: 100) { id } }', 1 + 100],
    ['a page whose first is null', '{ things(first: null, last: 100) { id } }', 1 + 100],
    ['the larger of both', '{ things(first: 3, last: 100) { id } }', 1 + 100],
    ['a page of no size given', '{ things { id } }', 1 + 20],
    ['a page of a size below one', '{ things(first: -5) { id } }', 1 + 20],
    ['the default of the argument', '{ ten { id } }', 1 + 10],
    ['a list that is not paged, as long as its schema says', '{ all { id } }', 1 + 2000],
    ['a list that is not paged and of which nothing is said', '{ unknown { id } }', 1 + 10],
    ['lists in lists', '{ grid { id } }', 1 + 100],
    ['a list of leaves', '{ names }', 50],
    ['lists below lists', '{ things(first: 5) { things(first: 6) { id } } }', 1 + 5 * (1 + 6)],
    [
      'the edges of a page, and not what stands beside them',
      '{ page(first: 9) { totalCount edges { node { id } } } }',
      1 + 1 + 1 + 9 * 2,
    ],
    [
      'only the fields that are sized',
      '{ window(length: 4, upTo: 9) { rows { id } legend { id } } }',
      1 + 1 + 9 + 1 + 10,
    ],
    [
      'through fragments',
      '{ page(last: 9) { ...F } } fragment F on Page { ... on Page { edges { node { id } } } }',
      1 + 1 + 9 * 2,
    ],
    [
      'one fragment in two pages',
      '{ a: page(last: 9) { ...F } b: page(last: 3) { ...F } } fragment F on Page { edges { node { id } } }',
      2 + 1 + 9 * 2 + 1 + 3 * 2,
    ],
    ['what a field weighs', '{ things(first: 3) { picture } }', 1 + 3 * 300],
    ['what a type weighs, and an argument', '{ dear(with: 1) { id } }', 40 + 7 + 1],
  ])('counts %s', (_, query, cost) => expect(costOf(query)).toBe(cost))

  it('counts what variables and their defaults say', () => {
    const query = 'query ($n: Int = 30) { things(first: $n) { id } }'
    const known = knownOperation(supergraph, validDocument(supergraph, query))
    expect(costOf(query, { n: 60 })).toBe(61)
    expect(costOf(query, { n: null })).toBe(21)
    expect(known.measure({ n: 30 }).problem).toBeNull()
    expect(known.measure({ n: 100_000 }).problem?.extensions).toMatchObject({ cost: 100_001, most: 100_000 })
  })

  it('is read nowhere where a schema has no costs', () => {
    const { listSizes, weights } = readCosts(parse('schema { query: Query } type Query { a: Int }'))
    expect([listSizes.size, weights.size]).toEqual([0, 0])
  })
})

describe('line 15: on our own schema', () => {
  const supergraph = buildSupergraph(
    readFileSync(new URL('../../../schema/supergraph.graphql', import.meta.url), 'utf8'),
    (_, given) => given,
  )
  const check = (query: string) =>
    knownOperation(supergraph, validDocument(supergraph, query)).measure({}).problem

  it('one anonymous request of 115 bytes that stopped every sale is refused', () => {
    const query =
      '{seatMap(eventId:"e"){seats{ticketType{event{seatMap{seats{ticketType{event{seatMap{seats{id}}}}}}}}}}}'
    expect(check(query)?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', most: 100_000 })
  })

  it.each([
    [
      'a seat map',
      '{ seatMap(eventId: "e") { revision seats { id section row number status heldUntil accessible x y __typename } } }',
    ],
    [
      'a front page',
      '{ events(first: 20) { totalCount edges { cursor node { id slug title startsAt venue { name city } category { name } priceRange { min max currency } ticketTypes { id name price currency available saleStatus } } } } popularEvents { id title } categories { id name } }',
    ],
    [
      'a page of tickets',
      '{ myTickets(first: 100) { edges { node { id code event { title startsAt } seat { section row number } } } } }',
    ],
  ])('%s is within the limit', (_, query) => expect(check(query)).toBeNull())

  it('line 16: pictures weigh what they cost', () => {
    expect(check('{ myTickets(first: 20) { edges { node { qrCode } } } }')).toBeNull()
    const many = Array.from({ length: 4 }, (_, n) => `a${n}: qrCode`).join(' ')
    expect(check(`{ myTickets(first: 100) { edges { node { ${many} } } } }`)?.message).toContain('cost')
  })

  it('line 22: introspection by thirty aliases is refused, and an explorer is not', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    const options = { descriptions: true, inputValueDeprecation: true, specifiedByUrl: true, oneOf: true }
    expect(check(getIntrospectionQuery(options))).toBeNull()
    const body = 'types { name description fields { name description args { name description } } }'
    const aliases = Array.from({ length: 30 }, (_, n) => `a${n}: __schema { ${body} }`).join(' ')
    expect(check(`{ ${aliases} }`)?.extensions).toMatchObject({ introspection: expect.any(Number) })
    const inside = Array.from({ length: 30 }, (_, n) => `a${n}: ${body}`).join(' ')
    expect(check(`{ __schema { ${inside} } }`)?.extensions).toMatchObject({
      introspection: expect.any(Number),
    })
  })
})
