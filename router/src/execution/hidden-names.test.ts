import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOpenWorld } from '../testing/open-world.ts'

const zoo = {
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@inaccessible"])
    type Query { animals: [Animal] pets: [Pet!] moods: [Mood] size(of: Of): Int }
    interface Animal { name: String }
    type Dog implements Animal { name: String }
    type Wolf implements Animal @inaccessible { name: String }
    union Pet = Dog | Wolf
    enum Mood { GLAD GRIM @inaccessible }
    input Of { name: String number: Int }`,
  resolvers: {
    Query: {
      animals: () => [
        { __typename: 'Dog', name: 'Rex' },
        { __typename: 'Wolf', name: 'Grey' },
      ],
      pets: () => [{ __typename: 'Wolf', name: 'Grey' }],
      moods: () => ['GLAD', 'GRIM'],
      size: () => 3,
    },
    Animal: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
    Pet: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
  },
}

describe('what clients may not see', () => {
  let world: Awaited<ReturnType<typeof createOpenWorld<'zoo'>>>
  beforeAll(async () => {
    world = await createOpenWorld({ zoo })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it.each([
    ['a type', '{ animals { name } }', { animals: [{ name: 'Rex' }, null] }, ['animals', 1]],
    ['a type that may not be null', '{ pets { __typename } }', { pets: null }, ['pets', 0]],
    ['a value', '{ moods }', { moods: ['GLAD', null] }, ['moods', 1]],
  ])('is null, and not named in its error: %s', async (_, query, data, path) => {
    const { body } = await gql(world.url, query)
    expect(body).toMatchObject({ data, errors: [{ path, extensions: { code: 'INTERNAL_SERVER_ERROR' } }] })
    expect(JSON.stringify(body)).not.toMatch(/Wolf|GRIM/)
  })

  it.each([
    '{ animals { ... on Wolf { name } } }',
    '{ animals { ... on Wolv { name } } }',
    '{ moods(is: GRIM) }',
  ])('is not suggested to who asks for it: %s', async (query) => {
    const { body } = await gql(world.url, query)
    expect(body.data).toBeUndefined()
    expect(body.errors?.map(({ message }) => message.replaceAll(/"Wolf"/g, '')).join()).not.toMatch(/Wolf\b/)
  })
})

it('says of inputs whether one of their fields is to be given', async () => {
  await using world = await createOpenWorld({ zoo })
  const { body } = await gql(
    world.url,
    '{ of: __type(name: "Of") { isOneOf } dog: __type(name: "Dog") { isOneOf } }',
  )
  expect(body).toEqual({ data: { of: { isOneOf: false }, dog: { isOneOf: null } } })
})
