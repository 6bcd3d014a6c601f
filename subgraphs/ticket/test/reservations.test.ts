import { BIND_HOLDS, KEPT_PLACES, RESERVE_PLACES, RESIZE_HOLD } from '@karcis/kit/contracts/bound-hold'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expectBooksToBalance, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

/** What booking asks for a cart. */
const cartOf = ({ ask }: Story, viewer: Viewer) => ({
  reserve: (holdId: string, wanted: Record<string, unknown>) =>
    ask(viewer, RESERVE_PLACES, { holdId, ...wanted }, 'booking'),
  resize: (holdId: string, quantity: number) => ask(viewer, RESIZE_HOLD, { holdId, quantity }, 'booking'),
  bind: (bookingId: string, holdIds: string[]) => ask(viewer, BIND_HOLDS, { bookingId, holdIds }, 'booking'),
  async kept(...holdIds: string[]): Promise<string[]> {
    const { data } = await ask(viewer, KEPT_PLACES, { holdIds }, 'booking')
    return data.keptPlaces.map((hold: { holdId: string }) => hold.holdId)
  },
})

describe('places of a cart', () => {
  it('are kept by an id that the caller makes up, once however often they are asked for', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(1, 8)
    const buyer = person()
    const cart = cartOf(story, buyer)
    const [places, seats] = [newId(), newId()]
    const items = [{ ticketTypeId: typeId, quantity: 2 }]
    const answers = await Promise.all(Array.from({ length: 6 }, () => cart.reserve(places, { items })))
    for (const { data } of answers) expect(data.reservePlaces.holdId).toBe(places)
    await cart.reserve(seats, { eventId, seatIds: [seat('A7'), seat('A8')] })
    await cart.reserve(seats, { eventId, seatIds: [seat('A7'), seat('A8')] })
    expect(await story.stock(typeId)).toMatchObject({ held: 4 })
    expect((await cart.kept(places, seats, newId())).toSorted()).toEqual([places, seats].toSorted())

    const stranger = cartOf(story, person())
    expect(await stranger.kept(places)).toEqual([])
    expect((await stranger.reserve(places, { items })).code).toBe('NOT_FOUND')
    expect((await stranger.resize(places, 1)).code).toBe('NOT_FOUND')
    expect((await stranger.bind(newId(), [places])).code).toBe('NOT_FOUND')
    expect((await cart.reserve(newId(), {})).code).toBe('BAD_USER_INPUT')
    await story.lapse(places)
    expect(await cart.kept(places)).toEqual([])
    expect((await cart.reserve(places, { items })).code).toBe('HOLD_EXPIRED')
    expect((await cart.resize(places, 1)).code).toBe('HOLD_EXPIRED')
    await expectBooksToBalance(story)
  })

  it('are not in the way of themselves, where there are no others left', async () => {
    await using story = await startStory()
    const { typeId } = await story.hall(1, 8)
    const cart = cartOf(story, person())
    for (let round = 0; round < 5; round += 1) {
      const holdId = newId()
      const items = [{ ticketTypeId: typeId, quantity: 5 }]
      const answers = await Promise.all(Array.from({ length: 6 }, () => cart.reserve(holdId, { items })))
      expect(answers.map(({ code, data }) => code ?? data.reservePlaces.holdId)).toEqual(
        Array.from({ length: 6 }, () => holdId),
      )
      expect(await story.stock(typeId)).toMatchObject({ held: 5 })
      await story.lapse(holdId)
    }
    await expectBooksToBalance(story)
  })

  it('become more and fewer, of seats too, and no more than there are', async () => {
    await using story = await startStory()
    const { typeId } = await story.hall(1, 8)
    const cart = cartOf(story, person())
    const holdId = newId()
    await cart.reserve(holdId, { items: [{ ticketTypeId: typeId, quantity: 2 }] })
    for (const quantity of [4, 1, 3, 2]) {
      const { data } = await cart.resize(holdId, quantity)
      expect(data.resizeHold.items).toHaveLength(quantity)
      expect(await story.stock(typeId)).toMatchObject({ held: quantity })
      await expectBooksToBalance(story)
    }
    expect((await cart.resize(holdId, 9)).code).toBe('SOLD_OUT')
    expect((await cart.resize(holdId, 11)).code).toBe('LIMIT_EXCEEDED')
    expect(await story.stock(typeId)).toMatchObject({ held: 2 })
    await expectBooksToBalance(story)
  })

  it('of several holds are bound to one booking as one, and become its tickets', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(1, 6)
    const standing = await story.ticketType(eventId)
    const cart = cartOf(story, person())
    const [seats, places, bookingId] = [newId(), newId(), newId()]
    await cart.reserve(seats, { eventId, seatIds: [seat('A1'), seat('A2')] })
    await cart.reserve(places, { items: [{ ticketTypeId: standing, quantity: 3 }] })
    const bound = await Promise.all([1, 2, 3].map(() => cart.bind(bookingId, [places, seats])))
    for (const { data } of bound) {
      expect(data.bindHolds.holdId).toBe(places)
      expect(data.bindHolds.items).toHaveLength(3)
    }
    await expectBooksToBalance(story)
    expect((await cart.bind(newId(), [seats])).code).toBe('HOLD_EXPIRED')
    expect((await cart.bind(newId(), [places])).code).toBe('CONFLICT')
    expect(await cart.kept(seats, places)).toEqual([])
    expect((await story.booking.issue(bookingId)).data.issueTickets.ticketIds).toHaveLength(5)
    expect(await story.stock(typeId)).toMatchObject({ sold: 2, held: 0 })
    expect(await story.stock(standing)).toMatchObject({ sold: 3, held: 0 })
    await expectBooksToBalance(story)
  })

  it('of one hold that is over are none of them bound', async () => {
    await using story = await startStory()
    const { eventId } = await story.hall(1, 6)
    const types = [await story.ticketType(eventId), await story.ticketType(eventId)]
    const elsewhere = await story.ticketType(await story.event())
    const cart = cartOf(story, person())
    const [one, other, foreign] = [newId(), newId(), newId()]
    for (const [at, holdId] of [one, other].entries())
      await cart.reserve(holdId, { items: [{ ticketTypeId: types[at], quantity: 1 }] })
    await cart.reserve(foreign, { items: [{ ticketTypeId: elsewhere, quantity: 1 }] })
    expect((await cart.bind(newId(), [one, foreign])).code).toBe('CONFLICT')
    await story.lapse(other)
    const refused = await cart.bind(newId(), [one, other])
    expect([refused.code, refused.facts.holdId]).toEqual(['HOLD_EXPIRED', other])
    expect(await cart.kept(one, other)).toEqual([one])
    await expectBooksToBalance(story)
  })
})

describe('guard of absorbHolds (only what is active and unbound is taken in)', () => {
  /** Two bookings at once want the same hold beside one of their own each. */
  async function race(story: Story): Promise<number> {
    const { eventId } = await story.hall(1, 2)
    const types = await Promise.all([1, 2, 3].map(() => story.ticketType(eventId)))
    const cart = cartOf(story, person())
    const holds = types.map(() => newId())
    for (const [at, holdId] of holds.entries())
      await cart.reserve(holdId, { items: [{ ticketTypeId: types[at], quantity: 1 }] })
    const [a = '', b = '', shared = ''] = holds
    const answers = await Promise.all([cart.bind(newId(), [a, shared]), cart.bind(newId(), [b, shared])])
    return answers.filter(({ code }) => code === undefined || code === null).length
  }

  it('with it one of them has it, and the other nothing', async () => {
    await using story = await startStory()
    for (let round = 0; round < 5; round += 1) expect(await race(story)).toBe(1)
    await expectBooksToBalance(story)
  })

  it('without it both are told that they have it', async () => {
    await using story = await startStory()
    const met = takeOutGuard(
      story.deps,
      "AND h.status = 'ACTIVE' AND h.expires_at > now() AND h.booking_id IS NULL\n    RETURNING h.id",
      'RETURNING h.id',
    )
    const both: number[] = []
    for (let round = 0; round < 10 && !both.includes(2); round += 1) both.push(await race(story))
    expect(met.count).toBeGreaterThan(0)
    expect(both).toContain(2)
  })
})
