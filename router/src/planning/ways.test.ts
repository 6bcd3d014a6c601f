import { QueryPlanner } from '@apollo/query-planner'
import { gql } from '@karcis/testkit/gql'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createOpenWorld } from '../testing/open-world.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@shareable"])
  type Query { first: Node @shareable }
  interface Node { id: ID! next: Node }
  type A implements Node @key(fields: "id") { id: ID! next: Node @shareable }
  type B implements Node @key(fields: "id") { id: ID! next: Node @shareable }
`
const RESOLVERS = {
  Query: { first: () => ({ __typename: 'A', id: '1' }) },
  A: { next: () => ({ __typename: 'B', id: '2' }), __resolveReference: (reference: object) => reference },
  B: { next: () => ({ __typename: 'A', id: '1' }), __resolveReference: (reference: object) => reference },
}
const SUBGRAPH = { sdl: SDL, resolvers: RESOLVERS }

const nested = (depth: number): string => (depth === 0 ? 'id' : `id next { ${nested(depth - 1)} }`)

/** To plan it without a bound takes longer than any test may. */
const TOO_DEEP = 10

it('refuses what could be had in too many ways, in the terms of limits, and answers what is nested less', async () => {
  const world = await createOpenWorld({ one: SUBGRAPH, two: SUBGRAPH })
  onTestFinished(() => world[Symbol.asyncDispose]())
  const refused = await gql(world.url, `{ first { ${nested(TOO_DEEP)} } }`)
  expect(refused.body).toEqual({
    errors: [
      {
        message: 'The operation is too large: too many interfaces are nested in each other.',
        extensions: { code: 'BAD_USER_INPUT', most: 10_000 },
      },
    ],
  })
  const answered = await gql(world.url, `{ first { ${nested(2)} } }`)
  expect(answered.body).toEqual({ data: { first: { id: '1', next: { id: '2', next: { id: '1' } } } } })
})

it('finds out once that an operation is refused', async () => {
  const world = await createOpenWorld({ one: SUBGRAPH, two: SUBGRAPH })
  onTestFinished(() => world[Symbol.asyncDispose]())
  const planned = vi.spyOn(QueryPlanner.prototype, 'buildQueryPlan')
  onTestFinished(() => planned.mockRestore())
  for (let count = 0; count < 3; count++) {
    const { body } = await gql(world.url, `{ again: first { ${nested(TOO_DEEP)} } }`)
    expect(body.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  }
  expect(planned).toHaveBeenCalledTimes(1)
})

it('refuses what would have to be asked of too many objects, each of its interface', async () => {
  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])
    type Query { first: Node }
    interface Node { id: ID! next: Node }
    type A implements Node @key(fields: "id") { id: ID! next: Node }
    type B implements Node @key(fields: "id") { id: ID! next: Node }
    type C implements Node @key(fields: "id") { id: ID! next: C }`
  const world = await createOpenWorld({ one: { sdl, resolvers: RESOLVERS } })
  onTestFinished(() => world[Symbol.asyncDispose]())
  const refused = await gql(world.url, `{ first { ${nested(TOO_DEEP)} } }`)
  expect(refused.body.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', most: 1_000 })
  const answered = await gql(world.url, `{ first { ${nested(2)} } }`)
  expect(answered.body).toEqual({ data: { first: { id: '1', next: { id: '2', next: { id: '1' } } } } })
})
