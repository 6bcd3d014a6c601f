import { eventually } from '@karcis/testkit/eventually'
import { createWsClient, type TestWsClient } from '@karcis/testkit/ws-client'
import { GraphQLError } from 'graphql'
import { beforeEach, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../testing/world.ts'

const SEAT_MAP = `subscription ($since: Int) {
  seatMapChanged(eventId: "e1", sinceRevision: $since) { seats event { title organizer { name } } }
}`

const change = (revision: number, seats: string[] = []) => ({ revision, seats, event: { id: 'e1' } })

describe('a federated subscription', () => {
  let world: World
  let client: TestWsClient
  const watchers = (count: number) =>
    eventually(() => expect(world.topics.seatMapChanged.subscribers).toBe(count))

  beforeEach(async () => {
    world = await createWorld()
    client = createWsClient(world.url)
    return async () => {
      await client[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    }
  })

  it('answers each event across subgraphs, in order', async () => {
    const watching = client.subscribe(SEAT_MAP)
    await watchers(1)
    for (const revision of [1, 2, 3]) world.topics.seatMapChanged.publish(change(revision, [`s${revision}`]))
    for (const revision of [1, 2, 3]) {
      expect(await watching.next()).toEqual({
        data: {
          seatMapChanged: { seats: [`s${revision}`], event: { title: 'Jazz', organizer: { name: 'Ani' } } },
        },
      })
    }
  })

  it('keeps the order when the rest of one event takes longer than that of the next', async () => {
    const watching = client.subscribe(SEAT_MAP)
    await watchers(1)
    world.proxies.user.stall(true)
    world.topics.seatMapChanged.publish(change(1, ['slow']))
    await eventually(() => expect(world.calls.some(({ subgraph }) => subgraph === 'event')).toBe(true))
    world.topics.seatMapChanged.publish(change(2, ['fast']))
    world.proxies.user.stall(false)
    expect((await watching.next()).data).toMatchObject({ seatMapChanged: { seats: ['slow'] } })
    expect((await watching.next()).data).toMatchObject({ seatMapChanged: { seats: ['fast'] } })
  })

  it('carries the viewer to every subgraph, with a fresh token each time', async () => {
    await using mine = createWsClient(world.url, await world.as({ role: 'ADMIN' }))
    const watching = mine.subscribe('subscription { ledger { available } }')
    await eventually(() => expect(world.topics.ledger.subscribers).toBe(1))
    world.topics.ledger.publish({ available: 4 })
    expect(await watching.next()).toEqual({ data: { ledger: { available: 4 } } })
    const callers = world.calls.filter(({ subgraph }) => subgraph === 'ticket')
    expect(callers.map(({ service, viewer }) => [service, viewer?.id])).toEqual(
      callers.map(() => ['router', 'u1']),
    )
    expect(new Set(callers.map(({ requestId }) => requestId)).size).toBe(1)
  })

  it('nulls a field that the viewer may not see, in each event', async () => {
    const watching = client.subscribe('subscription { seatMapChanged(eventId: "e1") { revision audit } }')
    await watchers(1)
    for (const revision of [1, 2]) {
      world.topics.seatMapChanged.publish({ ...change(revision), audit: 'who did it' })
      expect(await watching.next()).toEqual({
        data: { seatMapChanged: { revision, audit: null } },
        errors: [
          {
            message: expect.any(String),
            path: ['seatMapChanged', 'audit'],
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      })
    }
  })

  it('delivers what it can of an event when another subgraph is unavailable', async () => {
    const watching = client.subscribe(SEAT_MAP)
    await watchers(1)
    await world.proxies.user.refuse()
    world.topics.seatMapChanged.publish(change(1, ['s1']))
    expect(await watching.next()).toMatchObject({
      data: { seatMapChanged: { seats: ['s1'], event: { title: 'Jazz', organizer: null } } },
      errors: [
        {
          path: ['seatMapChanged', 'event', 'organizer', 'name'],
          extensions: { code: 'SERVICE_UNAVAILABLE' },
        },
      ],
    })
    await world.proxies.user.restore()
    world.topics.seatMapChanged.publish(change(2, ['s2']))
    const recovered = await watching.next()
    expect(recovered.errors).toBeUndefined()
  })

  it('has what its conditions leave, for each watcher by their own variables', async () => {
    const query = `subscription ($name: Boolean!, $seats: Boolean = false) {
      seatMapChanged(eventId: "e1") {
        seats @include(if: $seats)
        event { title @skip(if: $name) organizer @include(if: $name) { name ... @skip(if: $seats) { id } } }
      }
    }`
    const [named, seated] = [{ name: true }, { name: false, seats: true }].map((variables) =>
      client.subscribe(query, variables),
    )
    await watchers(2)
    world.topics.seatMapChanged.publish(change(1, ['s1']))
    expect((await named?.next())?.data).toEqual({
      seatMapChanged: { event: { organizer: { name: 'Ani', id: 'u1' } } },
    })
    expect((await seated?.next())?.data).toEqual({
      seatMapChanged: { seats: ['s1'], event: { title: 'Jazz' } },
    })
  })

  it('is refused when its conditions leave nothing of it', async () => {
    const query = 'subscription ($no: Boolean!) { seatMapChanged(eventId: "e1") @skip(if: $no) { seats } }'
    await expect(client.subscribe(query, { no: true }).completed).rejects.toThrow()
  })

  it('completes when its source does', async () => {
    const watching = client.subscribe(SEAT_MAP)
    await watchers(1)
    world.topics.seatMapChanged.end()
    await expect(watching.completed).resolves.toBeUndefined()
  })

  it('fails alone, with a masked error, when its source does', async () => {
    const failing = client.subscribe(SEAT_MAP)
    const other = client.subscribe('subscription { stock(eventId: "e1") { available } }')
    await watchers(1)
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    world.topics.seatMapChanged.fail(new Error('select * from secrets'))
    await expect(failing.completed).rejects.toThrow('Something went wrong on our side.')
    world.topics.stock.publish({ available: 1, event: null })
    expect(await other.next()).toEqual({ data: { stock: { available: 1 } } })
  })

  it('ends its source when the client leaves, in whatever way', async () => {
    const watching = client.subscribe(SEAT_MAP, { since: 1 })
    await using second = createWsClient(world.url)
    second.subscribe(SEAT_MAP, { since: 2 })
    await watchers(2)
    watching.stop()
    await watchers(1)
    await second[Symbol.asyncDispose]()
    await watchers(0)
    expect(world.topics.seatMapChanged.opened).toHaveLength(2)
  })

  it('starts from the revision that the client has seen', async () => {
    client.subscribe(SEAT_MAP, { since: 7 })
    client.subscribe('subscription { seatMapChanged(eventId: "e1", sinceRevision: 8) { seats } }')
    client.subscribe('subscription { seatMapChanged(eventId: "e1") { seats } }')
    client.subscribe(SEAT_MAP, { since: null })
    await watchers(4)
    expect(world.topics.seatMapChanged.opened).toEqual(
      expect.arrayContaining([
        { eventId: 'e1', sinceRevision: 7 },
        { eventId: 'e1', sinceRevision: 8 },
        { eventId: 'e1' },
        { eventId: 'e1', sinceRevision: null },
      ]),
    )
  })
})

describe('when the upstream is lost', () => {
  it.each([
    ['goes on from the last revision', SEAT_MAP, { since: 3 }],
    [
      'also when the client did not ask for revisions',
      'subscription { seatMapChanged(eventId: "e1") { seats } }',
      {},
    ],
  ])('a seat map %s', async (_, query, variables) => {
    await using world = await createWorld()
    await using client = createWsClient(world.url)
    const { seatMapChanged } = world.topics
    const watching = client.subscribe<{ seatMapChanged: object }>(query, variables)
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    seatMapChanged.publish(change(41, ['before']))
    expect((await watching.next()).data?.seatMapChanged).toMatchObject({ seats: ['before'] })

    world.proxies.ticket.cut()
    await eventually(() => expect(seatMapChanged.opened.at(-1)).toEqual({ eventId: 'e1', sinceRevision: 41 }))
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    seatMapChanged.publish(change(42, ['after']))
    expect((await watching.next()).data?.seatMapChanged).not.toHaveProperty('karcisRevision')
    expect(watching.received).toHaveLength(2)
  })

  it.each([
    ['from the start when it had seen none, rather than miss what happens meanwhile', {}, 0],
    ['from what the client has seen, when that is all that is known', { since: 7 }, 7],
  ])('a seat map goes on %s', async (_, variables, since) => {
    await using world = await createWorld()
    await using client = createWsClient(world.url)
    const { seatMapChanged } = world.topics
    client.subscribe(SEAT_MAP, variables)
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    world.proxies.ticket.cut()
    await eventually(() =>
      expect(seatMapChanged.opened.slice(1)).toEqual([{ eventId: 'e1', sinceRevision: since }]),
    )
  })

  it('in the middle of an event, which could not be told in full, that is asked for again, and nothing of it is delivered', async () => {
    await using world = await createWorld()
    await using client = createWsClient(world.url)
    const watching = client.subscribe(SEAT_MAP)
    const { seatMapChanged } = world.topics
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    seatMapChanged.publish(change(1, ['s1']))
    await watching.next()
    const away = () => {
      throw new GraphQLError('away', { extensions: { code: 'SERVICE_UNAVAILABLE' } })
    }
    seatMapChanged.publish({ ...change(2), seats: away as unknown as string[] })
    await eventually(() => expect(seatMapChanged.opened.at(-1)).toMatchObject({ sinceRevision: 1 }))
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    seatMapChanged.publish(change(2, ['s2']))
    expect((await watching.next()).data).toMatchObject({ seatMapChanged: { seats: ['s2'] } })
  })

  it('other subscriptions are opened again as they were, with a token that is still valid', async () => {
    await using world = await createWorld()
    await using client = createWsClient(world.url, await world.as({ role: 'ADMIN' }))
    const watching = client.subscribe('subscription { ledger { available } }')
    await eventually(() => expect(world.topics.ledger.opened).toHaveLength(1))
    await world.proxies.ticket.refuse()
    await eventually(() => expect(world.topics.ledger.subscribers).toBe(0))
    await world.proxies.ticket.restore()
    await eventually(() => expect(world.topics.ledger.subscribers).toBe(1))
    world.topics.ledger.publish({ available: 2 })
    expect(await watching.next()).toEqual({ data: { ledger: { available: 2 } } })
  })

  it('for good, the subscription fails', async () => {
    await using world = await createWorld({ upstreamPatienceMs: 100 })
    await using client = createWsClient(world.url)
    await world.proxies.ticket.refuse()
    const watching = client.subscribe('subscription { stock(eventId: "e1") { available } }')
    const failure = await watching.completed.catch((error: AggregateError) => error)
    expect((failure as AggregateError).errors).toEqual([
      {
        message: expect.any(String),
        extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) },
      },
    ])
  })
})

describe('a subscription whose events cannot be answered as fast as they come', () => {
  it('does not fill memory with a seat map; it resumes from the last revision, and misses nothing', async () => {
    await using world = await createWorld({ eventsPerSubscriber: 5 })
    await using client = createWsClient(world.url)
    const { seatMapChanged } = world.topics
    const watching = client.subscribe<{ seatMapChanged: { revision: number } }>(
      'subscription { seatMapChanged(eventId: "e1") { revision event { organizer { name } } } }',
    )
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    world.proxies.user.stall(true)
    for (let revision = 1; revision <= 20; revision++) seatMapChanged.publish(change(revision))
    await eventually(() => expect(seatMapChanged.subscribers).toBe(0))
    world.proxies.user.stall(false)
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    const since = Number(seatMapChanged.opened.at(-1)?.sinceRevision)
    expect(since).toBeLessThan(10)
    for (let revision = since + 1; revision <= since + 5; revision++) seatMapChanged.publish(change(revision))
    const all = Array.from({ length: since + 5 }, (_, index) => index + 1)
    await eventually(() =>
      expect(watching.received.map(({ data }) => data?.seatMapChanged.revision)).toEqual(all),
    )
  })

  it('fails where there are no revisions', async () => {
    await using world = await createWorld({ eventsPerSubscriber: 5 })
    await using client = createWsClient(world.url)
    const { stock } = world.topics
    const watching = client.subscribe(
      'subscription { stock(eventId: "e1") { available event { organizer { name } } } }',
    )
    await eventually(() => expect(stock.subscribers).toBe(1))
    world.proxies.user.stall(true)
    for (let available = 1; available <= 20; available++) stock.publish({ available, event: { id: 'e1' } })
    await eventually(() => expect(stock.subscribers).toBe(0))
    world.proxies.user.stall(false)
    await expect(watching.completed).rejects.toThrow(/faster than they were read/)
  })
})
