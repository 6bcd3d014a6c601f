import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { eventually } from '@karcis/testkit/eventually'
import { testRedisUrl } from '@karcis/testkit/redis'
import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expireHold } from '../src/domain/allocation/bound-hold-ender.ts'
import { findSeatChange } from '../src/domain/seat-map/seat-store.ts'
import { expectBooksToBalance } from './races.ts'
import { type Process, type Story, startStory, type Watch } from './stories.ts'

const CHANGES = `subscription ($eventId: ID!, $since: Int) { seatMapChanged(eventId: $eventId, sinceRevision: $since) {
  eventId revision snapshot seats { id status heldUntil section row number ticketType { id name } } } }`
const STOCK = 'subscription ($eventId: ID!) { ticketStockChanged(eventId: $eventId) { id available held } }'

// What a test asks for it knows the shape of.
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type Change = any

const changes = (watch: Watch): Change[] => watch.received.map(({ data }) => data.seatMapChanged)

describe('watching a seat map', () => {
  it('hears each change set of the event once, with the seats as they are now and a rising revision', async () => {
    await using story = await startStory({ LIVE_POLL_MS: '50' })
    const { eventId, typeId, seat } = await story.hall(1, 10)
    const other = await story.hall(1, 10)
    const watch = await story.watch(CHANGES, { eventId, since: 1 })
    const siti = person()
    const { id, expiresAt } = (await story.holdSeats(siti, eventId, [seat('A1'), seat('A2')])).data.holdSeats
    await story.holdSeats(siti, other.eventId, [other.seat('A1')])
    await watch.until(({ data }) => data.seatMapChanged.revision === 2)
    await story.release(siti, id)
    await watch.until(({ data }) => data.seatMapChanged.revision === 3)
    const seen = (label: string, facts: object) => ({
      id: seat(label),
      section: 'Stalls',
      row: 'A',
      number: Number(label.slice(1)),
      ticketType: { id: typeId, name: 'Seat' },
      ...facts,
    })
    const byNumber = (change: Change) => ({
      ...change,
      seats: change.seats.toSorted((a: Change, b: Change) => a.number - b.number),
    })
    expect(changes(watch).map(byNumber)).toEqual([
      {
        eventId,
        revision: 2,
        snapshot: false,
        seats: ['A1', 'A2'].map((label) => seen(label, { status: 'HELD', heldUntil: expiresAt })),
      },
      {
        eventId,
        revision: 3,
        snapshot: false,
        seats: ['A1', 'A2'].map((label) => seen(label, { status: 'AVAILABLE', heldUntil: null })),
      },
    ])
  })

  it('hears of a hold that a booking renews, and of seats that are sold, refunded and blocked', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 10)
    const [siti, bookingId] = [person(), newId()]
    const { id } = (await story.holdSeats(siti, eventId, [seat('A1')])).data.holdSeats
    await story.booking.bind(siti, id, bookingId)
    await story.booking.issue(bookingId)
    await story.booking.cancel(bookingId)
    const block = `mutation ($eventId: ID!, $ids: [ID!]!) { blockSeats(eventId: $eventId, seatIds: $ids) { status } }`
    await story.mustAsk(story.organizer, block, { eventId, ids: [seat('A1')] })
    const watch = await story.watch(CHANGES, { eventId, since: 5 })
    const { data } = await watch.until(() => true)
    expect(data.seatMapChanged).toMatchObject({
      revision: 6,
      snapshot: false,
      seats: [{ id: seat('A1'), status: 'BLOCKED' }],
    })
  })

  it('without a revision hears only what is new; with one, first what it missed; with 0, the whole map', async () => {
    await using story = await startStory()
    const { eventId, seat, ids } = await story.hall(2, 10)
    await story.holdSeats(person(), eventId, [seat('A1')])
    await story.holdSeats(person(), eventId, [seat('A2')])
    const [missed, whole, unknown, fresh] = [
      await story.watch(CHANGES, { eventId, since: 2 }),
      await story.watch(CHANGES, { eventId, since: 0 }),
      await story.watch(CHANGES, { eventId, since: 999 }),
      await story.watch(CHANGES, { eventId }),
    ]
    await missed.until(() => true)
    expect(changes(missed)).toMatchObject([{ revision: 3, snapshot: false, seats: [{ id: seat('A2') }] }])
    for (const watch of [whole, unknown]) {
      await watch.until(() => true)
      expect(changes(watch)[0]).toMatchObject({ revision: 3, snapshot: true })
      expect(new Set(changes(watch)[0].seats.map((seen: Change) => seen.id))).toEqual(new Set(ids))
    }
    await eventually(async () => {
      const { code } = await story.holdSeats(person(), eventId, [seat('B1')])
      expect(code === undefined || fresh.received.length > 0).toBe(true)
    })
    await fresh.until(() => true)
    expect(changes(fresh)[0]).toMatchObject({ revision: 4, snapshot: false, seats: [{ id: seat('B1') }] })
  })

  it('line 8: a watcher ahead of the server hears the whole map at once, also when the map falls back while it watches', async () => {
    await using story = await startStory({ LIVE_POLL_MS: '50' })
    const { eventId, seat, ids } = await story.hall(1, 10)
    const ahead = await story.watch(CHANGES, { eventId, since: 50 })
    const whole = await ahead.until(() => true)
    expect(whole.data.seatMapChanged).toMatchObject({ revision: 1, snapshot: true })
    expect(whole.data.seatMapChanged.seats).toHaveLength(ids.length)

    await story.holdSeats(person(), eventId, [seat('A1')])
    await story.holdSeats(person(), eventId, [seat('A2')])
    await ahead.until(({ data }) => data.seatMapChanged.revision === 3)
    // As if the database had been restored from before the second hold, with the process left running.
    await story.sql(`UPDATE seats SET revision = 1 WHERE id = '${seat('A2')}'`)
    await story.sql(`UPDATE seat_maps SET revision = 2 WHERE event_id = '${eventId}'`)
    const restored = await ahead.until(
      ({ data }) => data.seatMapChanged.revision === 2 && ahead.received.length > 3,
    )
    expect(restored.data.seatMapChanged.revision).toBe(2)
    expect(changes(ahead).at(-1)).toMatchObject({ revision: 2, snapshot: true })
    await story.holdSeats(person(), eventId, [seat('A5')])
    await eventually(() =>
      expect(changes(ahead).at(-1)).toMatchObject({
        revision: 3,
        snapshot: false,
        seats: [{ id: seat('A5') }],
      }),
    )
  })

  it('refuses an event without a map', async () => {
    await using story = await startStory()
    const watch = await story.watch(CHANGES, { eventId: await story.event() })
    const { errors } = await watch.until((message) => message.errors)
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
  })
})

describe('watching stock', () => {
  it('hears of every type of the event when one changed', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const [one, two] = [
      await story.ticketType(eventId, { quota: 10 }),
      await story.ticketType(eventId, { quota: 20 }),
    ]
    const watch = await story.watch(STOCK, { eventId })
    await eventually(async () => {
      await story.holdTickets(person(), one, 1)
      expect(watch.received.length).toBeGreaterThan(0)
    })
    await story.holdTickets(person(), two, 3)
    const { data } = await watch.until((message) => message.data.ticketStockChanged[1].held === 3)
    expect(data.ticketStockChanged).toMatchObject([{ id: one }, { id: two, available: 17, held: 3 }])
  })

  it('hears of it although no message ever comes, also when a type is deleted or an event opens', async () => {
    await using story = await startStory({ LIVE_POLL_MS: '50' })
    const silent = await story.join({ REDIS_URL: 'redis://127.0.0.1:9' })
    const eventId = await story.event()
    const [one, two] = [await story.ticketType(eventId, { quota: 10 }), await story.ticketType(eventId)]
    const watch = await silent.watch(STOCK, { eventId })
    await eventually(async () => {
      await story.holdTickets(person(), one, 1)
      expect(watch.received.length).toBeGreaterThan(0)
    })
    await story.mustAsk(story.organizer, 'mutation ($id: ID!) { deleteTicketType(id: $id) { id } }', {
      id: two,
    })
    const { data } = await watch.until((message) => message.data.ticketStockChanged.length === 1)
    expect(data.ticketStockChanged[0].id).toBe(one)
  })
})

describe('every watcher ends with the seats that the database has (guard: what the bus loses is read)', () => {
  /** What a watcher knows after all it was told, from the whole map on. */
  function folded(watch: Watch): Map<string, string> {
    const map = new Map<string, string>()
    for (const { seats, snapshot } of changes(watch)) {
      if (snapshot) map.clear()
      for (const { id, status } of seats) map.set(id, status)
    }
    return map
  }

  /** Two buyers' worth of everything that can happen to seats, at two processes, with Redis cut off in between. */
  async function turmoil(story: Story, other: Process, cut: () => void) {
    const { eventId, ids } = await story.hall(6, 20)
    const watches = [
      await story.watch(CHANGES, { eventId, since: 0 }),
      await other.watch(CHANGES, { eventId, since: 0 }),
      await other.watch(CHANGES, { eventId, since: 1 }),
    ]
    for (const watch of watches.slice(0, 2)) await watch.until(() => true)
    const random = seeded(7)
    await Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let step = 0; step < 8; step += 1) {
          const process = random() < 0.5 ? story : other
          const at = Math.floor(random() * ids.length)
          const siti = person()
          const { data } = await story.holdSeats(
            siti,
            eventId,
            ids.slice(at, at + 1 + Math.floor(random() * 3)),
            process,
          )
          const hold = data?.holdSeats
          if (hold && random() < 0.6) {
            if (random() < 0.5) await story.release(siti, hold.id, random() < 0.5 ? story : other)
            else {
              await story.lapse(hold.id)
              await expireHold(process.deps, hold.id)
            }
          }
          if (worker === 0 && step % 3 === 2) cut()
        }
      }),
    )
    return { eventId, ids, watches }
  }

  /** A hold that is made while its process cannot reach Redis, and everything that is published once Redis is back. */
  async function cutOff(pollMs: string) {
    await using redis = await createTcpProxy(testRedisUrl())
    await using story = await startStory({ REDIS_URL: redis.through(testRedisUrl()), LIVE_POLL_MS: pollMs })
    await using direct = await story.join({ REDIS_URL: testRedisUrl() })
    const [hall, other] = [await story.hall(2, 20), await story.hall(1, 200)]
    const [watch, elsewhere] = [
      await story.watch(CHANGES, { eventId: hall.eventId, since: 0 }),
      await story.watch(CHANGES, { eventId: other.eventId, since: 1 }),
    ]
    await watch.until(() => true)
    await redis.refuse()
    await story.holdSeats(person(), hall.eventId, [hall.seat('A1')])
    await redis.restore()
    let next = 0
    await eventually(async () => {
      next += 1
      await story.holdSeats(person(), other.eventId, [other.seat(`A${next}`)], direct)
      expect(elsewhere.received.length).toBeGreaterThan(0)
    })
    const truth = await story.seatStatuses(hall.eventId)
    return { truth, watch: await settled(watch, truth) }
  }

  /** What the watch comes to when it is given the time to learn the truth, or what it had when that is over. */
  const settled = (watch: Watch, truth: Map<string, string>): Promise<Map<string, string>> =>
    eventually(() => {
      expect(folded(watch)).toEqual(truth)
      return folded(watch)
    }, 2_000).catch(() => folded(watch))

  it('without reading, a watcher never learns what was said while Redis was away', async () => {
    const { truth, watch } = await cutOff('60000')
    expect(watch).not.toEqual(truth)
  })

  it('with reading, it does', async () => {
    const { truth, watch } = await cutOff('100')
    expect(watch).toEqual(truth)
  })

  it('with it every watcher at every process converges, and never sees a revision fall', async () => {
    await using redis = await createTcpProxy(testRedisUrl())
    await using story = await startStory({ REDIS_URL: redis.through(testRedisUrl()), LIVE_POLL_MS: '100' })
    const other = await story.join()
    const { eventId, ids, watches } = await turmoil(story, other, redis.cut)
    const truth = await story.seatStatuses(eventId)
    expect(new Set(truth.values()).size).toBeGreaterThan(1)
    const newest = (await findSeatChange(story.deps.db, eventId, 0))?.revision
    for (const watch of watches) {
      await watch.until(({ data }) => data.seatMapChanged.revision === newest)
      const revisions = changes(watch).map(({ revision }) => revision)
      expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b))
    }
    for (const watch of watches.slice(0, 2)) expect(folded(watch)).toEqual(truth)
    const untouched = new Map(ids.map((id) => [id, 'AVAILABLE']))
    expect(new Map([...untouched, ...folded(watches[2] as Watch)])).toEqual(truth)
    await expectBooksToBalance(story)
  })
})

/** Random numbers that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
