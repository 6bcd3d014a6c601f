import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRouter } from '../server.ts'
import { createOpenWorld } from '../testing/open-world.ts'

const FEDERATION = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])'
/** Apollo Server answers what accepts anything unusual, and the fast path all else. */
const UNUSUAL = 'application/json, text/plain;q=0.1'

/** A router whose one place for mutations of the subgraph `shop` is taken until that is let go; there is no queue. */
async function openWorld() {
  const { promise: letGo, resolve: free } = Promise.withResolvers<void>()
  let counted = 0
  const world = await createOpenWorld({
    shop: {
      sdl: `${FEDERATION}
        type Query { shop: Int }
        type Mutation { keep: Int take(n: Int): Thing must: Thing! }
        type Thing @key(fields: "id") { id: ID! }`,
      resolvers: {
        Query: { shop: () => 1 },
        Mutation: { keep: () => letGo.then(() => 1), take: () => ({ id: '1' }), must: () => ({ id: '2' }) },
      },
    },
    other: {
      sdl: `${FEDERATION}
        type Query { other: Int }
        type Mutation { count: Int! }
        type Thing @key(fields: "id") { id: ID! name: String }`,
      resolvers: {
        Query: { other: () => 2 },
        Mutation: { count: () => ++counted },
        Thing: { __resolveReference: (ref: object) => ({ ...ref, name: 'x' }) },
      },
    },
  })
  const router = await createRouter({
    ...world.settings,
    limits: { mutationsUnderWay: 1, mutationsWaiting: 0 },
  })
  onTestFinished(async () => {
    free()
    await router.close()
    await world[Symbol.asyncDispose]()
  })
  async function ask(query: string, variables: object = {}, accept = 'application/json') {
    const response = await fetch(`${router.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query, variables }),
    })
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    }
  }
  const kept = ask('mutation { keep }')
  await eventually(() => expect(world.subgraphs.shop.asked).toHaveLength(1))
  return { ask, kept, free, port: router.port }
}

const refusal = (path: string) => ({
  message: 'More people ask just now than can be served. Nothing was done; try again in a moment.',
  path: [path],
  extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 },
})

describe('a mutation for which there is no room', () => {
  it('is refused to everybody in the same words, byte by byte those of Apollo Server, and is done once there is room', async () => {
    const { ask, kept, free } = await openWorld()
    const operations: [query: string, variables: object, data: object | null, path: string][] = [
      ['mutation { take { id } }', {}, { take: null }, 'take'],
      ['mutation ($n: Int) { take(n: $n) { id name } }', { n: 7 }, { take: null }, 'take'],
      ['mutation { mine: take { id } }', {}, { mine: null }, 'mine'],
      ['mutation { must { id name } }', {}, null, 'must'],
      [
        'mutation ($yes: Boolean!) { __typename @include(if: $yes) take { id } }',
        { yes: true },
        { __typename: 'Mutation', take: null },
        'take',
      ],
      [
        'mutation ($yes: Boolean!) { __typename @include(if: $yes) take { id } }',
        { yes: false },
        { take: null },
        'take',
      ],
    ]
    for (const [query, variables, data, path] of operations) {
      const reference = await ask(query, variables, UNUSUAL)
      expect(JSON.parse(reference.text), query).toEqual({ errors: [refusal(path)], data })
      for (const _time of [1, 2, 3]) expect(await ask(query, variables)).toEqual(reference)
    }
    free()
    expect(JSON.parse((await kept).text)).toEqual({ data: { keep: 1 } })
    for (const _time of [1, 2])
      expect(JSON.parse((await ask('mutation { must { id name } }')).text)).toEqual({
        data: { must: { id: '2', name: 'x' } },
      })
  })

  it('leaves what is asked of other subgraphs, and queries, as they are', async () => {
    const { ask } = await openWorld()
    for (let count = 1; count < 5; count++) {
      const { text } = await ask('mutation { take { id } count }')
      expect(JSON.parse(text)).toEqual({ errors: [refusal('take')], data: { take: null, count } })
      expect(JSON.parse((await ask('{ shop other }')).text)).toEqual({ data: { shop: 1, other: 2 } })
    }
  })
})

it('has room for all who come in one moment, before it has turned to any of them', async () => {
  const { port } = await openWorld()
  let opened = 0
  const sockets = Array.from({ length: 1_500 }, () => connect(port, '127.0.0.1', () => void (opened += 1)))
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  // Whoever is turned away by the system tries again by itself, but only after a second.
  for (let turns = 10; turns > 0; turns--) await setImmediate()
  expect(opened).toBe(1_500)
})
