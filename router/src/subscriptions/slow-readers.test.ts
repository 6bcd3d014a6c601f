import { eventually } from '@karcis/testkit/eventually'
import { createWsClient } from '@karcis/testkit/ws-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEventStream } from '../testing/event-stream.ts'
import { openRawSocket, type RawSocket } from '../testing/raw-socket.ts'
import { createWorld, type World } from '../testing/world.ts'

const SEAT_MAP = 'subscription { seatMapChanged(eventId: "e1") { revision seats } }'
const STOCK = 'subscription { stock(eventId: "e1") { available event { id } } }'

/** A few of these fill the buffers of the network. */
const LARGE = 'x'.repeat(500_000)

describe('a client that does not read for a while', () => {
  let world: World
  let socket: RawSocket
  beforeEach(async () => {
    world = await createWorld()
    socket = await openRawSocket(world.url)
    await socket.introduce()
    return async () => {
      await socket[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    }
  })
  afterEach(() => socket.deaf(false))

  const revisions = (): number[] =>
    socket.received.flatMap(({ payload }) => payload?.data?.seatMapChanged?.revision ?? [])

  it('has no events of a seat map held for it; it catches up from its last revision, and misses nothing', async () => {
    const { seatMapChanged } = world.topics
    socket.send({ id: '1', type: 'subscribe', payload: { query: SEAT_MAP } })
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    socket.deaf(true)
    let revision = 0
    await eventually(() => {
      seatMapChanged.publish({ revision: ++revision, seats: [LARGE], event: { id: 'e1' } })
      expect(seatMapChanged.subscribers).toBe(0)
    })
    socket.deaf(false)
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    const since = Number(seatMapChanged.opened.at(-1)?.sinceRevision)
    const missed = Array.from({ length: since }, (_, index) => index + 1)
    await eventually(() => expect(revisions()).toEqual(missed))
    seatMapChanged.publish({ revision: 99, seats: [], event: { id: 'e1' } })
    await eventually(() => expect(revisions().at(-1)).toBe(99))
    expect(revisions()).toHaveLength(since + 1)
  })

  it('does not hold up those who share its topic, and joins them again', async () => {
    const { seatMapChanged } = world.topics
    await using quick = createWsClient(world.url)
    const watching = quick.subscribe<{ seatMapChanged: { revision: number } }>(SEAT_MAP)
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    socket.send({ id: '1', type: 'subscribe', payload: { query: SEAT_MAP } })
    socket.send({ type: 'ping' })
    expect(await socket.next()).toMatchObject({ type: 'pong' })
    socket.deaf(true)
    for (let revision = 1; revision <= 40; revision++) {
      seatMapChanged.publish({ revision, seats: [LARGE], event: { id: 'e1' } })
      expect((await watching.next()).data?.seatMapChanged.revision).toBe(revision)
    }
    expect(seatMapChanged.subscribers).toBe(1)
    socket.deaf(false)
    await eventually(() => expect(seatMapChanged.subscribers).toBe(2))
    const since = Number(seatMapChanged.opened.at(-1)?.sinceRevision)
    expect(since).toBeLessThan(40)
    seatMapChanged.publish({ revision: 41, seats: [], event: { id: 'e1' } })
    await eventually(() => expect(revisions().at(-1)).toBe(41))
    await eventually(() => expect(seatMapChanged.subscribers).toBe(1))
    seatMapChanged.publish({ revision: 42, seats: [], event: { id: 'e1' } })
    await eventually(() => expect(revisions().slice(since)).toEqual([41, 42]))
  })

  it('gets the newest of events without revisions, and not all that lie between', async () => {
    const { stock } = world.topics
    await using quick = createWsClient(world.url)
    const watching = quick.subscribe<{ stock: { available: number } }>(STOCK)
    await eventually(() => expect(stock.subscribers).toBe(1))
    socket.send({ id: '1', type: 'subscribe', payload: { query: STOCK } })
    socket.send({ type: 'ping' })
    expect(await socket.next()).toMatchObject({ type: 'pong' })
    socket.deaf(true)
    for (let available = 1; available <= 40; available++) {
      stock.publish({ available, event: { id: LARGE } })
      expect((await watching.next()).data?.stock.available).toBe(available)
    }
    socket.deaf(false)
    const amounts = () => socket.received.flatMap(({ payload }) => payload?.data?.stock?.available ?? [])
    await eventually(() => expect(amounts().at(-1)).toBe(40))
    expect(amounts()).toEqual(amounts().toSorted((a, b) => a - b))
    expect(amounts().length).toBeLessThan(40)
  })

  it('gets the newest event, and then the end, when there is one', async () => {
    const { stock } = world.topics
    socket.send({ id: '1', type: 'subscribe', payload: { query: STOCK } })
    await eventually(() => expect(stock.subscribers).toBe(1))
    socket.deaf(true)
    for (let available = 1; available <= 40; available++) stock.publish({ available, event: { id: LARGE } })
    stock.end()
    socket.deaf(false)
    await eventually(() => expect(socket.received.at(-1)).toEqual({ id: '1', type: 'complete' }))
    expect(socket.received.at(-2)).toMatchObject({ payload: { data: { stock: { available: 40 } } } })
  })

  it('is treated the same over server-sent events', async () => {
    const { stock } = world.topics
    await using quick = createWsClient(world.url)
    const watching = quick.subscribe<{ stock: { available: number } }>(STOCK)
    await eventually(() => expect(stock.subscribers).toBe(1))
    await using stream = await openEventStream(world.url, { query: STOCK })
    for (let available = 1; available <= 40; available++) {
      stock.publish({ available, event: { id: LARGE } })
      expect((await watching.next()).data?.stock.available).toBe(available)
    }
    const amounts: number[] = []
    while (amounts.at(-1) !== 40) amounts.push((await stream.next())?.data.data.stock.available)
    expect(amounts).toEqual(amounts.toSorted((a, b) => a - b))
    expect(amounts.length).toBeLessThan(40)
  })
})
