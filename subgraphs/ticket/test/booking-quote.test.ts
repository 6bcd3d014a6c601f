import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expireHold } from '../src/domain/allocation/bound-hold-ender.ts'
import { expectBooksToBalance, pileUp, takeOutGuard } from './races.ts'
import { eventFacts, type Story, startStory } from './stories.ts'

const soon = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString()

/** An event with two rows of seats, and two types of general admission: for adults and for children. */
async function fair(story: Story, facts: Record<string, unknown> = {}) {
  const hall = await story.hall(2, 10, facts)
  const adult = await story.ticketType(hall.eventId, { name: 'Adult', quota: 20 })
  const child = await story.ticketType(hall.eventId, { name: 'Child', price: 40_000, quota: 5 })
  return { ...hall, adult, child }
}

describe('line 1: a booking without places', () => {
  it('a quote says what would be booked, of a hold or of types, and takes nothing', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat, adult } = await fair(story)
    const buyer = person()
    const hold = (await story.holdSeats(buyer, eventId, [seat('A1')])).data.holdSeats
    const common = { eventId, organizerId: story.organizer.id, endsAt: expect.any(String) }
    const line = { kind: 'PAID', unitPrice: 100_000, currency: 'IDR' }
    expect((await story.booking.quote(buyer, { holdId: hold.id })).data.bookingQuote).toEqual({
      ...common,
      items: [
        {
          ...line,
          ticketTypeId: typeId,
          name: 'Seat',
          seatId: seat('A1'),
          seatLabel: 'Stalls A-1',
          quantity: 1,
        },
      ],
    })
    const items = [
      { ticketTypeId: adult, quantity: 2 },
      { ticketTypeId: typeId, quantity: 1 },
    ]
    expect((await story.booking.quote(buyer, { items })).data.bookingQuote).toEqual({
      ...common,
      items: [
        { ...line, ...items[0], name: 'Adult', seatId: null, seatLabel: null },
        { ...line, ...items[1], name: 'Seat', seatId: null, seatLabel: null },
      ],
    })
    expect(await story.stock(adult)).toMatchObject({ held: 0 })
    expect(await story.stock(typeId)).toMatchObject({ held: 1 })
  })

  it('a quote is refused as the booking would be', async () => {
    await using story = await startStory()
    const { eventId, seat, adult } = await fair(story)
    const late = await story.ticketType(eventId, { saleStartsAt: soon(600) })
    const few = await story.ticketType(eventId, { maxPerUser: 1 })
    const elsewhere = await story.ticketType(await story.event())
    const buyer = person()
    const quote = async (...wanted: [string, number][]) => {
      const items = wanted.map(([ticketTypeId, quantity]) => ({ ticketTypeId, quantity }))
      const { code, facts } = await story.booking.quote(buyer, { items })
      return [code, facts.limit ?? facts.fields?.[0].path]
    }
    expect(await quote([newId(), 1])).toEqual(['NOT_FOUND', undefined])
    expect(await quote([late, 1])).toEqual(['SALE_NOT_OPEN', undefined])
    expect(await quote([few, 2])).toEqual(['LIMIT_EXCEEDED', 1])
    expect(await quote([adult, 6], [few, 5])).toEqual(['LIMIT_EXCEEDED', 10])
    expect(await quote([adult, 0])).toEqual(['BAD_USER_INPUT', 'items.0.quantity'])
    expect(await quote([adult, 1], [elsewhere, 1])).toEqual(['BAD_USER_INPUT', 'items.1.ticketTypeId'])
    expect(await quote([adult, 1], [adult, 1])).toEqual(['BAD_USER_INPUT', 'items'])
    expect(await quote()).toEqual(['BAD_USER_INPUT', 'items'])
    expect((await story.booking.quote(buyer, {})).facts.fields).toMatchObject([{ path: 'holdId' }])
    const hold = (await story.holdSeats(buyer, eventId, [seat('A1')])).data.holdSeats
    const both = { holdId: hold.id, items: [{ ticketTypeId: adult, quantity: 1 }] }
    expect((await story.booking.quote(buyer, both)).code).toBe('BAD_USER_INPUT')
    for (const stranger of [person(), story.admin])
      expect((await story.booking.quote(stranger, { holdId: hold.id })).code).toBe('NOT_FOUND')
    await story.release(buyer, hold.id)
    expect((await story.booking.quote(buyer, { holdId: hold.id })).code).toBe('HOLD_EXPIRED')
    const query = 'query ($items: [BookingItemInput!]) { bookingQuote(items: $items) { eventId } }'
    expect((await story.ask(buyer, query, { items: [] })).code).toBe('FORBIDDEN')
  })

  it('a hold that has ended is never bound again, not even to the booking that had bound it', async () => {
    await using story = await startStory()
    const { eventId, seat } = await fair(story)
    for (const end of ['release', 'lapse'] as const) {
      const [buyer, bookingId] = [person(), newId()]
      const hold = (await story.holdSeats(buyer, eventId, [seat('A1')])).data.holdSeats
      const bound = await story.booking.bind(buyer, hold.id, bookingId)
      expect((await story.booking.bind(buyer, hold.id, bookingId)).data).toEqual(bound.data)
      if (end === 'lapse') await story.lapse(hold.id)
      await (end === 'release' ? story.booking.release(bookingId) : expireHold(story.deps, hold.id))
      expect((await story.booking.bind(buyer, hold.id, bookingId)).code).toBe('HOLD_EXPIRED')
      expect((await story.booking.bind(buyer, hold.id, newId())).code).toBe('CONFLICT')
    }
    await expectBooksToBalance(story)
  })

  it('of a release and a binding at once, the binding never comes second (guard: only what is ACTIVE is bound)', async () => {
    const raced = async (story: Story) => {
      const typeId = await story.ticketType(await story.event())
      const buyer = person()
      const { id } = (await story.holdTickets(buyer, typeId, 2)).data.holdTickets
      const [, bound] = await pileUp(
        story,
        `SELECT FROM holds WHERE id = '${id}' FOR UPDATE`,
        { start: () => story.release(buyer, id), waiting: 1 },
        { start: () => story.booking.bind(buyer, id, newId()), waiting: 2 },
      )
      return bound?.code
    }
    await using story = await startStory()
    expect(await raced(story)).toBe('HOLD_EXPIRED')
    const guard = takeOutGuard(story.deps, "AND h.status = 'ACTIVE' AND h.expires_at > now()\n", '\n')
    expect(await raced(story)).not.toBe('HOLD_EXPIRED')
    expect(guard.count).toBe(1)
  })

  it('several types are taken together or not at all, seats among them, however often it is asked', async () => {
    await using story = await startStory()
    const { typeId, adult, child } = await fair(story)
    const [buyer, bookingId] = [person(), newId()]
    const items = [
      { ticketTypeId: adult, quantity: 2 },
      { ticketTypeId: child, quantity: 3 },
      { ticketTypeId: typeId, quantity: 2 },
    ]
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => story.booking.takeItems(buyer, bookingId, items)),
    )
    for (const { data } of answers) expect(data).toEqual(answers[0]?.data)
    const taken = answers[0]?.data.takeForBooking.items
    expect(taken.map((item: { ticketTypeId: string; quantity: number }) => item.quantity)).toEqual([
      1, 1, 2, 3,
    ])
    for (const [id, held] of [
      [adult, 2],
      [child, 3],
      [typeId, 2],
    ] as const)
      expect(await story.stock(id)).toMatchObject({ held })
    const other = await story.booking.takeItems(buyer, bookingId, items.slice(0, 2))
    expect(other.code).toBe('CONFLICT')
    const short = [items[0], { ticketTypeId: child, quantity: 3 }, items[2]] as typeof items
    expect(await story.booking.takeItems(person(), newId(), short)).toMatchObject({
      code: 'SOLD_OUT',
      facts: { ticketTypeId: child, remaining: 2 },
    })
    expect(await story.stock(adult)).toMatchObject({ held: 2 })
    const general = items.slice(0, 1).concat({ ticketTypeId: child, quantity: 2 })
    expect((await story.booking.takeItems(person(), newId(), general)).code).toBeUndefined()
    await expectBooksToBalance(story)
    expect((await story.booking.issue(bookingId)).data.issueTickets.ticketIds).toHaveLength(7)
    await expectBooksToBalance(story)
  })

  it('of several types in a rush nothing is given twice, and what lapsed holds cover is given', async () => {
    await using story = await startStory()
    const other = await story.join()
    const eventId = await story.event()
    const [adult, child] = [
      await story.ticketType(eventId, { quota: 10 }),
      await story.ticketType(eventId, { quota: 10 }),
    ]
    const lapsed = (await story.holdTickets(person(), child, 10)).data.holdTickets
    await story.lapse(lapsed.id)
    const items = [adult, child].map((ticketTypeId) => ({ ticketTypeId, quantity: 1 }))
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        story.booking.takeItems(
          person(),
          newId(),
          at % 2 ? items : items.toReversed(),
          at % 3 ? story : other,
        ),
      ),
    )
    expect(answers.filter(({ code }) => code === undefined)).toHaveLength(10)
    for (const { code } of answers) expect([undefined, 'SOLD_OUT']).toContain(code)
    await expectBooksToBalance(story)
  })
})

describe("line 3: nothing is held or paid past the event's end", () => {
  it('a hold, its renewal and what may be paid end with the event; its seats are shown held no longer', async () => {
    await using story = await startStory()
    const endsAt = soon(60)
    const { eventId, seat, adult } = await fair(story, { startsAt: soon(-3_600), endsAt })
    const buyer = person()
    const hold = (await story.holdSeats(buyer, eventId, [seat('A1')])).data.holdSeats
    expect(hold.expiresAt).toBe(endsAt)
    const { bindHold } = (await story.booking.bind(buyer, hold.id, newId())).data
    expect(bindHold).toMatchObject({ expiresAt: endsAt, payableUntil: endsAt })
    const general = (await story.holdTickets(person(), adult, 1)).data.holdTickets
    expect(general.expiresAt).toBe(endsAt)
    const taken = await story.booking.take(person(), newId(), adult, 1)
    expect(taken.data.takeForBooking).toMatchObject({ expiresAt: endsAt, payableUntil: endsAt })
    const [{ held_until }] = await story.sql(`SELECT held_until FROM seats WHERE id = '${seat('A1')}'`)
    expect(held_until.toISOString()).toBe(endsAt)
  })

  it('a hold made while its type was on sale may be booked for its own time', async () => {
    await using story = await startStory()
    const { eventId, adult } = await fair(story)
    const buyer = person()
    const hold = (await story.holdTickets(buyer, adult, 1)).data.holdTickets
    await story.sql(`UPDATE ticket_types SET sale_ends_at = now() WHERE event_id = '${eventId}'`)
    expect((await story.holdTickets(person(), adult, 1)).code).toBe('SALE_NOT_OPEN')
    const { bindHold } = (await story.booking.bind(buyer, hold.id, newId())).data
    expect(bindHold.payableUntil).toBe(bindHold.expiresAt)
  })

  it('nothing is bound, nor taken again for a late payment, once the event is over', async () => {
    await using story = await startStory()
    const { eventId, adult } = await fair(story)
    const [buyer, bookingId] = [person(), newId()]
    await story.booking.take(buyer, bookingId, adult, 1)
    await story.booking.release(bookingId)
    const hold = (await story.holdTickets(buyer, adult, 1)).data.holdTickets
    await story.tellOfEvent(eventFacts(story.organizer.id, { id: eventId, endsAt: soon(-1), version: 2 }))
    expect((await story.booking.issue(bookingId)).data.issueTickets.issued).toBe(false)
    expect(['HOLD_EXPIRED', 'EVENT_NOT_BOOKABLE']).toContain(
      (await story.booking.bind(buyer, hold.id, newId())).code,
    )
  })
})

describe('users missed and lost: what an erasure loses', () => {
  it('counts the valid tickets of events that are not over, for the user subgraph only', async () => {
    await using story = await startStory()
    const { eventId, adult } = await fair(story)
    const [buyer, bookingId] = [person(), newId()]
    await story.booking.take(buyer, bookingId, adult, 3)
    await story.booking.issue(bookingId)
    const query = 'query ($id: ID!) { erasureLoss(userId: $id) { validTickets } }'
    const loss = async () => (await story.ask(null, query, { id: buyer.id.toUpperCase() }, 'user')).data
    expect(await loss()).toEqual({ erasureLoss: { validTickets: 3 } })
    expect((await story.ask(buyer, query, { id: buyer.id })).code).toBe('FORBIDDEN')
    expect((await story.ask(null, query, { id: 'x' }, 'user')).code).toBe('BAD_USER_INPUT')
    await story.tellOfEvent(eventFacts(story.organizer.id, { id: eventId, endsAt: soon(-1), version: 2 }))
    expect(await loss()).toEqual({ erasureLoss: { validTickets: 0 } })
  })
})
