import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readIncremental } from '../testing/incremental.ts'
import { createOpenWorld } from '../testing/open-world.ts'
import { openRawSocket } from '../testing/raw-socket.ts'

const link = (...names: string[]): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ${JSON.stringify(names)})`

const SHOWS: Record<string, string[]> = { s1: ['a', 'b'], s2: [] }
const showOf = ({ id }: { id: string }) => ({
  id,
  title: `Show ${id}`,
  acts: SHOWS[id]?.map((code) => ({ code })),
})

let gate: Promise<void> | null = null
let touched = 0

const shows = {
  sdl: `${link('@key', '@authenticated')}
    type Query { shows: [Show!] show(id: ID!): Show }
    type Mutation { touch: Show }
    type Show @key(fields: "id") { id: ID! title: String acts(first: Int): [Act!] secret: Int @authenticated }
    type Act @key(fields: "code") { code: ID! }
  `,
  resolvers: {
    Query: {
      shows: () => Object.keys(SHOWS).map((id) => showOf({ id })),
      show: (_: unknown, args: { id: string }) => showOf(args),
    },
    Mutation: {
      touch: () => {
        touched++
        return showOf({ id: 's1' })
      },
    },
    Show: { __resolveReference: showOf },
  },
}
const critics = {
  sdl: `${link('@key', '@external', '@requires', '@authenticated')}
    type Query { critics: Int }
    type Show @key(fields: "id") {
      id: ID!
      acts(first: Int): [Act!] @external
      stars: Int
      worst: Int!
      firstAct: String @requires(fields: "acts(first: 1) { code }")
    }
    type Act @key(fields: "code") { code: ID! applause: Int }
  `,
  resolvers: {
    Show: {
      __resolveReference: async (show: object) => {
        await gate
        return show
      },
      stars: ({ id }: { id: string }) => id.length + 3,
      worst: ({ id }: { id: string }) => (id === 's2' ? null : 1),
      firstAct: ({ acts }: { acts: { code: string }[] }) => acts[0]?.code ?? null,
    },
    Act: {
      __resolveReference: ({ code }: { code: string }) => ({ code, applause: code.charCodeAt(0) - 90 }),
    },
  },
}

describe('@defer', () => {
  let world: Awaited<ReturnType<typeof createOpenWorld<'shows' | 'critics'>>>
  beforeAll(async () => {
    world = await createOpenWorld({ shows, critics })
  })
  afterAll(() => world[Symbol.asyncDispose]())
  beforeEach(() => {
    gate = null
    for (const { asked } of Object.values(world.subgraphs)) asked.splice(0)
  })

  it('answers at once with what is not deferred, and fetches nothing twice', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    const parts = readIncremental(world.url, '{ shows { title ... @defer(label: "later") { stars } } }')
    expect((await parts.next()).value).toEqual({
      data: { shows: [{ title: 'Show s1' }, { title: 'Show s2' }] },
      hasNext: true,
    })
    resolve()
    expect((await parts.next()).value).toEqual({
      incremental: [
        { data: { stars: 5 }, path: ['shows', 0], label: 'later' },
        { data: { stars: 5 }, path: ['shows', 1], label: 'later' },
      ],
      hasNext: false,
    })
    expect((await parts.next()).done).toBe(true)
    expect(world.subgraphs.shows.asked).toHaveLength(1)
    expect(world.subgraphs.critics.asked).toHaveLength(1)
  })

  it('within @defer, in fragments, with arguments and requirements', async () => {
    const all = await allParts(
      'query ($n: Int) { show(id: "s1") { id ...F @defer } } fragment F on Show { firstAct acts(first: $n) { code ... @defer { applause } } }',
      { n: 2 },
    )
    expect(all).toEqual([
      { data: { show: { id: 's1' } }, hasNext: true },
      {
        incremental: [{ data: { firstAct: 'a', acts: [{ code: 'a' }, { code: 'b' }] }, path: ['show'] }],
        hasNext: true,
      },
      {
        incremental: [
          { data: { applause: 7 }, path: ['show', 'acts', 0] },
          { data: { applause: 8 }, path: ['show', 'acts', 1] },
        ],
        hasNext: false,
      },
    ])
  })

  it('never runs a mutation twice', async () => {
    const before = touched
    const all = await allParts('mutation { touch { id ... @defer { stars } } }')
    expect(all).toHaveLength(2)
    expect(touched).toBe(before + 1)
  })

  it('has the errors of a payload in that payload', async () => {
    const [first, second] = await allParts('{ show(id: "s2") { title ... @defer { worst } } }')
    expect(first).toEqual({ data: { show: { title: 'Show s2' } }, hasNext: true })
    expect(second).toMatchObject({
      incremental: [{ data: null, path: ['show'], errors: [{ path: ['show', 'worst'] }] }],
      hasNext: false,
    })
  })

  it.each([
    [
      'the client says no',
      'query ($no: Boolean = false) { show(id: "s1") { title ... @defer(if: $no) { stars } } }',
      { title: 'Show s1', stars: 5 },
    ],
    [
      'it is too much',
      `{ show(id: "s1") { title ${'... @defer { stars } '.repeat(9)} } }`,
      { title: 'Show s1', stars: 5 },
    ],
    [
      'fragments make it too much',
      `{ show(id: "s1") { title ${Array.from({ length: 9 }, (_, n) => `a${n}: acts(first: 0) { ...F }`).join(' ')} ... @defer { stars } } } fragment F on Act { ... @defer { applause } }`,
      {
        title: 'Show s1',
        ...Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`a${n}`, expect.any(Array)])),
        stars: 5,
      },
    ],
    ['nothing is', '{ show(id: "s1") { title } }', { title: 'Show s1' }],
    [
      'a name had to be replaced',
      '{ show(id: "s1") { title: id ... @defer { stars } } }',
      { title: 's1', stars: 5 },
    ],
  ])('gives one response when %s', async (_, query, show) => {
    expect(await allParts(query)).toEqual([{ data: { show } }])
  })

  it('reports what is denied, in one response', async () => {
    const [only, ...others] = await allParts('{ show(id: "s1") { title ... @defer { secret } } }')
    expect(only).toMatchObject({
      data: { show: { title: 'Show s1', secret: null } },
      errors: [{ path: ['show', 'secret'] }],
    })
    expect(others).toEqual([])
  })

  it('is ignored for clients that take one response only', async () => {
    const query = '{ show(id: "s1") { title ...F @defer } } fragment F on Show { stars }'
    const show = { title: 'Show s1', stars: 5 }
    expect((await gql(world.url, query)).body).toEqual({ data: { show } })
    await using socket = await openRawSocket(world.url)
    await socket.introduce()
    socket.send({ id: '1', type: 'subscribe', payload: { query } })
    expect(await socket.next()).toMatchObject({ payload: { data: { show } } })
  })

  async function allParts(query: string, variables?: object): Promise<object[]> {
    const parts: object[] = []
    for await (const part of readIncremental(world.url, query, variables)) parts.push(part)
    return parts
  }
})
