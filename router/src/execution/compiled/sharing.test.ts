import { parse } from 'graphql'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { SubgraphRequest } from '../../subgraphs/request.ts'
import { compileIn, createWorld, planOf } from '../../testing/differential/world.ts'
import { type Encode, executeCompiled, executeToBuffer } from './execute.ts'

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@shareable"])\n'

const world = createWorld({
  shop: `${LINK}
    type Query { items(first: Int): [Item] owner: Owner }
    type Mutation { add: Item }
    type Item @key(fields: "id") { id: ID! }
    type Owner { name: String tags: [String] favourite: Item }`,
  names: `${LINK} type Item @key(fields: "id") { id: ID! name(loud: Boolean): String price: Int! maker: Maker }
    type Maker @key(fields: "id") { id: ID! }`,
  makers: `${LINK} type Maker @key(fields: "id") { id: ID! city: String }`,
})

interface Call {
  service: string
  request: SubgraphRequest
  answer(body: unknown): void
  fail(error: Error): void
}

/** Subgraphs that answer when the test says so. */
function createSubgraphs() {
  const calls: Call[] = []
  const fetchSubgraph = (service: string, request: SubgraphRequest) =>
    new Promise<unknown>((answer, fail) => calls.push({ service, request, answer, fail }))
  return {
    calls,
    runner(text: string) {
      const document = parse(text)
      const compiled = compileIn(world, planOf(world, document), document)
      const request = (scopeKey: string | null, variables: Record<string, unknown> = {}) => ({
        variables,
        scopeKey,
        scope: scopeKey,
        fetchSubgraph,
      })
      return Object.assign(
        (...given: Parameters<typeof request>) => executeCompiled(compiled, request(...given)),
        {
          toBuffer: (scopeKey: string | null, variables?: Record<string, unknown>, encode?: Encode) =>
            executeToBuffer(compiled, request(scopeKey, variables), encode),
        },
      )
    },
    /** The next call, once it has been made. */
    async call(index: number): Promise<Call> {
      for (let turn = 0; turn < 20 && !calls[index]; turn++)
        await new Promise((resolve) => setImmediate(resolve))
      const call = calls[index]
      if (!call) throw new Error(`call ${index} was not made`)
      return call
    },
  }
}

const items = (...ids: string[]) => ({ data: { items: ids.map((id) => ({ __typename: 'Item', id })) } })
const idsOf = ({ request }: Call) =>
  (request.variables.representations as { id: string }[]).map(({ id }) => id)
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Nothing goes out because the machine is slow and another fetch takes too long: time passes when a test says so. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

it('fetches an entity once, at however many paths it is', async () => {
  const { runner, call } = createSubgraphs()
  const response = runner('{ items { id name } }')('viewer')
  ;(await call(0)).answer(items('1', '2', '1'))
  const names = await call(1)
  expect(idsOf(names)).toEqual(['1', '2'])
  names.answer({ data: { _entities: [{ name: 'one' }, { name: 'two' }] } })
  expect((await response).data).toEqual({
    items: [
      { id: '1', name: 'one' },
      { id: '2', name: 'two' },
      { id: '1', name: 'one' },
    ],
  })
})

it('gathers what the same viewer wants while a fetch is under way, and gives each their own errors at their own paths', async () => {
  const { runner, call, calls } = createSubgraphs()
  const run = runner('query($n: Int) { items(first: $n) { name price } }')
  const responses = [run('viewer', { n: 1 }), run('viewer', { n: 2 }), run('viewer', { n: 3 })]
  ;(await call(0)).answer(items('1'))
  ;(await call(1)).answer(items('2', '3'))
  ;(await call(2)).answer(items('3', '4', '3'))
  const first = await call(3)
  expect(idsOf(first)).toEqual(['1'])
  await turn()
  expect(calls).toHaveLength(4)

  first.answer({ data: { _entities: [{ name: 'one', price: 1 }] } })
  const shared = await call(4)
  expect(idsOf(shared)).toEqual(['2', '3', '4'])
  shared.answer({
    data: { _entities: [{ name: 'two', price: 2 }, { name: null, price: 3 }, null] },
    errors: [
      { message: 'no name', path: ['_entities', 1, 'name'] },
      { message: 'gone', path: ['_entities', 2], extensions: { code: 'GONE' } },
    ],
  })
  const [one, two, three] = await Promise.all(responses)
  expect(one).toEqual({ data: { items: [{ name: 'one', price: 1 }] } })
  expect(two?.data).toEqual({
    items: [
      { name: 'two', price: 2 },
      { name: null, price: 3 },
    ],
  })
  expect(two?.errors).toMatchObject([{ message: 'no name', path: ['items', 1, 'name'] }])
  expect(three?.data).toEqual({ items: [{ name: null, price: 3 }, null, { name: null, price: 3 }] })
  expect(three?.errors).toMatchObject([
    { message: 'no name', path: ['items', 0, 'name'] },
    { message: 'no name', path: ['items', 2, 'name'] },
    { message: 'gone', path: ['items', 1, 'name'], extensions: { code: 'GONE', serviceName: 'names' } },
  ])
  expect(calls).toHaveLength(5)
})

it('shares no fetch between viewers', async () => {
  const { runner, call, calls } = createSubgraphs()
  const run = runner('{ items { name } }')
  const responses = ['ann', 'ann', 'ann', 'bob', 'bob', 'bob'].map((viewer) => run(viewer))
  await call(1)
  expect(calls).toHaveLength(2) // one each; the others wait
  calls[0]?.answer(items('1'))
  calls[1]?.answer(items('9'))
  ;(await call(2)).answer({ data: { items: null } })
  ;(await call(3)).answer({ data: { items: null } })
  const entities = [await call(4), await call(5)]
  expect(entities.map(idsOf)).toContainEqual(['1'])
  expect(entities.map(idsOf)).toContainEqual(['9'])
  for (const entity of entities)
    entity.answer({ data: { _entities: [{ name: `name of ${idsOf(entity).join()}` }] } })
  const [ann, , , bob] = await Promise.all(responses)
  expect(ann?.data).toEqual({ items: [{ name: 'name of 1' }] })
  expect(bob?.data).toEqual({ items: [{ name: 'name of 9' }] })
})

it('keeps scopes and variables apart that only together read the same', async () => {
  const { runner, call, calls } = createSubgraphs()
  const run = runner('query($n: Int) { items(first: $n) { id } }')
  const responses = [run('v', { n: 1 }), run('v"n":1', {}), run('v', { n: 2 })]
  await call(2)
  expect(calls.map(({ request }) => request.variables)).toEqual([{ n: 1 }, {}, { n: 2 }])
  for (const { answer } of calls) answer(items())
  await Promise.all(responses)
})

it('shares nothing without a scope, and nothing in mutations', async () => {
  const { runner, call, calls } = createSubgraphs()
  const query = runner('{ owner { name } }')
  const mutation = runner('mutation { add { name } }')
  const responses = [
    query(null),
    query(null),
    query(null),
    mutation('viewer'),
    mutation('viewer'),
    mutation('viewer'),
  ]
  await call(5)
  for (const { answer } of calls.slice(0, 3)) answer({ data: { owner: { name: 'Ann' } } })
  for (const { answer } of calls.slice(3)) answer({ data: { add: { __typename: 'Item', id: '1' } } })
  await call(8)
  for (const { answer } of calls.slice(6)) answer({ data: { _entities: [{ name: 'one' }] } })
  await Promise.all(responses)
  expect(calls).toHaveLength(9)
})

it('gives nobody what a subgraph said before they asked', async () => {
  const { runner, call, calls } = createSubgraphs()
  const run = runner('{ owner { name tags } }')
  const early = run('viewer')
  const before = await call(0)
  const late = [run('viewer'), run('viewer'), run('viewer')]
  await turn()
  expect(calls).toHaveLength(1)
  before.answer({ data: { owner: { name: 'before', tags: ['a'] } } })
  ;(await call(1)).answer({ data: { owner: { name: 'after', tags: ['b'] } } })
  expect((await early).data).toEqual({ owner: { name: 'before', tags: ['a'] } })
  for (const { data } of await Promise.all(late))
    expect(data).toEqual({ owner: { name: 'after', tags: ['b'] } })
  expect(calls).toHaveLength(2)
})

it('waits for a slow fetch only so long', async () => {
  const { runner, call, calls } = createSubgraphs()
  const run = runner('{ owner { name } }')
  const slow = run('viewer')
  await call(0)
  const quick = run('viewer')
  vi.advanceTimersByTime(30)
  ;(await call(1)).answer({ data: { owner: { name: 'quick' } } })
  expect((await quick).data).toEqual({ owner: { name: 'quick' } })
  calls[0]?.answer({ data: { owner: { name: 'slow' } } })
  expect((await slow).data).toEqual({ owner: { name: 'slow' } })
})

it('gives each requester a tree of its own', async () => {
  const { runner, call } = createSubgraphs()
  const run = runner('{ owner { name favourite { name } } }')
  const first = run('viewer')
  const shop = await call(0)
  const sharing = [run('viewer'), run('viewer')]
  shop.answer({ data: { owner: null } })
  await first
  ;(await call(1)).answer({ data: { owner: { name: 'Ann', favourite: { __typename: 'Item', id: '1' } } } })
  ;(await call(2)).answer({ data: { _entities: [{ name: 'earlier' }] } })
  ;(await call(3)).answer({ data: { _entities: [{ name: 'later' }] } })
  const names = (await Promise.all(sharing)).map(({ data }) => data?.owner)
  expect(names).toEqual([
    { name: 'Ann', favourite: { name: 'earlier' } },
    { name: 'Ann', favourite: { name: 'later' } },
  ])
})

it('gives two paths to one entity values of their own to merge into', async () => {
  const { runner, call } = createSubgraphs()
  const response = runner('{ items { maker { id city } } }')('viewer')
  ;(await call(0)).answer(items('1', '1'))
  ;(await call(1)).answer({ data: { _entities: [{ maker: { __typename: 'Maker', id: 'm' } }] } })
  const makers = await call(2)
  expect(idsOf(makers)).toEqual(['m'])
  makers.answer({ data: { _entities: [{ city: 'Bandung' }] } })
  expect((await response).data).toEqual({
    items: [{ maker: { id: 'm', city: 'Bandung' } }, { maker: { id: 'm', city: 'Bandung' } }],
  })
})

it('fetches for everybody alone when a response is ambiguous', async () => {
  const { runner, call, calls } = createSubgraphs()
  const run = runner('query($n: Int) { items(first: $n) { name } }')
  const responses = [1, 2, 3].map((n) => run('viewer', { n }))
  for (const index of [0, 1, 2]) (await call(index)).answer(items(`${index}`))
  ;(await call(3)).answer({ data: { _entities: [{ name: 'zero' }] } })
  const shared = await call(4)
  expect(idsOf(shared)).toEqual(['1', '2'])
  shared.answer({ errors: [{ message: 'cannot read one of them' }] })
  await call(6)
  expect(calls.slice(5).map(idsOf)).toEqual([['1'], ['2']])
  calls[5]?.answer({ errors: [{ message: 'this one' }] })
  calls[6]?.answer({ data: { _entities: [{ name: 'two' }] } })
  const [, one, two] = await Promise.all(responses)
  expect(one).toMatchObject({ data: { items: [{ name: null }] }, errors: [{ message: 'this one' }] })
  expect(two).toEqual({ data: { items: [{ name: 'two' }] } })
})

it('fails all who shared a fetch that failed, and continues', async () => {
  const { runner, call } = createSubgraphs()
  const run = runner('{ owner { name } }')
  const responses = [run('viewer'), run('viewer'), run('viewer')]
  ;(await call(0)).fail(new Error('lost'))
  ;(await call(1)).fail(new Error('lost again'))
  const errors = (await Promise.all(responses)).map(
    ({ errors }) => (errors?.[0] as Error | undefined)?.message,
  )
  expect(errors).toEqual(['lost', 'lost again', 'lost again'])
  const later = run('viewer')
  ;(await call(2)).answer({ data: { owner: null } })
  expect(await later).toEqual({ data: { owner: null } })
})

it('runs an operation once for all of a scope who want its bytes at the same time', async () => {
  const { runner, call, calls } = createSubgraphs()
  const run = runner('query($n: Int) { items(first: $n) { id name } }').toBuffer
  const responses = [run('ann'), run('ann'), run('ann'), run('bob'), run('ann', { n: 1 }), run(null)]
  await call(3)
  expect(calls.map(({ request }) => request.variables)).toEqual([{}, {}, { n: 1 }, {}])
  for (let index = 0; index < 4; index++) calls[index]?.answer(items(`${index}`))
  for (let index = 4; index < 8; index++) {
    const names = await call(index)
    names.answer({ data: { _entities: [{ name: `of ${idsOf(names).join()}` }] } })
  }
  ;(await call(8)).answer(items('8'))
  ;(await call(9)).answer({ data: { _entities: [{ name: 'of 8' }] } })
  const texts = (await Promise.all(responses)).map((bytes) => Buffer.from(bytes).toString())
  expect(texts).toEqual(
    ['0', '8', '8', '1', '2', '3'].map((id) => `{"data":{"items":[{"id":"${id}","name":"of ${id}"}]}}`),
  )
  expect(calls).toHaveLength(10)
})

it('lets everybody encode the errors of a shared run for themselves', async () => {
  const { runner, call } = createSubgraphs()
  const run = runner('{ owner { name } }').toBuffer
  const responses = ['1', '2', '3'].map((id) =>
    run('viewer', {}, ({ errors }) => `${id}: ${String(errors?.[0])}`),
  )
  ;(await call(0)).fail(new Error('lost'))
  ;(await call(1)).answer({ errors: [{ message: 'sold out' }], data: { owner: null } })
  const texts = (await Promise.all(responses)).map((bytes) => Buffer.from(bytes).toString())
  expect(texts).toEqual(
    ['1: Error: lost', '2: GraphQLError: sold out', '3: GraphQLError: sold out'].map((text) =>
      text.replace('GraphQLError: ', ''),
    ),
  )
})

it('gives the transport the body ready, and takes bytes', async () => {
  const { runner, call } = createSubgraphs()
  const response = runner('query Find($n: Int) { items(first: $n) { id name(loud: true) } }')('viewer', {
    n: 2,
    other: 1,
  })
  const { request, answer: give } = await call(0)
  const { query, operationName, variables, body } = request
  expect(JSON.parse(body)).toEqual({ query, operationName, variables })
  expect(variables).toEqual({ n: 2 })
  give(Buffer.from(JSON.stringify(items('1'))))
  const names = await call(1)
  expect(JSON.parse(names.request.body).variables).toEqual({
    representations: [{ __typename: 'Item', id: '1' }],
  })
  names.answer('{"data":{"_entities":[{"name":"ONE"}]}}')
  expect((await response).data).toEqual({ items: [{ id: '1', name: 'ONE' }] })
})

it('writes no code for what is unusual, and answers it all the same', async () => {
  const { runner, call } = createSubgraphs()
  const response = runner('{ constructor: owner { __proto__: name } __type(name: "Item") { name } }')(null)
  const { answer: give } = await call(0)
  give('{"data":{"constructor":{"__proto__":"Ani"}}}')
  expect(JSON.stringify(await response)).toBe(
    '{"data":{"constructor":{"__proto__":"Ani"},"__type":{"name":"Item"}}}',
  )
})
