import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expireHold } from '../src/domain/allocation/bound-hold-ender.ts'
import { expectBooksToBalance, imbalances, pileUp, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

/** A buyer whose two seats are bound to a booking. */
async function bookedSeats(story: Story) {
  const hall = await story.hall(2, 10)
  const buyer = person()
  const bookingId = newId()
  const seatIds = [hall.seat('A1'), hall.seat('A2')]
  const hold = (await story.holdSeats(buyer, hall.eventId, seatIds)).data.holdSeats
  const bound = await story.booking.bind(buyer, hold.id, bookingId)
  return { ...hall, buyer, bookingId, seatIds, hold, bound }
}

/** A buyer whose three general-admission places are taken for a booking, and somebody else who holds five. */
async function bookedPlaces(story: Story) {
  const eventId = await story.event()
  const typeId = await story.ticketType(eventId, { quota: 10 })
  const [buyer, other] = [person(), person()]
  await story.holdTickets(other, typeId, 5)
  const bookingId = newId()
  const taken = await story.booking.take(buyer, bookingId, typeId, 3)
  return { eventId, typeId, buyer, bookingId, taken, holdId: taken.data.takeForBooking.holdId as string }
}

const ticketCount = async ({ sql }: Story, bookingId: string): Promise<number> =>
  (await sql(`SELECT count(*)::int AS n FROM tickets WHERE booking_id = '${bookingId}'`))[0].n

describe('binding a hold to a booking', () => {
  it('gives booking all it needs and renews the hold once', async () => {
    await using story = await startStory()
    const { bound, hold, eventId, typeId, seatIds, buyer, bookingId } = await bookedSeats(story)
    expect(bound.data.bindHold).toEqual({
      holdId: hold.id,
      eventId,
      organizerId: story.organizer.id,
      expiresAt: expect.any(String),
      payableUntil: bound.data.bindHold.expiresAt,
      items: seatIds.map((seatId, at) => ({
        ticketTypeId: typeId,
        name: 'Seat',
        seatId,
        seatLabel: `Stalls A-${at + 1}`,
        quantity: 1,
        unitPrice: 100_000,
        kind: 'PAID',
        currency: 'IDR',
      })),
    })
    expect(bound.data.bindHold.expiresAt > hold.expiresAt).toBe(true)
    const again = await story.booking.bind(buyer, hold.id, bookingId)
    expect(again.data.bindHold).toEqual(bound.data.bindHold)
    await expectBooksToBalance(story)
  })

  it('refuses another booking, another hold for the booking, another viewer, and a hold past its time', async () => {
    await using story = await startStory()
    const { hold, eventId, seat, buyer, bookingId } = await bookedSeats(story)
    expect((await story.booking.bind(buyer, hold.id, newId())).code).toBe('CONFLICT')
    const second = (await story.holdSeats(buyer, eventId, [seat('B1'), seat('B2')])).data.holdSeats
    expect((await story.booking.bind(buyer, second.id, bookingId)).code).toBe('CONFLICT')
    expect((await story.booking.bind(person(), second.id, newId())).code).toBe('NOT_FOUND')
    expect((await story.booking.bind(buyer, newId(), newId())).code).toBe('NOT_FOUND')
    await story.lapse(second.id)
    expect((await story.booking.bind(buyer, second.id, newId())).code).toBe('HOLD_EXPIRED')
  })

  it('at the same time as others shares a statement with them, and one that is refused takes none along', async () => {
    await using story = await startStory()
    const typeId = await story.ticketType(await story.event(), { quota: 50 })
    const asked = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const buyer = person()
        const { id } = (await story.holdTickets(buyer, typeId, 1)).data.holdTickets
        return { buyer, holdId: id as string, bookingId: newId() }
      }),
    )
    const [late, first, second] = asked as [(typeof asked)[0], (typeof asked)[0], (typeof asked)[0]]
    await story.lapse(late.holdId)
    second.bookingId = first.bookingId // a booking has one hold
    const answers = await Promise.all(
      asked.map(({ buyer, holdId, bookingId }) => story.booking.bind(buyer, holdId, bookingId)),
    )
    const [ofLate, ofFirst, ofSecond, ...others] = answers.map(
      ({ code, data }) => code ?? data.bindHold.holdId,
    )
    expect(ofLate).toBe('HOLD_EXPIRED')
    expect([ofFirst, ofSecond].filter((code) => code === 'CONFLICT')).toHaveLength(1)
    expect(others).toEqual(asked.slice(3).map(({ holdId }) => holdId))
    const [{ n }] = await story.sql(
      'SELECT count(DISTINCT xmin::text)::int AS n FROM holds WHERE booking_id IS NOT NULL',
    )
    expect(n).toBeLessThan(10)
  })

  it('leaves the job that ends the hold to follow its time, later or sooner', async () => {
    await using story = await startStory()
    const typeId = await story.ticketType(await story.event(), { quota: 50 })
    const timesOf = async (id: string): Promise<number[]> => {
      const [row] = await story.sql<{ ends: Date; run_at: Date }>(`SELECT h.expires_at AS ends, j.run_at
        FROM holds h JOIN graphile_worker.jobs j ON j.key = 'expire-hold:' || h.id WHERE h.id = '${id}'`)
      return [row?.ends.getTime() ?? 0, row?.run_at.getTime() ?? 0]
    }
    const bound = async (aged: string) => {
      const buyer = person()
      const { id } = (await story.holdTickets(buyer, typeId, 1)).data.holdTickets
      await story.sql(`UPDATE holds SET expires_at = expires_at + interval '${aged}' WHERE id = '${id}'`)
      await story.sql(
        `UPDATE graphile_worker._private_jobs SET run_at = run_at + interval '${aged}' WHERE key = 'expire-hold:${id}'`,
      )
      await story.booking.bind(buyer, id, newId())
      return id as string
    }
    const renewed = await bound('-60 seconds')
    const [ends = 0, runs = 0] = await timesOf(renewed)
    expect(ends - runs).toBeGreaterThan(50_000)
    expect(await expireHold(story.deps, renewed)).toBe(0) // as the job does at the time of before
    expect(await timesOf(renewed)).toEqual([ends, ends])
    const cut = await bound('5 minutes')
    const [sooner, followed] = await timesOf(cut)
    expect(followed).toBe(sooner)
  })

  it('keeps the buyer from releasing what a booking pays for', async () => {
    await using story = await startStory()
    const { hold, buyer, bookingId, typeId } = await bookedSeats(story)
    expect((await story.release(buyer, hold.id)).code).toBe('CONFLICT')
    expect((await story.booking.release(bookingId)).data.releaseBooking).toBe(true)
    expect((await story.stock(typeId)).available).toBe(20)
  })

  it('and everything else of booking is refused to clients', async () => {
    await using story = await startStory()
    const { buyer, hold, bookingId, typeId } = await bookedSeats(story)
    const asked = { holdId: hold.id, bookingId, typeId }
    for (const operation of [
      'mutation ($holdId: ID!, $bookingId: ID!) { bindHold(holdId: $holdId, bookingId: $bookingId) { holdId } }',
      'mutation ($typeId: ID!, $bookingId: ID!) { takeForBooking(bookingId: $bookingId, items: [{ ticketTypeId: $typeId, quantity: 1 }]) { holdId } }',
      'mutation ($bookingId: ID!) { issueTickets(bookingId: $bookingId) { issued } }',
      'mutation ($bookingId: ID!) { releaseBooking(bookingId: $bookingId) }',
      'mutation ($bookingId: ID!) { cancelTickets(bookingId: $bookingId, reason: REFUNDED) }',
      'mutation ($typeId: ID!) { updateTicketSold(ticketTypeId: $typeId) { sold } }',
    ]) {
      for (const viewer of [buyer, story.admin, null]) {
        expect((await story.ask(viewer, operation, asked)).code).toBe('FORBIDDEN')
      }
    }
  })
})

describe('taking for a booking', () => {
  it('gives one hold however often and wherever it is asked at once', async () => {
    await using story = await startStory()
    const other = await story.join()
    const typeId = await story.ticketType(await story.event(), { quota: 10 })
    const [buyer, bookingId] = [person(), newId()]
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        story.booking.take(buyer, bookingId, typeId, 3, at % 2 ? story : other),
      ),
    )
    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => undefined))
    expect(new Set(answers.map(({ data }) => data.takeForBooking.holdId)).size).toBe(1)
    expect(await story.stock(typeId)).toEqual({ quota: 10, sold: 0, held: 3, available: 7 })
    expect((await story.booking.take(buyer, bookingId, typeId, 4)).code).toBe('CONFLICT')
    await expectBooksToBalance(story)
  })

  it('takes the best seats of a type that has seats, once', async () => {
    await using story = await startStory()
    const { typeId } = await story.hall(3, 9)
    const [buyer, bookingId] = [person(), newId()]
    const answers = await Promise.all([1, 2, 3].map(() => story.booking.take(buyer, bookingId, typeId, 2)))
    for (const { data } of answers) {
      expect(data.takeForBooking.items.map((item: { seatLabel: string }) => item.seatLabel)).toEqual(
        answers[0]?.data.takeForBooking.items.map((item: { seatLabel: string }) => item.seatLabel),
      )
    }
    expect(await story.stock(typeId)).toMatchObject({ held: 2 })
    await expectBooksToBalance(story)
  })

  it('answers a repeat after the hold is over with HOLD_EXPIRED', async () => {
    await using story = await startStory()
    const { buyer, bookingId, typeId } = await bookedPlaces(story)
    await story.booking.release(bookingId)
    expect((await story.booking.take(buyer, bookingId, typeId, 3)).code).toBe('HOLD_EXPIRED')
  })
})

describe('issuing tickets', () => {
  it('turns held seats into sold ones and tickets, once', async () => {
    await using story = await startStory()
    const { bookingId, eventId, typeId, seatIds } = await bookedSeats(story)
    const answers = await Promise.all(Array.from({ length: 8 }, () => story.booking.issue(bookingId)))
    for (const { data } of answers) expect(data.issueTickets).toEqual(answers[0]?.data.issueTickets)
    expect(answers[0]?.data.issueTickets).toMatchObject({
      issued: true,
      ticketIds: [expect.any(String), expect.any(String)],
    })
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 2, held: 0, available: 18 })
    const statuses = await story.seatStatuses(eventId)
    for (const id of seatIds) expect(statuses.get(id)).toBe('SOLD')
    expect(await ticketCount(story, bookingId)).toBe(2)
    await expectBooksToBalance(story)
  })

  it('issues as many tickets as places of general admission', async () => {
    await using story = await startStory()
    const { bookingId, typeId } = await bookedPlaces(story)
    expect((await story.booking.issue(bookingId)).data.issueTickets.ticketIds).toHaveLength(3)
    expect(await story.stock(typeId)).toEqual({ quota: 10, sold: 3, held: 5, available: 2 })
    await expectBooksToBalance(story)
  })

  it('issues for a hold past its time that nobody has ended', async () => {
    await using story = await startStory()
    const { bookingId, hold } = await bookedSeats(story)
    await story.lapse(hold.id)
    expect((await story.booking.issue(bookingId)).data.issueTickets.issued).toBe(true)
    await expectBooksToBalance(story)
  })

  it('takes seats and places again that were given back in between', async () => {
    await using story = await startStory()
    for (const { bookingId } of [await bookedSeats(story), await bookedPlaces(story)]) {
      await story.booking.release(bookingId)
      const first = await story.booking.issue(bookingId)
      expect(first.data.issueTickets.issued).toBe(true)
      expect((await story.booking.issue(bookingId)).data).toEqual(first.data)
    }
    await expectBooksToBalance(story)
  })

  it('takes them again also from under a hold that is past its time', async () => {
    await using story = await startStory()
    const { bookingId, eventId, seatIds } = await bookedSeats(story)
    await story.booking.release(bookingId)
    const other = (await story.holdSeats(person(), eventId, seatIds)).data.holdSeats
    await story.lapse(other.id)
    expect((await story.booking.issue(bookingId)).data.issueTickets.issued).toBe(true)
    await expectBooksToBalance(story)
  })

  it('issues nothing when one of the seats is gone, and says so as often as asked', async () => {
    await using story = await startStory()
    const { bookingId, eventId, seat, typeId } = await bookedSeats(story)
    await story.booking.release(bookingId)
    expect((await story.holdSeats(person(), eventId, [seat('A2'), seat('A3')])).code).toBe('ORPHAN_SEAT')
    await story.holdSeats(person(), eventId, [seat('A2'), seat('A3'), seat('A1')])
    for (let time = 0; time < 2; time += 1) {
      expect((await story.booking.issue(bookingId)).data.issueTickets).toEqual({
        issued: false,
        ticketIds: [],
      })
    }
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 0, held: 3, available: 17 })
    expect(await ticketCount(story, bookingId)).toBe(0)
    await expectBooksToBalance(story)
  })

  it('issues nothing again for an event that was cancelled, nor over the limit of the buyer, nor without a hold', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId, { maxPerUser: 2 })
    const [buyer, bookingId] = [person(), newId()]
    await story.booking.take(buyer, bookingId, typeId, 2)
    await story.booking.release(bookingId)
    await story.holdTickets(buyer, typeId, 1)
    expect((await story.booking.issue(bookingId)).data.issueTickets.issued).toBe(false)

    const late = await bookedSeats(story)
    await story.booking.release(late.bookingId)
    await story.sql(`UPDATE event_copies SET status = 'CANCELLED' WHERE id = '${late.eventId}'`)
    expect((await story.booking.issue(late.bookingId)).data.issueTickets.issued).toBe(false)
    expect((await story.booking.issue(newId())).data.issueTickets.issued).toBe(false)
    await expectBooksToBalance(story)
  })

  it('without its guards would issue two sets for one booking (guards: status in the UPDATE of the hold, UNIQUE per place, open places)', async () => {
    await using story = await startStory()
    const { bookingId } = await bookedPlaces(story)
    await story.sql('ALTER TABLE tickets DROP CONSTRAINT tickets_once_per_place')
    await story.sql('ALTER TABLE open_places DROP CONSTRAINT open_places_not_negative')
    const guard = takeOutGuard(story.deps, " AND status = 'ACTIVE' AND NOT revoked", '')
    await Promise.all([story.booking.issue(bookingId), story.booking.issue(bookingId)])
    expect(guard.count).toBeGreaterThan(0)
    expect(await ticketCount(story, bookingId)).toBe(6)
    expect(await imbalances(story)).not.toEqual([])
  })
})

describe('confirming at the moment of expiry', () => {
  const lockOf = (holdId: string) => `SELECT FROM holds WHERE id = '${holdId}' FOR UPDATE`
  const end = (story: Story, holdId: string) => () => expireHold(story.deps, holdId)
  const issue = (story: Story, bookingId: string) => async () =>
    (await story.booking.issue(bookingId)).data?.issueTickets.issued

  it('without the guard of the status an expiry undoes what was issued', async () => {
    await using story = await startStory()
    const { bookingId, holdId } = await bookedPlaces(story)
    await story.lapse(holdId)
    await story.sql('ALTER TABLE open_places DROP CONSTRAINT open_places_not_negative')
    const guard = takeOutGuard(story.deps, "h.status = 'ACTIVE' AND (", '(')
    await pileUp<unknown>(
      story,
      lockOf(holdId),
      { start: issue(story, bookingId), waiting: 1 },
      { start: end(story, holdId), waiting: 2 },
    )
    expect(guard.count).toBeGreaterThan(0)
    expect(await imbalances(story)).not.toEqual([])
  })

  it('without the guard (status, in the UPDATE of the hold) a ticket is issued on places that were freed', async () => {
    await using story = await startStory()
    const { bookingId, holdId } = await bookedPlaces(story)
    await story.lapse(holdId)
    await story.sql('ALTER TABLE open_places DROP CONSTRAINT open_places_not_negative')
    const guard = takeOutGuard(story.deps, " AND status = 'ACTIVE' AND NOT revoked", '')
    await pileUp<unknown>(
      story,
      'UPDATE ticket_types SET name = name',
      { start: end(story, holdId), waiting: 1 },
      { start: issue(story, bookingId), waiting: 2 },
    )
    expect(guard.count).toBeGreaterThan(0)
    expect(await imbalances(story)).not.toEqual([])
  })

  it.for(['issue first', 'expiry first'])('with them the places are had once: %s', async (order) => {
    await using story = await startStory()
    for (const { bookingId, holdId, typeId } of [await bookedPlaces(story), await seats(story)]) {
      await story.lapse(holdId)
      const steps = [issue(story, bookingId), end(story, holdId)]
      if (order === 'expiry first') steps.reverse()
      const outcomes = await pileUp<unknown>(
        story,
        lockOf(holdId),
        ...steps.map((start, at) => ({ start, waiting: at + 1 })),
      )
      // Either the issue kept the hold, or the expiry ended it and the issue took its places again.
      expect(new Set(outcomes)).toEqual(new Set([true, order === 'issue first' ? 0 : 1]))
      expect(await story.sql(`SELECT status FROM holds WHERE id = '${holdId}'`)).toEqual([
        { status: 'CONVERTED' },
      ])
      expect((await story.stock(typeId)).sold).toBeGreaterThan(0)
      await expectBooksToBalance(story)
    }
  })

  const seats = async (story: Story) => {
    const { bookingId, hold, typeId } = await bookedSeats(story)
    return { bookingId, holdId: hold.id as string, typeId }
  }
})

describe('ending a booking', () => {
  it('frees what is held, once, and never tickets', async () => {
    await using story = await startStory()
    const { bookingId, typeId } = await bookedPlaces(story)
    await story.booking.issue(bookingId)
    expect((await story.booking.release(bookingId)).data.releaseBooking).toBe(true)
    expect((await story.booking.release(newId())).data.releaseBooking).toBe(true)
    expect(await story.stock(typeId)).toMatchObject({ sold: 3, held: 5 })
    await expectBooksToBalance(story)
  })

  it('refunds tickets, frees their places for others, and does so once', async () => {
    await using story = await startStory()
    const { bookingId, eventId, typeId, seatIds } = await bookedSeats(story)
    const { ticketIds } = (await story.booking.issue(bookingId)).data.issueTickets
    const answers = await Promise.all([1, 2, 3].map(() => story.booking.cancel(bookingId)))
    for (const { data } of answers) expect(data.cancelTickets).toBe(true)
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 0, held: 0, available: 20 })
    expect(await story.sql('SELECT DISTINCT status FROM tickets')).toEqual([{ status: 'REFUNDED' }])
    expect((await story.holdSeats(person(), eventId, seatIds)).code).toBeUndefined()
    expect((await story.booking.issue(bookingId)).data.issueTickets.ticketIds).toEqual(ticketIds)
    await expectBooksToBalance(story)
  })

  it('ends the tickets of several bookings at once, of seats and of general admission, and does so once', async () => {
    await using story = await startStory()
    const [seats, places] = [await bookedSeats(story), await bookedPlaces(story)]
    const bookingIds = [seats.bookingId, places.bookingId]
    for (const id of bookingIds) await story.booking.issue(id)
    const answers = await Promise.all([1, 2, 3].map(() => story.booking.cancelAll(bookingIds)))
    for (const { data } of answers) expect(data.cancelTicketsOf).toBe(true)
    expect(await story.stock(seats.typeId)).toEqual({ quota: 20, sold: 0, held: 0, available: 20 })
    expect(await story.stock(places.typeId)).toMatchObject({ sold: 0 })
    expect(await story.sql('SELECT DISTINCT status FROM tickets')).toEqual([{ status: 'REFUNDED' }])
    await expectBooksToBalance(story)
    for (const wrong of [[], Array.from({ length: 201 }, newId)])
      expect((await story.booking.cancelAll(wrong)).code).toBe('BAD_USER_INPUT')
  })

  it('cancels general admission and gives booking the numbers', async () => {
    await using story = await startStory()
    const { bookingId, typeId } = await bookedPlaces(story)
    await story.booking.issue(bookingId)
    await story.booking.cancel(bookingId, 'CANCELLED')
    expect(await story.sql('SELECT DISTINCT status FROM tickets')).toEqual([{ status: 'CANCELLED' }])
    const numbers = 'mutation ($id: ID!) { updateTicketSold(ticketTypeId: $id) { sold held available } }'
    expect((await story.ask(null, numbers, { id: typeId }, 'booking')).data.updateTicketSold).toEqual({
      sold: 0,
      held: 5,
      available: 5,
    })
    await expectBooksToBalance(story)
  })
})
