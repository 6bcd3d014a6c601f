import { writeFile } from 'node:fs/promises'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { createWsClient } from '@karcis/testkit/ws-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compose } from './testing/compose.ts'
import { serveOpenSubgraph } from './testing/open-subgraph.ts'
import { createOpenWorld } from './testing/open-world.ts'
import { spawnRouter } from './testing/spawn-router.ts'
import { createTopic } from './testing/topic.ts'

const FEDERATION =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@authenticated"])'

const ticks = createTopic<{ id: string }>()

const BOOKS = {
  sdl: `${FEDERATION}
    type Query { books: [Book!] secret: String @authenticated }
    type Book @key(fields: "id") { id: ID! title: String }
    type Subscription { published: Book }
  `,
  resolvers: {
    Query: { books: () => [{ id: 'b1', title: 'Dune' }], secret: () => 'revealed' },
    Subscription: {
      published: {
        subscribe: (_: unknown, args: object) => ticks.subscribe({ ...args }),
        resolve: (book: object) => book,
      },
    },
  },
  path: '/books/graphql',
}
const REVIEWS = {
  sdl: `${FEDERATION} type Query { reviewed: Int } type Book @key(fields: "id") { id: ID! stars: Int }`,
  resolvers: {
    Query: { reviewed: () => 1 },
    Book: { __resolveReference: ({ id }: { id: string }) => ({ id, stars: id.length + 1 }) },
  },
  path: '/reviews',
}

describe('a router for any supergraph', () => {
  let world: Awaited<ReturnType<typeof createOpenWorld<'books' | 'reviews'>>>
  beforeAll(async () => {
    world = await createOpenWorld({ books: BOOKS, reviews: REVIEWS })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('finds the subgraphs where the supergraph says, and sends them no token', async () => {
    const { status, body } = await gql(world.url, '{ books { title stars } }')
    expect({ status, body }).toEqual({
      status: 200,
      body: { data: { books: [{ title: 'Dune', stars: 3 }] } },
    })
    expect(world.subgraphs.books.asked[0]?.headers).not.toHaveProperty('x-karcis-service-token')
  })

  it('denies what only those who signed in may see, because nobody can', async () => {
    const { body } = await gql(world.url, '{ secret books { id } }', {}, { authorization: 'Bearer x' })
    expect(body).toEqual({
      data: { secret: null, books: [{ id: 'b1' }] },
      errors: [{ message: expect.any(String), path: ['secret'], extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  it('does not probe its subgraphs', async () => {
    const response = await fetch(`${world.router.url}/health`)
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 200,
      body: { status: 'ok', checks: {} },
    })
  })

  it('serves federated subscriptions', async () => {
    await using client = createWsClient(world.url)
    const subscription = client.subscribe('subscription { published { stars: id id: stars } }')
    await eventually(() => expect(ticks.subscribers).toBe(1))
    ticks.publish({ id: 'b22' })
    expect(await subscription.next()).toEqual({ data: { published: { stars: 'b22', id: 4 } } })
  })

  it('follows a subgraph that moves', async () => {
    await using world = await createOpenWorld({ books: BOOKS, reviews: REVIEWS })
    await using moved = await serveOpenSubgraph({
      ...REVIEWS,
      resolvers: { Query: { reviewed: () => 2 } },
      path: '/',
    })
    const sdl = compose({ books: BOOKS.sdl, reviews: REVIEWS.sdl }, (name) =>
      name === 'books' ? world.subgraphs.books.url : moved.url,
    )
    await writeFile(world.settings.supergraphFile, sdl)
    await eventually(async () =>
      expect((await gql(world.url, '{ reviewed }')).body.data).toEqual({ reviewed: 2 }),
    )
  })
})

describe('its command line', () => {
  it('takes precedence over the supergraph in where a subgraph is', async () => {
    await using world = await createOpenWorld({ books: BOOKS, reviews: REVIEWS })
    await using other = await serveOpenSubgraph({
      ...REVIEWS,
      resolvers: { Query: { reviewed: () => 7 } },
      path: '/graphql',
    })
    await using child = spawnRouter([
      '--supergraph',
      world.settings.supergraphFile,
      '--port',
      '0',
      '--subgraph',
      `reviews=${new URL(other.url).origin}`,
    ])
    expect((await gql(`${await child.url}/graphql`, '{ reviewed books { title } }')).body.data).toEqual({
      reviewed: 7,
      books: [{ title: 'Dune' }],
    })
  })

  it.each([
    [['--subgraph', 'a=http://127.0.0.1:1'], /--supergraph/],
    [['--supergraph', 'x', '--subgraph', 'a'], /NAME=URL/],
    [['--supergraph', '/nowhere'], /ENOENT/],
  ])('%j ends it with the reason', async (args, reason) => {
    await using child = spawnRouter([...args])
    await expect(child.url).rejects.toThrow(reason)
  })
})
