import { newId } from '@karcis/kit/ids'
import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { eventually } from '@karcis/testkit/eventually'
import { testRedisUrl } from '@karcis/testkit/redis'
import { Redis } from 'ioredis'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { sweepHolds } from '../src/domain/allocation/bound-hold-ender.ts'
import { countingQueries } from './counting-queries.ts'
import { expectBooksToBalance } from './races.ts'
import { eventFacts, startStory } from './stories.ts'

const HOLD = 'query ($id: ID!) { hold(id: $id) { id status seats { status heldUntil } } }'
const hour = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()

describe('holding chosen seats', () => {
  it('keeps them for the buyer, counts them, and shows them as held', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(2, 10)
    const { data, code } = await story.holdSeats(person(), eventId, [seat('A1'), seat('A2')])
    expect(code).toBeUndefined()
    expect(data.holdSeats).toMatchObject({
      eventId,
      status: 'ACTIVE',
      seats: [{ status: 'HELD' }, { status: 'HELD' }],
      items: [
        {
          quantity: 1,
          unitPrice: 100_000,
          currency: 'IDR',
          seat: { id: seat('A1') },
          ticketType: { id: typeId },
        },
        { quantity: 1, seat: { id: seat('A2') } },
      ],
    })
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 0, held: 2, available: 18 })
    await expectBooksToBalance(story)
  })

  it('takes all or nothing, and says which seats are not free', async () => {
    await using story = await startStory()
    const { eventId, seat, typeId } = await story.hall(1, 10)
    await story.holdSeats(person(), eventId, [seat('A3'), seat('A4')])
    const late = await story.holdSeats(person(), eventId, [seat('A4'), seat('A5'), seat('A6')])
    expect(late).toMatchObject({ code: 'SEATS_UNAVAILABLE', facts: { seatIds: [seat('A4')] } })
    expect(await story.stock(typeId)).toMatchObject({ held: 2 })
  })

  it('refuses to leave a single seat alone, and names it', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 10)
    const { code, facts } = await story.holdSeats(person(), eventId, [seat('A2'), seat('A3')])
    expect({ code, facts }).toEqual({ code: 'ORPHAN_SEAT', facts: { seatIds: [seat('A1')] } })
  })

  it('takes ids in any case', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(1, 10)
    const siti = person()
    const upper = (id: string) => id.toUpperCase()
    const chosen = await story.holdSeats(siti, upper(eventId), [seat('A1'), seat('A2')].map(upper))
    expect(chosen.data.holdSeats).toMatchObject({ eventId, seats: [{ id: seat('A1') }, { id: seat('A2') }] })
    expect((await story.holdSeats(person(), eventId, [seat('A1'), upper(seat('A1'))])).code).toBe(
      'BAD_USER_INPUT',
    )
    const best = await story.holdBest(siti, upper(eventId), upper(typeId), 2)
    expect(best.code).toBeUndefined()
    const { id } = best.data.holdBestSeats
    expect((await story.ask(siti, HOLD, { id: upper(id) })).data.hold.id).toBe(id)
    expect((await story.release(siti, upper(id))).data.releaseHold).toEqual({ id, status: 'RELEASED' })
    const seats = 'query ($ids: [ID!]!) { seats(ids: $ids) { id } }'
    const ids = [upper(seat('A2')), 'no id', seat('A1')]
    expect((await story.ask(null, seats, { ids })).data.seats).toEqual([
      { id: seat('A2') },
      null,
      { id: seat('A1') },
    ])
  })

  it('checks whose, what and how many', async () => {
    await using story = await startStory()
    const { eventId, seat, ids } = await story.hall(2, 10, {}, { maxPerUser: 4 })
    const other = await story.hall(1, 4)
    const siti = person()
    const problem = async (seatIds: string[], of = eventId) => {
      const { code, facts } = await story.holdSeats(siti, of, seatIds)
      return [code, facts.limit ?? facts.fields?.[0].path ?? facts.id]
    }
    expect(
      (await story.ask(null, 'mutation { holdSeats(input: { eventId: "x", seatIds: [] }) { id } }')).code,
    ).toBe('UNAUTHENTICATED')
    expect(await problem([])).toEqual(['BAD_USER_INPUT', 'input.seatIds'])
    expect(await problem(['x'])).toEqual(['BAD_USER_INPUT', 'input.seatIds.0'])
    expect(await problem([seat('A1'), seat('A1')])).toEqual(['BAD_USER_INPUT', 'input.seatIds'])
    expect(await problem(ids.slice(0, 11))).toEqual(['LIMIT_EXCEEDED', 10])
    expect(await problem(ids.slice(0, 5))).toEqual(['LIMIT_EXCEEDED', 4])
    expect(await problem([other.seat('A1')])).toEqual(['NOT_FOUND', other.seat('A1')])
    expect(await problem([seat('A1')], newId())).toEqual(['NOT_FOUND', seat('A1')])
    expect(await problem(ids.slice(0, 3))).toEqual([undefined, undefined])
    expect(await problem(ids.slice(10, 12))).toEqual(['LIMIT_EXCEEDED', 4])
    await expectBooksToBalance(story)
  })

  it('is only possible while the sale is open', async () => {
    await using story = await startStory()
    for (const sale of [{ saleStartsAt: hour(1) }, { saleStartsAt: hour(-2), saleEndsAt: hour(-1) }]) {
      const { eventId, seat } = await story.hall(1, 4, {}, sale)
      expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBe('SALE_NOT_OPEN')
    }
    for (const facts of [{ status: 'PENDING' }, { status: 'REJECTED' }]) {
      const { eventId, seat } = await story.hall(1, 4, facts)
      expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBe('EVENT_NOT_BOOKABLE')
    }
    const { eventId, seat } = await story.hall(1, 4)
    await story.tellOfEvent(eventFacts(story.organizer.id, { id: eventId, endsAt: hour(-1), version: 2 }))
    expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBe('EVENT_NOT_BOOKABLE')
  })

  it('asks the event subgraph before it refuses because of a local copy', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 4, { status: 'PENDING' })
    expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBe('EVENT_NOT_BOOKABLE')
    story.neighbours.events.set(eventId, eventFacts(story.organizer.id, { id: eventId, version: 2 }))
    expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBeUndefined()
    await story.holdSeats(person(), eventId, [seat('A3'), seat('A4')])
    const asked = story.neighbours.asked.filter((what) => what.startsWith('eventForSale'))
    expect(asked).toEqual([`eventForSale ${eventId}`, `eventForSale ${eventId}`]) // what the copy grants is not asked

    const unheard = eventFacts(story.organizer.id)
    story.neighbours.events.set(unheard.id, unheard)
    expect(await story.ticketType(unheard.id)).toEqual(expect.any(String))
    const nowhere = { eventId: newId(), name: 'X', kind: 'FREE', quota: 1 }
    const create = 'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }'
    expect((await story.ask(story.organizer, create, { input: nowhere })).code).toBe('NOT_FOUND')
  })
})

describe('the end of a hold', () => {
  it('comes by releasing it, once, and its seats are free for the next', async () => {
    await using story = await startStory()
    const { eventId, seat, typeId } = await story.hall(1, 10)
    const siti = person()
    const { id } = (await story.holdSeats(siti, eventId, [seat('A1')])).data.holdSeats
    expect((await story.release(person(), id)).code).toBe('NOT_FOUND')
    for (let time = 0; time < 2; time += 1) {
      expect((await story.release(siti, id)).data.releaseHold.status).toBe('RELEASED')
    }
    expect(await story.stock(typeId)).toMatchObject({ held: 0, available: 10 })
    await eventually(async () =>
      expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBeUndefined(),
    )
    await expectBooksToBalance(story)
  })

  it('comes by itself when its time is up, and is published', async () => {
    await using story = await startStory({ HOLD_SECONDS: '1' })
    const { eventId, seat, typeId } = await story.hall(1, 10)
    const watch = await story.watch(
      'subscription ($eventId: ID!) { seatMapChanged(eventId: $eventId, sinceRevision: 1) { revision seats { id status } } }',
      { eventId },
    )
    const siti = person()
    const { id } = (await story.holdSeats(siti, eventId, [seat('A1')])).data.holdSeats
    const sees = (status: string) =>
      watch.until(({ data }) =>
        data.seatMapChanged.seats.some(
          (seen: { id: string; status: string }) => seen.id === seat('A1') && seen.status === status,
        ),
      )
    const held = await sees('HELD')
    const freed = await sees('AVAILABLE')
    expect(freed.data.seatMapChanged.revision).toBeGreaterThan(held.data.seatMapChanged.revision)
    expect((await story.ask(siti, HOLD, { id })).data.hold.status).toBe('EXPIRED')
    expect(await story.stock(typeId)).toMatchObject({ held: 0, available: 10 })
    await expectBooksToBalance(story)
  })

  it('needs nobody who sweeps: past its time everything reads as free and the next buyer has it', async () => {
    await using story = await startStory()
    const { eventId, seat, typeId } = await story.hall(1, 10)
    const siti = person()
    const { id } = (await story.holdSeats(siti, eventId, [seat('A1'), seat('A2')])).data.holdSeats
    await story.lapse(id)
    expect(await story.stock(typeId)).toEqual({ quota: 10, sold: 0, held: 0, available: 10 })
    expect((await story.seatStatuses(eventId)).get(seat('A1'))).toBe('AVAILABLE')
    expect((await story.ask(siti, HOLD, { id })).data.hold).toMatchObject({
      status: 'EXPIRED',
      seats: [{ status: 'AVAILABLE', heldUntil: null }, {}],
    })
    expect(
      (await story.holdSeats(person(), eventId, [seat('A2'), seat('A1'), seat('A3')])).code,
    ).toBeUndefined()
    expect(await story.sql('SELECT status FROM holds ORDER BY id')).toEqual([
      { status: 'EXPIRED' },
      { status: 'ACTIVE' },
    ])
    await expectBooksToBalance(story)
  })

  it('is swept up, with all others whose job was lost', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(1, 10)
    const general = await story.ticketType(eventId, { quota: 10 })
    const kept = (await story.holdSeats(person(), eventId, [seat('A1')])).data.holdSeats
    const lost: string[] = []
    for (const label of ['A2', 'A3']) {
      lost.push((await story.holdSeats(person(), eventId, [seat(label)])).data.holdSeats.id)
    }
    for (const id of lost) await story.lapse(id)
    await story.lapse((await story.holdTickets(person(), general, 4)).data.holdTickets.id)
    expect(await sweepHolds(story.deps)).toBe(3)
    expect(await sweepHolds(story.deps)).toBe(0)
    expect(await story.sql("SELECT id FROM holds WHERE status = 'ACTIVE'")).toEqual([{ id: kept.id }])
    expect([await story.stock(typeId), await story.stock(general)]).toMatchObject([{ held: 1 }, { held: 0 }])
    await expectBooksToBalance(story)
  })

  it('is seen by its holder and admins only', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 10)
    const siti = person()
    const { id } = (await story.holdSeats(siti, eventId, [seat('A1')])).data.holdSeats
    for (const viewer of [siti, story.admin])
      expect((await story.ask(viewer, HOLD, { id })).data.hold.id).toBe(id)
    for (const viewer of [person(), story.organizer])
      expect((await story.ask(viewer, HOLD, { id })).code).toBe('NOT_FOUND')
    expect((await story.ask(null, HOLD, { id })).code).toBe('UNAUTHENTICATED')
    expect((await story.ask(siti, HOLD, { id: 'x' })).facts.fields).toMatchObject([{ path: 'id' }])
  })
})

describe('claims in Redis', () => {
  it('turn losers away without a query, once the hold is known to be alive', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 10)
    await story.holdSeats(person(), eventId, [seat('A1')])
    await eventually(async () => {
      const queries = countingQueries(story.deps)
      expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBe('SEATS_UNAVAILABLE')
      expect(queries).toEqual([])
    })
  })

  it('of a hold that is gone, because Redis was away when it was released, block nobody', async () => {
    await using redis = await createTcpProxy(testRedisUrl())
    await using story = await startStory({ REDIS_URL: redis.through(testRedisUrl()) })
    await using direct = await story.join({ REDIS_URL: testRedisUrl() })
    const { eventId, seat } = await story.hall(1, 10)
    const siti = person()
    const { id } = (await story.holdSeats(siti, eventId, [seat('A1')])).data.holdSeats
    const look = new Redis(testRedisUrl())
    const claims = async () =>
      Object.fromEntries(
        await Promise.all(
          (await look.keys(`seat:{${eventId}}:*`)).map(async (key) => [key, await look.get(key)]),
        ),
      )
    const confirmed = { [`seat:{${eventId}}:${seat('A1')}`]: `hold:${id}` }
    await eventually(async () => expect(await claims()).toEqual(confirmed))
    await redis.refuse()
    expect((await story.release(siti, id)).data.releaseHold.status).toBe('RELEASED')
    expect(await claims()).toEqual(confirmed)
    expect((await story.holdSeats(person(), eventId, [seat('A1')], direct)).code).toBeUndefined()
    look.disconnect()
    await expectBooksToBalance(story)
  })

  it('that never became a hold end within seconds; those of a refused hold at once', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 10)
    const look = new Redis(testRedisUrl())
    const key = `seat:{${eventId}}:${seat('A1')}`
    await story.deps.seatClaims.claim(eventId, [seat('A1')], newId()) // and then its process dies
    expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBe('SEATS_UNAVAILABLE')
    const left = await look.pttl(key)
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(4_000)
    expect((await story.holdSeats(person(), eventId, [seat('A4'), seat('A9')])).code).toBe('ORPHAN_SEAT')
    await eventually(async () => expect(await look.exists(`seat:{${eventId}}:${seat('A4')}`)).toBe(0))
    look.disconnect()
  })
})
