import { DateTime } from '../src/scalars.ts'
import { describe, expect, it } from 'vitest'
import { joinResolvers } from '../src/resolvers.ts'
import { startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  scalar DateTime
  enum Color { RED }
  type Query { thing: Thing, now: DateTime, color: Color }
  type Mutation { turn: Int }
  type Subscription { turned: Int }
  type Thing @key(fields: "id") { id: ID!, name: String }
`
const none = (): null => null
const complete = {
  DateTime,
  Color: { RED: 1 },
  Query: { thing: none, now: none, color: none },
  Mutation: { turn: none },
  Subscription: { turned: { subscribe: none } },
  Thing: { __resolveReference: none, name: none },
}

describe('a subgraph', () => {
  const start = async (resolvers: object) => {
    await using _server = await startServer({ sdl: SDL, resolvers })
  }

  it('starts when every root field has a resolver and every resolver a field', async () => {
    await expect(start(complete)).resolves.toBeUndefined()
  })

  it.each([
    [{ ...complete, Query: { ...complete.Query, now: undefined } }, 'Query.now has no resolver.'],
    [{ ...complete, Query: { thing: none, color: none } }, 'Query.now has no resolver.'],
    [{ ...complete, Mutation: {} }, 'Mutation.turn has no resolver.'],
    [{ ...complete, Subscription: undefined }, 'Subscription.turned has no resolver.'],
    [{ ...complete, Thing: { nmae: none } }, 'There is a resolver of Thing.nmae, which is no field'],
    [{ ...complete, Mutation: { turn: none, gone: none } }, 'There is a resolver of Mutation.gone'],
    [{ ...complete, Thnig: {} }, 'There are resolvers of Thnig, which is no type of the schema.'],
    [{ ...complete, Color: { GREEN: 2 } }, 'Color.GREEN is no value of the schema.'],
  ])('does not start otherwise: %#', async (resolvers, sentence) => {
    await expect(start(resolvers)).rejects.toThrow(sentence)
  })
})

describe('parts of resolvers', () => {
  it('are joined type by type', () => {
    const [a, b, c] = ['a', 'b', 'c']
    const first = { DateTime, Query: { a }, Thing: { b } }
    expect(joinResolvers<object>(first, { Query: { b }, Thing: { c } })).toEqual({
      DateTime,
      Query: { a, b },
      Thing: { b, c },
    })
    expect(first).toEqual({ DateTime, Query: { a }, Thing: { b } })
  })

  it('may not give the same twice', () => {
    expect(() => joinResolvers<object>({ Query: { a: null } }, { Query: { a: null } })).toThrow('of Query.a')
    expect(() => joinResolvers<object>({ DateTime }, { DateTime })).toThrow('of DateTime')
  })
})
