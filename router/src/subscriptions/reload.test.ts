import { eventually } from '@karcis/testkit/eventually'
import { createWsClient, type TestWsClient } from '@karcis/testkit/ws-client'
import { beforeEach, describe, expect, it } from 'vitest'
import { replaceSupergraph } from '../testing/replace-supergraph.ts'
import { createWorld, type World } from '../testing/world.ts'

const SEAT_MAP = 'subscription { seatMapChanged(eventId: "e1") { seats event { title } } }'
const AUDIT = 'subscription { seatMapChanged(eventId: "e1") { seats audit } }'
const STOCK = 'subscription { stock(eventId: "e1") { available } }'

const change = (revision: number) => ({
  revision,
  seats: [`s${revision}`],
  event: { id: 'e1' },
  audit: 'who did it',
})

describe('a running subscription when the supergraph is replaced', () => {
  let world: World
  let client: TestWsClient
  beforeEach(async () => {
    world = await createWorld({ supergraphPollMs: 20 })
    client = createWsClient(world.url)
    return async () => {
      await client[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    }
  })
  const upstreams = (name: keyof World['topics'], count: number) =>
    eventually(() => expect(world.topics[name].subscribers).toBe(count))

  it('continues upstream as it was, and newcomers share it', async () => {
    const watching = client.subscribe(SEAT_MAP)
    await upstreams('seatMapChanged', 1)
    world.topics.seatMapChanged.publish(change(1))
    await watching.next()
    await replaceSupergraph(world, (ticket) => ticket)
    await using other = createWsClient(world.url)
    const newcomer = other.subscribe(SEAT_MAP)
    await other.subscribe('{ seats }').completed
    world.topics.seatMapChanged.publish(change(2))
    for (const { next } of [watching, newcomer]) {
      expect(await next()).toEqual({ data: { seatMapChanged: { seats: ['s2'], event: { title: 'Jazz' } } } })
    }
    expect(world.topics.seatMapChanged.opened).toHaveLength(1)
  })

  it('is opened again from its last revision where the upstream operation has changed', async () => {
    const watching = client.subscribe(AUDIT)
    await upstreams('seatMapChanged', 1)
    world.topics.seatMapChanged.publish(change(1))
    expect((await watching.next()).data).toEqual({ seatMapChanged: { seats: ['s1'], audit: null } })
    await replaceSupergraph(world, (ticket) =>
      ticket.replace('audit: String @requiresScopes(scopes: [["admin"]])', 'audit: String'),
    )
    await eventually(() =>
      expect(world.topics.seatMapChanged.opened.at(-1)).toEqual({ eventId: 'e1', sinceRevision: 1 }),
    )
    await upstreams('seatMapChanged', 1)
    world.topics.seatMapChanged.publish(change(2))
    expect(await watching.next()).toEqual({
      data: { seatMapChanged: { seats: ['s2'], audit: 'who did it' } },
    })
  })

  it.each([
    ['its field is gone', (ticket: string) => ticket.replace(/stock\(.*\n/, '')],
    [
      'its viewer may not have it any more',
      (ticket: string) => ticket.replace('): Stock\n', '): Stock @authenticated\n'),
    ],
  ])('ends with a code of its own when %s, alone', async (_, replace) => {
    const ending = client.subscribe(STOCK)
    const staying = client.subscribe(SEAT_MAP)
    await upstreams('stock', 1)
    await upstreams('seatMapChanged', 1)
    await replaceSupergraph(world, replace)
    const failure = await ending.completed.catch((error: AggregateError) => error)
    expect((failure as AggregateError).errors).toEqual([
      { message: expect.any(String), extensions: { code: 'SUBSCRIPTION_SCHEMA_RELOAD' } },
    ])
    await upstreams('stock', 0)
    world.topics.seatMapChanged.publish(change(1))
    expect((await staying.next()).data).toMatchObject({ seatMapChanged: { seats: ['s1'] } })
  })

  it('ends when people have shared it by a declaration that is no longer there', async () => {
    const declared = (ticket: string) =>
      ticket
        .replace('"@shareable"]', '"@shareable", "@tag"]')
        .replace('): Stock\n', '): Stock @tag(name: "same-for-all")\n')
        .replace('type Stock {', 'type Stock @tag(name: "same-for-all") {')
    await replaceSupergraph(world, declared)
    await using member = createWsClient(world.url, { ...(await world.as()) })
    const anonymous = client.subscribe(STOCK)
    const signedIn = member.subscribe(STOCK)
    await member.subscribe('{ seats }').completed
    await upstreams('stock', 1)
    expect(world.topics.stock.opened).toHaveLength(1)
    await replaceSupergraph(world, (ticket) => ticket)
    for (const { completed } of [anonymous, signedIn]) await expect(completed).rejects.toThrow(/schema/)
  })
})
