import { newId } from '@karcis/kit/ids'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Person, type Story, startStory } from './stories.ts'

const LIST =
  'wishlist(first: $first, after: $after) { totalCount edges { cursor addedAt node { id } } pageInfo { hasNextPage } }'
const ADD = 'mutation ($id: ID!) { addToWishlist(eventId: $id) { id wishlist { edges { node { id } } } } }'
const REMOVE =
  'mutation ($id: ID!) { removeFromWishlist(eventId: $id) { wishlist { edges { node { id } } } } }'

const read = async ({ ask }: Person, page: object = {}) =>
  (await ask(`query ($first: Int, $after: String) { me { ${LIST} } }`, { ...page })).data.me.wishlist

const idsOf = (list: { edges: { node: { id: string } }[] }) => list.edges.map(({ node }) => node.id)

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())
afterEach(() => {
  story.neighbours.away = false
})

it('remembers events, newest first, each once', async () => {
  const siti = await story.signUp()
  const [first, second] = [newId(), newId()]
  for (const id of [first, second, first]) await siti.ask(ADD, { id })
  const { data } = await siti.ask(ADD, { id: second })
  expect(idsOf(data.addToWishlist.wishlist)).toEqual([second, first])
  expect(idsOf((await siti.ask(REMOVE, { id: first })).data.removeFromWishlist.wishlist)).toEqual([second])
  expect((await siti.ask(REMOVE, { id: first })).code).toBeUndefined()
  expect(
    idsOf((await siti.ask(REMOVE, { id: second.toUpperCase() })).data.removeFromWishlist.wishlist),
  ).toEqual([])
})

it("is read page by page, and is nobody else's", async () => {
  const [siti, budi] = [await story.signUp(), await story.signUp()]
  const ids = [newId(), newId(), newId()]
  for (const id of ids) await siti.ask(ADD, { id })
  const page = await read(siti, { first: 2 })
  expect(page).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
  const rest = await read(siti, { first: 2, after: page.edges[1].cursor })
  expect([...idsOf(page), ...idsOf(rest)]).toEqual(ids.reverse())
  expect(rest.pageInfo.hasNextPage).toBe(false)
  expect(await read(budi)).toMatchObject({ totalCount: 0, edges: [] })
})

it('wants a person and an id', async () => {
  const siti = await story.signUp()
  expect((await story.anybody(ADD, { id: newId() })).code).toBe('UNAUTHENTICATED')
  expect((await siti.ask(ADD, { id: 'a concert' })).facts.fields).toMatchObject([{ path: 'eventId' }])
})

it('holds a thousand events and no more', async () => {
  const siti = await story.signUp()
  await story.sql(`INSERT INTO wishlist_items (id, user_id, event_id)
    SELECT gen_random_uuid(), '${siti.id}', gen_random_uuid() FROM generate_series(1, 1000)`)
  const { code, facts } = await siti.ask(ADD, { id: newId() })
  expect({ code, facts }).toEqual({ code: 'LIMIT_EXCEEDED', facts: { limit: 1000 } })
  expect((await read(siti)).totalCount).toBe(1000)
})

it('shows after each of several changes in one request how things are then', async () => {
  const siti = await story.signUp()
  const { data } = await siti.ask(
    `mutation ($a: ID!, $b: ID!) {
      first: addToWishlist(eventId: $a) { wishlist { totalCount edges { node { id } } } }
      second: addToWishlist(eventId: $b) { wishlist { totalCount edges { node { id } } } }
    }`,
    { a: newId(), b: newId() },
  )
  expect([data.first.wishlist, data.second.wishlist]).toMatchObject([{ totalCount: 1 }, { totalCount: 2 }])
  expect(data.second.wishlist.edges).toHaveLength(2)
})

it('is read once for one person who is asked for twice', async () => {
  const siti = await story.signUp()
  await siti.ask(ADD, { id: newId() })
  const { data } = await siti.ask(
    '{ a: me { wishlist { edges { cursor } } } b: me { wishlist { edges { cursor } } } }',
  )
  expect(data.a.wishlist.edges).toHaveLength(1)
  expect(data.b).toEqual(data.a)
})

describe('line 10: an event that is hidden, deleted or never was', () => {
  it('is not put on a wishlist', async () => {
    const siti = await story.signUp()
    const id = newId()
    story.neighbours.hidden.add(id)
    story.neighbours.asked.length = 0
    expect(await siti.ask(ADD, { id })).toMatchObject({ code: 'NOT_FOUND', facts: { id } })
    expect((await read(siti)).totalCount).toBe(0)
    expect(story.neighbours.asked).toEqual([{ operation: 'EventVisible', viewer: siti.viewer }])
    story.neighbours.away = true
    expect((await siti.ask(ADD, { id: newId() })).code).toBe('SERVICE_UNAVAILABLE')
  })

  it('is null where it was put there before: no ghost, even if only its id is asked for', async () => {
    const siti = await story.signUp()
    const [gone, here] = [newId(), newId()]
    for (const id of [gone, here]) await siti.ask(ADD, { id })
    story.neighbours.hidden.add(gone)
    const { data, errors } = await siti.ask('{ me { wishlist { totalCount edges { node { id } } } } }')
    expect(errors).toEqual([])
    expect(data.me.wishlist).toEqual({ totalCount: 2, edges: [{ node: { id: here } }, { node: null }] })
    expect(idsOf((await siti.ask(REMOVE, { id: gone })).data.removeFromWishlist.wishlist)).toEqual([here])
  })

  it('is asked for with all others of a request at once, and not when nobody wants the events', async () => {
    const [siti, budi, admin] = [await story.signUp(), await story.signUp(), await story.admin()]
    for (const { ask } of [siti, budi]) for (let n = 0; n < 3; n += 1) await ask(ADD, { id: newId() })
    const { asked } = story.neighbours
    asked.length = 0
    await admin.ask('{ users { edges { node { wishlist { totalCount edges { addedAt node { id } } } } } } }')
    expect(asked).toEqual([{ operation: 'VisibleEvents', viewer: admin.viewer }])
    await admin.ask('{ users { edges { node { wishlist { totalCount edges { addedAt } } } } } }')
    expect(asked).toHaveLength(1)
  })
})
