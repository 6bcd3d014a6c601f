import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from './testing/world.ts'

describe('a query across subgraphs', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('is answered as one query', async () => {
    const { status, body } = await gql(
      world.url,
      '{ events { title organizer { name organizedEvents { title } } } seats }',
    )
    expect(status).toBe(200)
    expect(body).toEqual({
      data: {
        events: [
          { title: 'Jazz', organizer: { name: 'Ani', organizedEvents: [{ title: 'Jazz' }] } },
          { title: 'Rock', organizer: { name: 'Budi', organizedEvents: [{ title: 'Rock' }] } },
        ],
        seats: 500,
      },
    })
  })

  it.each([
    ['{ user(id: "u1") { ... on Node { ... on User { name } } } }', { name: 'Ani' }],
    [
      '{ user(id: "u1") { ...N } } fragment N on Node { id ... on Robot { model } ... on User { name } }',
      { id: 'u1', name: 'Ani' },
    ],
    ['{ user(id: "u1") { ... on Node { ... on Robot { model } } } }', {}],
  ])('finds the object behind an interface: %s', async (query, user) => {
    expect((await gql(world.url, query)).body).toEqual({ data: { user } })
  })
})
