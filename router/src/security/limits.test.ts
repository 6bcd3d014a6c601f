import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../testing/world.ts'

const deep = (levels: number): string =>
  `{ events { organizer ${'{ organizedEvents { organizer '.repeat(levels)} { id } ${'} }'.repeat(levels)} } }`

describe('an operation that is too large', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it.each([
    ['depth', deep(7)],
    ['aliases', `{ user(id: "u1") { ${Array.from({ length: 201 }, (_, n) => `a${n}: id`).join(' ')} } }`],
    ['root fields', `{ ...F ${'seats '.repeat(50)} } fragment F on Query { ${'seats '.repeat(51)} }`],
    [
      'cost',
      '{ events(first: 100) { organizer { organizedEvents(first: 100) { organizer { organizedEvents(first: 100) { id } } } } } }',
    ],
    ['mutations', `mutation { ${Array.from({ length: 26 }, (_, n) => `a${n}: touch`).join(' ')} }`],
    [
      'introspection',
      `{ ${Array.from({ length: 30 }, (_, n) => `a${n}: __schema { types { name description fields { name type { name ofType { name } } args { name } } } }`).join(' ')} }`,
    ],
  ])('is refused for its %s, before any fetch', async (what, query) => {
    world.calls.splice(0)
    const { body } = await gql(world.url, query)
    expect(body).toEqual({
      errors: [
        {
          message: expect.stringMatching(new RegExp(`its (number of )?${what} is`)),
          extensions: {
            code: 'BAD_USER_INPUT',
            [what === 'root fields' ? 'rootFields' : what]: expect.any(Number),
            most: expect.any(Number),
          },
        },
      ],
    })
    expect(world.calls).toEqual([])
  })

  it('counts a page as long as its variable says', async () => {
    const query = `query ($n: Int) { events(first: $n) { organizer { organizedEvents(first: $n) { id title } } } }`
    expect((await gql(world.url, query, { n: 20 })).body.errors).toBeUndefined()
    expect((await gql(world.url, query, { n: 1000 })).body.errors?.[0]?.message).toContain('cost')
  })

  it('measures fragments that spread fragments in no time', async () => {
    const fragments = Array.from(
      { length: 30 },
      (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`,
    ).join(' ')
    const { body } = await gql(world.url, `{ ...F0 } ${fragments} fragment F30 on Query { seats }`)
    expect(body.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  })

  it('is not even parsed beyond the token limit', async () => {
    const { body } = await gql(world.url, `{ ${'seats '.repeat(5_000)} }`)
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('tokens'),
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  it('leaves the introspection of explorers alone', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    const { body } = await gql(
      world.url,
      getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true }),
    )
    expect(body.errors).toBeUndefined()
    expect(body.data.__schema.queryType.name).toBe('Query')
  })
})
