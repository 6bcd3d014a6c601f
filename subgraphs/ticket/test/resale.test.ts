import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweepHolds } from '../src/domain/allocation/bound-hold-ender.ts'
import { checkIn, issue } from './doors.ts'
import { changeFunction, expectBooksToBalance, imbalances, pileUp } from './races.ts'
import { type Story, startStory } from './stories.ts'
import { accept, entryOf, inLine } from './waitlists.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const TICKET = 'id status code offeredAt owner { id }'

const act = (name: 'offerForResale' | 'withdrawFromResale', viewer: Viewer | null, id: string, at = story) =>
  at.ask(viewer, `mutation ($id: ID!) { ${name}(ticketId: $id) { ${TICKET} } }`, { id })

const offer = (viewer: Viewer | null, id: string, at = story) => act('offerForResale', viewer, id, at)
const withdraw = (viewer: Viewer | null, id: string, at = story) => act('withdrawFromResale', viewer, id, at)

const allow = (eventId: string, hours: number | null, viewer = story.organizer, at = story) =>
  at.ask(viewer, 'mutation ($input: SetResaleInput!) { setResale(input: $input) { id resaleUntil } }', {
    input: { eventId, untilHoursBeforeStart: hours },
  })

/** A type of two places, both sold, whose event lets people offer their tickets. */
async function twoSold(at = story, type: Record<string, unknown> = {}) {
  const eventId = await at.event()
  await allow(eventId, 2, at.organizer, at)
  const typeId = await at.ticketType(eventId, { quota: 2, ...type })
  const [seller, other] = [await issue(at, typeId), await issue(at, typeId)]
  return { eventId, typeId, seller, other }
}

/** The same with seats. */
async function seatsSold(at = story) {
  const { eventId, typeId, seat } = await at.hall(1, 2)
  await allow(eventId, 2, at.organizer, at)
  const buyer = person()
  const { id } = (await at.holdSeats(buyer, eventId, [seat('A1'), seat('A2')])).data.holdSeats
  const { bookingId, issued } = await accept(at, buyer, id)
  const tickets = await at.sql(`SELECT id, code, seat_id FROM tickets WHERE booking_id = '${bookingId}'`)
  const ticket = tickets.find(({ seat_id }) => seat_id === seat('A1')) as { id: string; code: string }
  expect(issued.issued).toBe(true)
  return { eventId, typeId, seat, seatId: seat('A1'), seller: { buyer, bookingId, ticket } }
}

/** Somebody holds a place for a booking of theirs. */
async function hold(typeId: string, at = story) {
  const buyer = person()
  const bookingId = newId()
  const { code } = await at.booking.take(buyer, bookingId, typeId, 1)
  return { buyer, bookingId, code }
}

const statusOf = async (id: string, at = story): Promise<string> =>
  (await at.sql(`SELECT status FROM tickets WHERE id = '${id}'`))[0]?.status

const resoldTo = (ticketId: string, consumer: string, at = story) =>
  at.sql(
    `SELECT payload FROM kit.outbox WHERE type = 'ticket.resold' AND consumer = '${consumer}' AND aggregate_id = '${ticketId}'`,
  )

describe('a ticket that its owner offers', () => {
  it('is valid, and on sale a second time, until somebody buys its place: then it ends in that moment', async () => {
    const { eventId, typeId, seller } = await twoSold()
    const { data } = await offer(seller.buyer, seller.ticket.id.toUpperCase())
    expect(data.offerForResale).toMatchObject({ status: 'VALID', offeredAt: expect.any(String) })
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 1, held: 0, available: 1 })
    const buyer = await hold(typeId)
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 1, held: 1, available: 0 })
    expect(await statusOf(seller.ticket.id)).toBe('VALID')
    expect((await hold(typeId)).code).toBe('SOLD_OUT')
    const { issued, ticketIds } = (await story.booking.issue(buyer.bookingId)).data.issueTickets
    expect([issued, await statusOf(seller.ticket.id), await statusOf(ticketIds[0])]).toEqual([
      true,
      'REFUNDED',
      'VALID',
    ])
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 2, held: 0, available: 0 })
    expect((await checkIn(story, story.organizer, { code: seller.ticket.code, eventId })).facts.reason).toBe(
      'REFUNDED',
    )
    const [told] = await resoldTo(seller.ticket.id, 'booking')
    expect(told?.payload).toMatchObject({ bookingId: seller.bookingId, ordinal: 0, ownerId: seller.buyer.id })
    expect(await resoldTo(seller.ticket.id, 'user')).toHaveLength(1)
    // The refund that booking makes of it finds it ended by itself, and frees nothing.
    const refund = `mutation ($bookingId: ID!, $refundId: ID!, $ticketIds: [ID!]!) {
      refundTickets(bookingId: $bookingId, refundId: $refundId, ticketIds: $ticketIds) { refunded refused } }`
    const asked = (refundId: string) =>
      story.ask(
        null,
        refund,
        { bookingId: seller.bookingId, refundId, ticketIds: [seller.ticket.id] },
        'booking',
      )
    expect((await asked(told?.payload.refundId)).data.refundTickets).toEqual({ refunded: true, refused: [] })
    expect((await asked(newId())).data.refundTickets.refunded).toBe(false)
    expect(await story.stock(typeId)).toMatchObject({ sold: 2, available: 0 })
    await expectBooksToBalance(story)
  })

  it('is sold after all that was not sold yet, the longest offered first', async () => {
    const { typeId, seller, other } = await twoSold(story, { quota: 3 })
    await offer(other.buyer, other.ticket.id)
    await offer(seller.buyer, seller.ticket.id)
    const statuses = async () => [await statusOf(other.ticket.id), await statusOf(seller.ticket.id)]
    for (const expected of [
      ['VALID', 'VALID'],
      ['REFUNDED', 'VALID'],
      ['REFUNDED', 'REFUNDED'],
    ]) {
      expect((await story.booking.issue((await hold(typeId)).bookingId)).data.issueTickets.issued).toBe(true)
      expect(await statuses()).toEqual(expected)
    }
    expect((await hold(typeId)).code).toBe('SOLD_OUT')
    await expectBooksToBalance(story)
  })

  it('goes to the waitlist first, and what nobody buys stays its owner’s', async () => {
    const { typeId, seller } = await twoSold()
    const waits = await inLine(story, typeId)
    await offer(seller.buyer, seller.ticket.id)
    const offered = await entryOf(waits, typeId, story)
    expect(offered.status).toBe('OFFERED')
    expect((await withdraw(seller.buyer, seller.ticket.id)).code).toBe('CONFLICT')
    await story.lapse(offered.hold.id)
    await sweepHolds(story.deps)
    expect(await story.stock(typeId)).toMatchObject({ sold: 1, available: 1 })
    expect((await withdraw(seller.buyer, seller.ticket.id)).data.withdrawFromResale).toMatchObject({
      offeredAt: null,
    })
    expect((await withdraw(seller.buyer, seller.ticket.id)).data.withdrawFromResale.status).toBe('VALID')
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 2, held: 0, available: 0 })
    await expectBooksToBalance(story)
  })

  it('is offered as far as its organizer allows, by whoever has paid for it', async () => {
    const { eventId, seller } = await twoSold()
    const { ticket, buyer } = seller
    expect((await offer(null, ticket.id)).code).toBe('UNAUTHENTICATED')
    expect((await offer(person(), ticket.id)).code).toBe('FORBIDDEN')
    expect((await offer(buyer, newId())).code).toBe('NOT_FOUND')
    expect((await allow(eventId, -1)).code).toBe('BAD_USER_INPUT')
    expect((await allow(eventId, 1, person({ role: 'ORGANIZER' }))).code).toBe('FORBIDDEN')
    expect((await allow(eventId, 30)).data.setResale.resaleUntil).toEqual(expect.any(String))
    expect((await offer(buyer, ticket.id)).code).toBe('CONFLICT')
    expect((await allow(eventId, null)).data.setResale.resaleUntil).toBeNull()
    expect((await offer(buyer, ticket.id)).code).toBe('CONFLICT')
    await allow(eventId, 1)
    const friend = person()
    story.neighbours.users.set('friend@karcis.test', friend.id)
    await offer(buyer, ticket.id)
    // Handing it on takes it off sale, and its new owner has not paid.
    await story.mustAsk(
      buyer,
      'mutation ($id: ID!) { transferTicket(id: $id, email: "friend@karcis.test") { id } }',
      { id: ticket.id },
    )
    const [theirs] = (await story.mustAsk(friend, '{ myTickets { edges { node { id offeredAt } } } }'))
      .myTickets.edges
    expect(theirs.node.offeredAt).toBeNull()
    expect((await offer(friend, theirs.node.id)).code).toBe('CONFLICT')
    await expectBooksToBalance(story)
  })

  it('is offered no more when it is used or refunded, and nobody has less for it', async () => {
    const { eventId, typeId, seller, other } = await twoSold()
    await offer(seller.buyer, seller.ticket.id)
    await offer(other.buyer, other.ticket.id)
    await checkIn(story, story.organizer, { code: seller.ticket.code, eventId })
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 1, held: 0, available: 1 })
    await story.booking.cancel(other.bookingId)
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 1, held: 0, available: 1 })
    expect(await story.sql(`SELECT resale FROM ticket_types WHERE id = '${typeId}'`)).toEqual([{ resale: 0 }])
    await expectBooksToBalance(story)
  })

  it('leaves a smaller quota no room to end it', async () => {
    const { typeId, seller } = await twoSold()
    await offer(seller.buyer, seller.ticket.id)
    const change = (quota: number) =>
      story.ask(
        story.organizer,
        'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { quota } }',
        {
          input: { id: typeId, quota },
        },
      )
    expect((await change(1)).code).toBe('CONFLICT')
    expect((await change(3)).data.updateTicketType.quota).toBe(3)
    expect((await change(2)).data.updateTicketType.quota).toBe(2)
    expect(await statusOf(seller.ticket.id)).toBe('VALID')
    await expectBooksToBalance(story)
  })
})

describe('a seat whose ticket is offered', () => {
  it('is sold to somebody else: the same seat, a new ticket', async () => {
    const { eventId, typeId, seatId, seller } = await seatsSold()
    await offer(seller.buyer, seller.ticket.id)
    expect((await story.seatStatuses(eventId)).get(seatId)).toBe('AVAILABLE')
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 1, held: 0, available: 1 })
    const buyer = person()
    const { id } = (await story.holdSeats(buyer, eventId, [seatId])).data.holdSeats
    const { issued } = await accept(story, buyer, id)
    expect(issued.issued).toBe(true)
    expect(await statusOf(seller.ticket.id)).toBe('REFUNDED')
    expect(
      await story.sql(`SELECT owner_id FROM tickets WHERE seat_id = '${seatId}' AND status = 'VALID'`),
    ).toEqual([{ owner_id: buyer.id }])
    expect((await story.seatStatuses(eventId)).get(seatId)).toBe('SOLD')
    expect(await resoldTo(seller.ticket.id, 'booking')).toHaveLength(1)
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 2, held: 0, available: 0 })
    await expectBooksToBalance(story)
  })

  it('stays sold when it is withdrawn, or used while somebody holds it', async () => {
    const { eventId, typeId, seatId, seller } = await seatsSold()
    await offer(seller.buyer, seller.ticket.id)
    await withdraw(seller.buyer, seller.ticket.id)
    expect((await story.seatStatuses(eventId)).get(seatId)).toBe('SOLD')
    await offer(seller.buyer, seller.ticket.id)
    expect(
      (
        await story.ask(
          story.organizer,
          'mutation ($e: ID!, $s: [ID!]!) { blockSeats(eventId: $e, seatIds: $s) { id } }',
          { e: eventId, s: [seatId] },
        )
      ).code,
    ).toBe('SEATS_UNAVAILABLE')
    const buyer = person()
    const { id } = (await story.holdSeats(buyer, eventId, [seatId])).data.holdSeats
    expect((await withdraw(seller.buyer, seller.ticket.id)).code).toBe('CONFLICT')
    await checkIn(story, story.organizer, { code: seller.ticket.code, eventId })
    await story.release(buyer, id)
    expect((await story.seatStatuses(eventId)).get(seatId)).toBe('SOLD')
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 2, held: 0, available: 0 })
    expect(await imbalances(story)).toEqual([])
  })

  it('is whoever’s holds it when its ticket is refunded meanwhile', async () => {
    const { eventId, typeId, seatId, seller } = await seatsSold()
    await offer(seller.buyer, seller.ticket.id)
    const buyer = person()
    const { id } = (await story.holdSeats(buyer, eventId, [seatId])).data.holdSeats
    await story.booking.cancel(seller.bookingId)
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 0, held: 1, available: 1 })
    expect((await accept(story, buyer, id)).issued.issued).toBe(true)
    expect(await resoldTo(seller.ticket.id, 'booking')).toEqual([])
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 1, held: 0, available: 1 })
    await expectBooksToBalance(story)
  })
})

describe('at the same moment', () => {
  const lockOf = (typeId: string) => `SELECT FROM ticket_types WHERE id = '${typeId}' FOR UPDATE`

  it('its place is bought twice: one has it', async () => {
    const { typeId, seller } = await twoSold()
    await offer(seller.buyer, seller.ticket.id)
    const buyers = await Promise.all([hold(typeId), hold(typeId), hold(typeId)])
    expect(buyers.map(({ code }) => code).toSorted()).toEqual(['SOLD_OUT', 'SOLD_OUT', undefined])
    await Promise.all(buyers.map(({ bookingId }) => story.booking.issue(bookingId)))
    expect(await resoldTo(seller.ticket.id, 'booking')).toHaveLength(1)
    expect(await story.stock(typeId)).toMatchObject({ sold: 2, available: 0 })
    await expectBooksToBalance(story)
  })

  /** Withdrawn as somebody takes its place. */
  async function withdrawnAsItIsHeld(at: Story, first: 'hold' | 'withdraw') {
    const { typeId, seller } = await twoSold(at)
    await offer(seller.buyer, seller.ticket.id, at)
    const steps = {
      hold: () => hold(typeId, at),
      withdraw: () => withdraw(seller.buyer, seller.ticket.id, at),
    }
    const order = first === 'hold' ? (['hold', 'withdraw'] as const) : (['withdraw', 'hold'] as const)
    const answers = await pileUp<{ code: string | undefined }>(
      at,
      lockOf(typeId),
      ...order.map((name, n) => ({ start: steps[name], waiting: n + 1 })),
    )
    return { codes: answers.map(({ code }) => code), seller, typeId }
  }

  it('a ticket is withdrawn as somebody takes its place: only the first', async () => {
    for (const first of ['hold', 'withdraw'] as const) {
      const { codes } = await withdrawnAsItIsHeld(story, first)
      expect([
        ['CONFLICT', undefined],
        ['SOLD_OUT', undefined],
      ]).toContainEqual(codes.toSorted())
    }
    await expectBooksToBalance(story)
  })

  it('without the guard (nobody holds its place) a ticket is withdrawn from under somebody who pays for it', async () => {
    const { typeId, seller } = await twoSold()
    await offer(seller.buyer, seller.ticket.id)
    const buyer = await hold(typeId)
    expect((await withdraw(seller.buyer, seller.ticket.id)).code).toBe('CONFLICT')
    const mutant = ['y.available >= y.resale - (', 'y.available >= 0 * ('] as const
    await withMutant(story.deps, mutant, () => withdraw(seller.buyer, seller.ticket.id))
    expect((await story.booking.issue(buyer.bookingId)).data.issueTickets.issued).toBe(false)
    await expectBooksToBalance(story)
  })

  /** Used at the door as somebody who holds its place pays. */
  async function usedAsItIsSold(at: Story, first: 'use' | 'sell') {
    const { eventId, typeId, seller } = await twoSold(at)
    await offer(seller.buyer, seller.ticket.id, at)
    const { bookingId } = await hold(typeId, at)
    const steps = {
      use: () => checkIn(at, at.organizer, { code: seller.ticket.code, eventId }),
      sell: () => at.booking.issue(bookingId),
    }
    const order = first === 'use' ? (['use', 'sell'] as const) : (['sell', 'use'] as const)
    await pileUp<unknown>(
      at,
      `SELECT FROM ticket_types y JOIN tickets t ON t.ticket_type_id = y.id WHERE t.id = '${seller.ticket.id}' FOR UPDATE`,
      ...order.map((name, n) => ({ start: steps[name], waiting: n + 1 })),
    )
    const live = await at.sql(
      `SELECT id FROM tickets WHERE ticket_type_id = '${typeId}' AND status IN ('VALID', 'USED')`,
    )
    return { seller: await statusOf(seller.ticket.id, at), live: live.length }
  }

  it('a ticket is used as its place is sold: never both', async () => {
    for (const first of ['use', 'sell'] as const) {
      const { seller, live } = await usedAsItIsSold(story, first)
      expect(['USED', 'REFUNDED']).toContain(seller)
      expect(live).toBe(2)
    }
    await expectBooksToBalance(story)
  })

  it('without the guard (as many end as are sold beyond) three people have two places', async () => {
    await using other = await startStory()
    await changeFunction(other, 'settle_resale', 'ELSIF done < gone THEN', 'ELSIF false THEN')
    const { eventId, typeId, seller } = await twoSold(other)
    await offer(seller.buyer, seller.ticket.id, other)
    const { bookingId } = await hold(typeId, other)
    await checkIn(other, other.organizer, { code: seller.ticket.code, eventId })
    await other.booking.issue(bookingId)
    const live = await other.sql("SELECT id FROM tickets WHERE status IN ('VALID', 'USED')")
    expect(live).toHaveLength(3)
  })

  it('without the guard (only what admits is offered) a ticket is used and its place on sale', async () => {
    await using other = await startStory()
    await other.sql('ALTER TABLE tickets DISABLE TRIGGER tickets_withdraw_offered')
    await other.sql('ALTER TABLE tickets DROP CONSTRAINT tickets_offered_check')
    await other.sql('ALTER TABLE tickets DISABLE TRIGGER tickets_follow_withdrawn')
    const { eventId, typeId, seller } = await twoSold(other)
    await offer(seller.buyer, seller.ticket.id, other)
    await checkIn(other, other.organizer, { code: seller.ticket.code, eventId })
    // Somebody is inside, and their place is on sale.
    expect((await hold(typeId, other)).code).toBeUndefined()
    expect(await statusOf(seller.ticket.id, other)).toBe('USED')
  })
})
