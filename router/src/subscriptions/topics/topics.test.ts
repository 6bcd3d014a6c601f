import { eventually } from '@karcis/testkit/eventually'
import { createWsClient, type TestSubscription } from '@karcis/testkit/ws-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replaceSupergraph } from '../../testing/replace-supergraph.ts'
import { createWorld, type World } from '../../testing/world.ts'

const SEAT_MAP = `subscription ($since: Int) {
  seatMapChanged(eventId: "e1", sinceRevision: $since) { revision event { organizer { name } } }
}`
const STOCK = 'subscription { stock(eventId: "e1") { available } }'

const change = (revision: number) => ({ revision, seats: [], event: { id: 'e1' } })
const stock = (available: number) => ({ available, event: null })

interface SeatMap {
  seatMapChanged: { revision: number }
}
interface Stock {
  stock: { available: number }
}

const revisions = ({ received }: TestSubscription<SeatMap>) =>
  received.map(({ data }) => data?.seatMapChanged.revision)
const amounts = ({ received }: TestSubscription<Stock>) => received.map(({ data }) => data?.stock.available)

describe('equal subscriptions', () => {
  let world: World
  let open: AsyncDisposableStack
  beforeEach(async () => {
    open = new AsyncDisposableStack()
    world = open.use(await createWorld({ supergraphPollMs: 20 }))
  })
  afterEach(() => open.disposeAsync())

  async function join<T>(query: string, variables: object = {}, user?: { id: string; session?: string }) {
    const client = open.use(createWsClient(world.url, user && { ...(await world.as(user)) }))
    const watching = client.subscribe<T>(query, { ...variables })
    // A response on the same socket comes after the subscription has begun.
    const { completed } = client.subscribe('{ seats }')
    await completed
    return { client, watching }
  }
  const upstreams = (name: keyof World['topics'], count: number) =>
    eventually(() => expect(world.topics[name].subscribers).toBe(count))

  it('share one upstream, and each event is executed once for all', async () => {
    const all = await Promise.all([1, 2, 3].map(() => join<SeatMap>(SEAT_MAP)))
    await upstreams('seatMapChanged', 1)
    const before = world.calls.length
    world.topics.seatMapChanged.publish(change(1))
    for (const { watching } of all) {
      expect(await watching.next()).toEqual({
        data: { seatMapChanged: { revision: 1, event: { organizer: { name: 'Ani' } } } },
      })
    }
    const asked = world.calls.slice(before).map(({ subgraph }) => subgraph)
    expect(asked.filter((name) => name !== 'ticket')).toEqual(['event', 'user'])
    expect(world.topics.seatMapChanged.opened).toHaveLength(1)
  })

  it('are left one by one, also in the middle of an event, and the last to leave ends the upstream', async () => {
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => join<SeatMap>(SEAT_MAP)))
    await upstreams('seatMapChanged', 1)
    world.proxies.user.stall(true)
    world.topics.seatMapChanged.publish(change(1))
    await eventually(() => expect(world.calls.some(({ subgraph }) => subgraph === 'event')).toBe(true))
    first?.watching.stop()
    await second?.client[Symbol.asyncDispose]()
    world.proxies.user.stall(false)
    expect((await third?.watching.next())?.data).toMatchObject({ seatMapChanged: { revision: 1 } })
    world.topics.seatMapChanged.publish(change(2))
    expect((await third?.watching.next())?.data).toMatchObject({ seatMapChanged: { revision: 2 } })
    expect(first?.watching.received).toEqual([])
    third?.watching.stop()
    await upstreams('seatMapChanged', 0)
    expect(world.topics.seatMapChanged.opened).toHaveLength(1)
  })

  it('are those whose variables mean the same', async () => {
    const query = 'subscription ($id: ID! = "e1", $unused: Int) { stock(eventId: $id) { available } }'
    await join(query.replace(', $unused: Int', ''))
    await join(query.replace(', $unused: Int', ''), { id: 'e1' })
    expect(world.topics.stock.opened).toHaveLength(1)
    await join(query.replace(', $unused: Int', ''), { id: 'e2' })
    await upstreams('stock', 2)
  })

  it('are not those of two people, nor of two sessions of one person', async () => {
    for (const user of [undefined, { id: 'u1' }, { id: 'u2' }, { id: 'u2', session: 'other' }]) {
      await join(STOCK, {}, user)
      await join(STOCK, {}, user)
    }
    await upstreams('stock', 4)
    expect(world.topics.stock.opened).toHaveLength(4)
  })

  describe('who come later', () => {
    it('and are as far as the others share their topic', async () => {
      const first = await join<SeatMap>(SEAT_MAP, { since: 3 })
      await upstreams('seatMapChanged', 1)
      world.topics.seatMapChanged.publish(change(5))
      await first.watching.next()
      const others = await Promise.all([5, 6, undefined].map((since) => join<SeatMap>(SEAT_MAP, { since })))
      world.topics.seatMapChanged.publish(change(6))
      world.topics.seatMapChanged.publish(change(7))
      await Promise.all([first, ...others].map(({ watching }) => watching.waitFor(isRevision(7))))
      expect([first, ...others].map(({ watching }) => revisions(watching))).toEqual([
        [5, 6, 7],
        [6, 7],
        [7], // which has said that it has 6
        [6, 7],
      ])
      // The one that is ahead asks by itself, until the others are as far.
      expect(world.topics.seatMapChanged.opened.map(({ sinceRevision }) => sinceRevision)).toEqual([3, 6])
      await upstreams('seatMapChanged', 1)
    })

    describe('line 8: ahead of the server, as after a restore,', () => {
      const snapshot = (revision: number) => ({ ...change(revision), snapshot: true })

      it('get the snapshot that it sends at once, and then its changes', async () => {
        const ahead = await join<SeatMap>(SEAT_MAP, { since: 50 })
        await upstreams('seatMapChanged', 1)
        world.topics.seatMapChanged.publish(snapshot(1))
        world.topics.seatMapChanged.publish(change(2))
        await ahead.watching.waitFor(isRevision(2))
        expect(revisions(ahead.watching)).toEqual([1, 2])
      })

      it('get it also while others watch, who get nothing twice', async () => {
        const first = await join<SeatMap>(SEAT_MAP, { since: 0 })
        await upstreams('seatMapChanged', 1)
        world.topics.seatMapChanged.publish(change(1))
        await first.watching.next()
        const ahead = await join<SeatMap>(SEAT_MAP, { since: 50 })
        await upstreams('seatMapChanged', 2)
        expect(world.topics.seatMapChanged.opened.at(-1)).toMatchObject({ sinceRevision: 50 })
        world.topics.seatMapChanged.publish(snapshot(1))
        expect((await ahead.watching.next()).data?.seatMapChanged.revision).toBe(1)
        await upstreams('seatMapChanged', 1)
        world.topics.seatMapChanged.publish(change(2))
        await Promise.all([first, ahead].map(({ watching }) => watching.waitFor(isRevision(2))))
        expect([first, ahead].map(({ watching }) => revisions(watching))).toEqual([
          [1, 2],
          [1, 2],
        ])
      })

      it('and those who watch already are set back with it', async () => {
        const first = await join<SeatMap>(SEAT_MAP, { since: 40 })
        await upstreams('seatMapChanged', 1)
        world.topics.seatMapChanged.publish(change(41))
        world.topics.seatMapChanged.publish(change(40)) // late, and no snapshot
        world.topics.seatMapChanged.publish(snapshot(3))
        world.topics.seatMapChanged.publish(change(4))
        await first.watching.waitFor(isRevision(4))
        expect(revisions(first.watching)).toEqual([41, 3, 4])
      })
    })

    it('and have seen less catch up on a topic of their own, then join them, and get nothing twice', async () => {
      const first = await join<SeatMap>(SEAT_MAP, { since: 3 })
      await upstreams('seatMapChanged', 1)
      world.topics.seatMapChanged.publish(change(5))
      await first.watching.next()
      const late = await join<SeatMap>(SEAT_MAP, { since: 2 })
      const alsoLate = await join<SeatMap>(SEAT_MAP, { since: 2 })
      await upstreams('seatMapChanged', 2)
      world.topics.seatMapChanged.publish(change(4)) // on its way to the first, and new to the late
      await upstreams('seatMapChanged', 2)
      world.topics.seatMapChanged.publish(change(5))
      await upstreams('seatMapChanged', 1)
      world.topics.seatMapChanged.publish(change(6))
      await Promise.all([first, late, alsoLate].map(({ watching }) => watching.waitFor(isRevision(6))))
      expect([first, late, alsoLate].map(({ watching }) => revisions(watching))).toEqual([
        [5, 6],
        [4, 5, 6],
        [4, 5, 6],
      ])
      expect(world.topics.seatMapChanged.opened.map(({ sinceRevision }) => sinceRevision)).toEqual([3, 2])
    })

    it('line 9: and whose events have no revisions get what their subgraph tells newcomers, then join', async () => {
      const first = await join<Stock>(STOCK)
      await upstreams('stock', 1)
      world.topics.stock.publish(stock(9))
      await first.watching.next()
      const late = await join<Stock>(STOCK)
      await upstreams('stock', 2)
      world.topics.stock.publish(stock(8))
      await upstreams('stock', 1)
      world.topics.stock.publish(stock(7))
      await Promise.all([first, late].map(({ watching }) => watching.waitFor(isAmount(7))))
      expect([first, late].map(({ watching }) => amounts(watching))).toEqual([
        [9, 8, 7],
        [8, 7],
      ])
    })
  })

  describe('that are declared to be the same for all', () => {
    const declare = (sdl: string) =>
      sdl
        .replace('"@shareable"]', '"@shareable", "@tag"]')
        .replace('): Stock\n', '): Stock @tag(name: "same-for-all")\n')
        .replace('ledger: Stock', 'ledger: Stock @tag(name: "same-for-all")')
        .replace('available: Int!', 'available: Int! @tag(name: "same-for-all")')

    beforeEach(() => replaceSupergraph(world, declare))

    it('share one upstream for all people, without a viewer', async () => {
      const before = world.calls.length
      const all = [await join<Stock>(STOCK), await join<Stock>(STOCK, {}, { id: 'u1' })]
      all.push(await join<Stock>(STOCK, {}, { id: 'u2' }))
      await upstreams('stock', 1)
      world.topics.stock.publish(stock(3))
      for (const { watching } of all)
        expect((await watching.next()).data).toEqual({ stock: { available: 3 } })
      const callers = world.calls.slice(before).filter(({ subgraph }) => subgraph === 'ticket')
      expect(callers.map(({ viewer }) => viewer)).toContain(null)
      expect(world.topics.stock.opened).toHaveLength(1)
    })

    it.each([
      ['one field is not', 'subscription { stock(eventId: "e1") { available event { id } } }'],
      [
        'one field in a fragment is not',
        'subscription { stock(eventId: "e1") { ...F } } fragment F on Stock { event { id } }',
      ],
    ])('but not when %s', async (_, query) => {
      await join(query, {}, { id: 'u1' })
      await join(query, {}, { id: 'u2' })
      await upstreams('stock', 2)
      expect(world.topics.stock.opened).toHaveLength(2)
    })

    it('and demand to be signed in, which takes precedence', async () => {
      const client = open.use(createWsClient(world.url, { ...(await world.as({ id: 'u1', role: 'ADMIN' })) }))
      const watching = client.subscribe('subscription { ledger { available } }')
      await upstreams('ledger', 1)
      world.topics.ledger.publish({ available: 1 })
      expect((await watching.next()).data).toEqual({ ledger: { available: 1 } })
    })
  })
})

const isRevision =
  (revision: number) =>
  ({ data }: { data?: SeatMap | null }) =>
    data?.seatMapChanged.revision === revision
const isAmount =
  (amount: number) =>
  ({ data }: { data?: Stock | null }) =>
    data?.stock.available === amount
