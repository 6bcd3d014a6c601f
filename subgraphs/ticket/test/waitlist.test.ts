import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweepHolds } from '../src/domain/allocation/bound-hold-ender.ts'
import { sweepWaitlists } from '../src/domain/allocation/offers.ts'
import { changeFunction, expectBooksToBalance, pileUp, takeOutGuard, withoutRetries } from './races.ts'
import { type Story, startStory } from './stories.ts'
import { accept, entryOf, inLine, join, leave, soldOut } from './waitlists.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

/** Invariant: who is counted as waiting waits, and what is offered is held for whoever it is offered to. */
async function expectLinesToAgree(story: Story): Promise<void> {
  expect(
    await story.sql(`SELECT y.id, y.waiting FROM ticket_types y WHERE y.waiting <> (SELECT count(*) FROM waitlist_entries w
      WHERE w.ticket_type_id = y.id AND w.status IN ('WAITING', 'GATHERING'))`),
  ).toEqual([])
  expect(
    await story.sql(`SELECT w.id, w.status, h.status AS hold FROM waitlist_entries w LEFT JOIN holds h ON h.id = w.hold_id
      WHERE w.status IN ('GATHERING', 'OFFERED') AND (h.status IS DISTINCT FROM 'ACTIVE' OR h.booking_id IS NOT NULL OR h.user_id <> w.user_id)`),
  ).toEqual([])
  await expectBooksToBalance(story)
}

/** Moves the clock on for what is held for somebody. */
async function letPass(story: Story, holdId: string): Promise<void> {
  await story.lapse(holdId)
  await sweepHolds(story.deps)
}

describe('somebody who waits for a type that is sold out', () => {
  it('is offered what comes back before anybody sees it, and books it', async () => {
    const { eventId, typeId, sold } = await soldOut(story, 2)
    const [first, second] = [await inLine(story, typeId.toUpperCase()), await inLine(story, typeId)]
    expect(await entryOf(second, typeId, story)).toMatchObject({ status: 'WAITING', position: 2, hold: null })
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 1, held: 1, available: 0 })
    expect((await story.holdTickets(person(), typeId, 1)).code).toBe('SOLD_OUT')
    const offered = await entryOf(first, typeId, story)
    expect(offered).toMatchObject({ status: 'OFFERED', position: null })
    expect(offered.hold).toMatchObject({
      eventId,
      status: 'ACTIVE',
      items: [{ quantity: 1, unitPrice: 100_000 }],
    })
    expect(Date.parse(offered.hold.expiresAt) - Date.now()).toBeGreaterThan(890_000)
    expect(await entryOf(second, typeId, story)).toMatchObject({ status: 'WAITING', position: 1 })
    const told = await story.sql(
      `SELECT consumer, payload FROM kit.outbox WHERE type = 'ticket.waitlist-offered' AND payload->>'ticketTypeId' = '${typeId}'`,
    )
    expect(told).toMatchObject([
      { consumer: 'user', payload: { userId: first.id, holdId: offered.hold.id, places: 1, quantity: 1 } },
    ])
    expect((await accept(story, first, offered.hold.id)).issued.issued).toBe(true)
    expect(await entryOf(first, typeId, story)).toMatchObject({ status: 'ACCEPTED' })
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 2, held: 0, available: 0 })
    await expectLinesToAgree(story)
  })

  it('loses it to the next in line with their time, in the transaction that ends it; after the last it is for all', async () => {
    const { typeId, sold } = await soldOut(story, 1)
    const people = [await inLine(story, typeId), await inLine(story, typeId)]
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    const [first, second] = people as [(typeof people)[0], (typeof people)[0]]
    await letPass(story, (await entryOf(first, typeId, story)).hold.id)
    expect(await entryOf(first, typeId, story)).toMatchObject({
      status: 'EXPIRED',
      hold: { status: 'EXPIRED' },
    })
    const { status, hold } = await entryOf(second, typeId, story)
    expect(status).toBe('OFFERED')
    expect(await story.stock(typeId)).toMatchObject({ held: 1, available: 0 })
    await story.release(second, hold.id)
    expect((await entryOf(second, typeId, story)).status).toBe('LEFT')
    expect(await story.stock(typeId)).toMatchObject({ held: 0, available: 1 })
    expect((await join(person(), typeId, 1, story)).facts).toMatchObject({ remaining: 1 })
    await expectLinesToAgree(story)
  })

  it('waits once, for as many as one person may have, while there is nothing', async () => {
    const { eventId, typeId, sold } = await soldOut(story, 1, { maxPerUser: 2 })
    const other = await story.ticketType(eventId, { name: 'Free', kind: 'FREE', price: 0 })
    const buyer = person()
    expect((await join(null, typeId, 1, story)).code).toBe('UNAUTHENTICATED')
    expect((await join(buyer, other, 1, story)).code).toBe('CONFLICT')
    for (const [quantity, code] of [
      [0, 'BAD_USER_INPUT'],
      [3, 'LIMIT_EXCEEDED'],
      [11, 'LIMIT_EXCEEDED'],
    ] as const)
      expect((await join(buyer, typeId, quantity, story)).code).toBe(code)
    const joined = await Promise.all([1, 2, 3].map(() => join(buyer, typeId, 2, story)))
    expect(new Set(joined.map(({ data }) => data.joinWaitlist.id)).size).toBe(1)
    expect((await join(buyer, typeId, 1, story)).code).toBe('CONFLICT')
    expect((await leave(buyer, typeId, story)).data.leaveWaitlist).toMatchObject({
      status: 'LEFT',
      position: null,
    })
    expect((await leave(buyer, typeId, story)).data.leaveWaitlist.status).toBe('LEFT')
    expect((await leave(person(), typeId, story)).data.leaveWaitlist).toBeNull()
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    expect(await story.stock(typeId)).toMatchObject({ available: 1 })
    const over = await story.ticketType(eventId, {
      name: 'Over',
      saleEndsAt: new Date(Date.now() + 60_000).toISOString(),
      quota: 1,
    })
    await story.holdTickets(person(), over, 1)
    const waits = await inLine(story, over)
    await story.sql(`UPDATE ticket_types SET sale_ends_at = now() WHERE id = '${over}'`)
    expect((await join(person(), over, 1, story)).code).toBe('SALE_NOT_OPEN')
    expect((await entryOf(waits, over, story)).status).toBe('EXPIRED')
    await sweepWaitlists(story.deps)
    expect(await story.sql(`SELECT waiting FROM ticket_types WHERE id = '${over}'`)).toEqual([{ waiting: 0 }])
    await expectLinesToAgree(story)
  })
})

describe('somebody whose account is gone', () => {
  it('waits for nothing any more', async () => {
    const { typeId } = await soldOut(story, 1)
    const viewer = await inLine(story, typeId)
    await tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: viewer.id,
      payload: { userId: viewer.id, role: 'CUSTOMER', suspended: false, erased: true },
    })
    expect((await entryOf(viewer, typeId, story)).status).toBe('LEFT')
    await expectLinesToAgree(story)
  })
})

describe('somebody who waits for several places', () => {
  it('gathers them as they come back, in front of those behind, and may book what is there', async () => {
    const { typeId, sold } = await soldOut(story, 4)
    const family = await inLine(story, typeId, 3)
    const single = await inLine(story, typeId)
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    const gathering = await entryOf(family, typeId, story)
    expect(gathering).toMatchObject({ status: 'GATHERING', position: 1, hold: { items: [{ quantity: 1 }] } })
    expect((await entryOf(single, typeId, story)).status).toBe('WAITING')
    await story.booking.cancelAll([sold[1]?.bookingId ?? '', sold[2]?.bookingId ?? ''])
    const offered = await entryOf(family, typeId, story)
    expect(offered).toMatchObject({ status: 'OFFERED', position: null, hold: { id: gathering.hold.id } })
    expect(Date.parse(offered.hold.expiresAt)).toBeLessThan(Date.parse(gathering.hold.expiresAt))
    expect((await accept(story, family, offered.hold.id)).issued.ticketIds).toHaveLength(3)
    await story.booking.cancel(sold[3]?.bookingId ?? '')
    expect((await entryOf(single, typeId, story)).status).toBe('OFFERED')
    await expectLinesToAgree(story)
  })

  it('who has gathered in vain is passed over from then on, unless all come back at once', async () => {
    const { typeId, sold } = await soldOut(story, 3)
    const pair = await inLine(story, typeId, 2)
    const single = await inLine(story, typeId)
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    await letPass(story, (await entryOf(pair, typeId, story)).hold.id)
    expect(await entryOf(pair, typeId, story)).toMatchObject({ status: 'WAITING', position: 1, hold: null })
    expect((await entryOf(single, typeId, story)).status).toBe('OFFERED')
    // Of what nobody in line can use just now anybody may have some.
    await story.booking.cancel(sold[1]?.bookingId ?? '')
    expect(await story.stock(typeId)).toMatchObject({ held: 1, available: 1 })
    await story.booking.cancel(sold[2]?.bookingId ?? '')
    expect((await entryOf(pair, typeId, story)).status).toBe('OFFERED')
    await expectLinesToAgree(story)
  })

  it('without the guard (limits hold for offers) somebody has more than one person may', async () => {
    await using story = await startStory({ MAX_OPEN_PLACES: '2' })
    await changeFunction(
      story,
      'offer_places',
      '> coalesce(type.max_open_places, entry.open_limit)',
      '> 1000',
    )
    const { eventId, typeId, sold } = await soldOut(story, 1)
    const full = await inLine(story, typeId)
    await story.holdTickets(full, await story.ticketType(eventId, { name: 'Other' }), 2)
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    expect(await story.sql('SELECT taken FROM open_places WHERE taken > 2')).toEqual([{ taken: 3 }])
  })

  it('who has as many as one person may is passed over until they have room', async () => {
    await using story = await startStory({ MAX_OPEN_PLACES: '2' })
    const { eventId, typeId, sold } = await soldOut(story, 2)
    const other = await story.ticketType(eventId, { name: 'Other' })
    const [full, next] = [await inLine(story, typeId), await inLine(story, typeId)]
    const holds = await story.holdTickets(full, other, 2)
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    expect((await entryOf(full, typeId, story)).status).toBe('WAITING')
    expect((await entryOf(next, typeId, story)).status).toBe('OFFERED')
    await story.booking.cancel(sold[1]?.bookingId ?? '')
    await story.release(full, holds.data.holdTickets.id)
    await sweepWaitlists(story.deps)
    expect((await entryOf(full, typeId, story)).status).toBe('OFFERED')
    await expectLinesToAgree(story)
  })
})

describe('whatever brings places back', () => {
  it('a larger quota, a hold that ends, a booking given up, a sale that goes on: those who wait are first', async () => {
    const event = await story.event()
    const typeId = await story.ticketType(event, { quota: 1 })
    const keeper = person()
    const kept = (await story.holdTickets(keeper, typeId, 1)).data.holdTickets.id
    const people: Viewer[] = []
    for (let at = 0; at < 4; at += 1) people.push(await inLine(story, typeId))
    const offeredTo = async () =>
      (await Promise.all(people.map((one) => entryOf(one, typeId, story)))).map(
        ({ status }) => status === 'OFFERED',
      )
    await story.mustAsk(
      story.organizer,
      'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { id } }',
      {
        input: { id: typeId, quota: 2 },
      },
    )
    expect(await offeredTo()).toEqual([true, false, false, false])
    await story.lapse(kept)
    // The next who asks for one finds the hold past its time, and it is not theirs.
    expect((await story.holdTickets(person(), typeId, 1)).code).toBe('SOLD_OUT')
    expect(await offeredTo()).toEqual([true, true, false, false])
    const facts = story.neighbours.events.get(event) as { id: string }
    await story.tellOfEvent({ ...facts, salesPaused: true, version: 2 } as never)
    const hold = (await entryOf(people[0] as Viewer, typeId, story)).hold.id
    await story.release(people[0] as Viewer, hold)
    expect(await story.stock(typeId)).toMatchObject({ available: 1 })
    await story.tellOfEvent({ ...facts, salesPaused: false, version: 3 } as never)
    expect(await offeredTo()).toEqual([false, true, true, false])
    await expectLinesToAgree(story)
  })

  it('seats are held for those who wait before a watcher sees them free', async () => {
    const { eventId, typeId, ids, seat } = await story.hall(2, 2)
    const buyer = person()
    const { id } = (await story.holdSeats(buyer, eventId, ids)).data.holdSeats
    const pair = await inLine(story, typeId, 2)
    const single = await inLine(story, typeId)
    const watch = await story.watch(
      'subscription ($id: ID!) { seatMapChanged(eventId: $id, sinceRevision: 0) { revision seats { id status } } }',
      { id: eventId },
    )
    await story.release(buyer, id)
    const { hold } = await entryOf(pair, typeId, story)
    expect(hold.seats.map((one: { id: string }) => one.id).toSorted()).toEqual(
      [seat('A1'), seat('A2')].toSorted(),
    )
    expect((await entryOf(single, typeId, story)).hold.seats).toEqual([{ id: seat('B1'), status: 'HELD' }])
    const [{ revision }] = (await story.sql(
      `SELECT revision FROM seat_maps WHERE event_id = '${eventId}'`,
    )) as [{ revision: number }]
    await watch.until(({ data }) => data?.seatMapChanged.revision === revision)
    const seen = watch.received.flatMap(({ data }) => data.seatMapChanged.seats)
    expect(seen.filter((one) => one.status === 'AVAILABLE').map((one) => one.id)).toEqual([seat('B2')])
    expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBe('SEATS_UNAVAILABLE')
    expect((await accept(story, pair, hold.id)).issued.ticketIds).toHaveLength(2)
    await expectLinesToAgree(story)
  })
})

describe('at the same moment', () => {
  const stockOf = (typeId: string) => `SELECT FROM ticket_types WHERE id = '${typeId}' FOR UPDATE`

  it('a hundred places come back, a hundred people wait: each has one, and nobody else any', async () => {
    const event = await story.event()
    const typeId = await story.ticketType(event, { quota: 100 })
    const holds = await parallel(100, async () => {
      const buyer = person()
      return { buyer, id: (await story.holdTickets(buyer, typeId, 1)).data.holdTickets.id as string }
    })
    const kept = holds.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const people = await Promise.all(Array.from({ length: 100 }, () => inLine(story, typeId)))
    const others = await parallel(200, (at) => {
      const mine = kept[at % 2 === 0 ? at / 2 : 0]
      return at % 2 === 0 && mine
        ? story.release(mine.buyer, mine.id)
        : story.holdTickets(person(), typeId, 1)
    })
    const codes = others.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.code : 'failed'))
    expect(codes.filter((code) => code === undefined)).toHaveLength(100)
    expect(codes.filter((code) => code === 'SOLD_OUT')).toHaveLength(100)
    const entries = await Promise.all(people.map((one) => entryOf(one, typeId, story)))
    expect(entries.filter(({ status }) => status === 'OFFERED')).toHaveLength(100)
    expect(await story.stock(typeId)).toEqual({ quota: 100, sold: 0, held: 100, available: 0 })
    await expectLinesToAgree(story)
  })

  /** Somebody joins, and what they wait for comes back, both of which have seen that there is nothing, and that nobody waits. */
  async function joinsAsItComesBack(story: Story) {
    const { typeId, sold } = await soldOut(story, 1)
    const viewer = person()
    await pileUp<unknown>(
      story,
      stockOf(typeId),
      { start: () => join(viewer, typeId, 1, story), waiting: 1 },
      { start: () => story.booking.cancel(sold[0]?.bookingId ?? ''), waiting: 2 },
    )
    return { status: (await entryOf(viewer, typeId, story)).status, stock: await story.stock(typeId) }
  }

  it('somebody joins as a place comes back: it is theirs', async () => {
    expect(await joinsAsItComesBack(story)).toMatchObject({
      status: 'OFFERED',
      stock: { held: 1, available: 0 },
    })
    await expectLinesToAgree(story)
  })

  it('without the guard (the trigger that looks at the end of the transaction) they wait beside a free place', async () => {
    await using story = await startStory()
    await story.sql('ALTER TABLE ticket_types DISABLE TRIGGER ticket_types_offer_places')
    expect(await joinsAsItComesBack(story)).toMatchObject({
      status: 'WAITING',
      stock: { held: 0, available: 1 },
    })
  })

  /** An offer's time is up as it is booked; whoever has its row first decides. */
  async function acceptedAsItEnds(story: Story, first: 'accept' | 'end') {
    const { typeId, sold } = await soldOut(story, 1)
    const [one, next] = [await inLine(story, typeId), await inLine(story, typeId)]
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    const { id } = (await entryOf(one, typeId, story)).hold
    const steps = { accept: () => accept(story, one, id), end: () => story.release(one, id) }
    const order = first === 'accept' ? (['accept', 'end'] as const) : (['end', 'accept'] as const)
    await pileUp<unknown>(
      story,
      `SELECT FROM holds WHERE id = '${id}' FOR UPDATE`,
      ...order.map((name, at) => ({ start: steps[name], waiting: at + 1 })),
    )
    const statuses = [one, next].map(async (viewer) => (await entryOf(viewer, typeId, story)).status)
    return {
      statuses: await Promise.all(statuses),
      tickets: await story.sql(`SELECT FROM tickets WHERE status = 'VALID' AND ticket_type_id = '${typeId}'`),
    }
  }

  it.each([
    ['accept', ['ACCEPTED', 'WAITING'], 1],
    ['end', ['LEFT', 'OFFERED'], 0],
  ] as const)('an offer ends as it is booked, first %s', async (first, statuses, tickets) => {
    const outcome = await acceptedAsItEnds(story, first)
    expect([outcome.statuses, outcome.tickets.length]).toEqual([statuses, tickets])
    await expectLinesToAgree(story)
  })

  it('without the guard (a booking has it) an offer ends although it is booked, and two have the place', async () => {
    await using story = await startStory()
    const guard = takeOutGuard(story.deps, 'OR h.booking_id IS NULL)', 'OR true)')
    const { statuses } = await acceptedAsItEnds(story, 'accept')
    expect(guard.count).toBeGreaterThan(0)
    expect(statuses).toEqual(['ACCEPTED', 'OFFERED'])
  })

  /** Somebody leaves as a place comes back that is theirs. */
  async function leavesAsItComesBack(story: Story) {
    const { typeId, sold } = await soldOut(story, 1)
    const [one, next] = [await inLine(story, typeId), await inLine(story, typeId)]
    await pileUp<unknown>(
      story,
      stockOf(typeId),
      { start: () => leave(one, typeId, story), waiting: 1 },
      { start: () => story.booking.cancel(sold[0]?.bookingId ?? ''), waiting: 2 },
    )
    return Promise.all([one, next].map(async (viewer) => (await entryOf(viewer, typeId, story)).status))
  }

  it('somebody leaves as a place comes back: it is the next one’s', async () => {
    expect(await leavesAsItComesBack(story)).toEqual(['LEFT', 'OFFERED'])
    await expectLinesToAgree(story)
  })

  /** Somebody gives up what they have gathered as another place comes back. */
  async function gatheringEnds(story: Story) {
    const { typeId, sold } = await soldOut(story, 2)
    const family = await inLine(story, typeId, 3)
    const pair = await inLine(story, typeId, 2)
    await story.booking.cancel(sold[0]?.bookingId ?? '')
    const { id } = (await entryOf(family, typeId, story)).hold
    await pileUp<unknown>(
      story,
      stockOf(typeId),
      { start: () => story.booking.cancel(sold[1]?.bookingId ?? ''), waiting: 1 },
      { start: () => story.release(family, id), waiting: 2 },
    )
    return Promise.all([family, pair].map(async (viewer) => (await entryOf(viewer, typeId, story)).status))
  }

  it('gathered places end as another comes back: whoever is next has both, and nothing is lost', async () => {
    expect(await gatheringEnds(story)).toEqual(['LEFT', 'OFFERED'])
    await expectLinesToAgree(story)
  })

  it('without the guard (what is being ended is passed over) they wait for each other', async () => {
    await using story = await startStory()
    withoutRetries(story)
    await changeFunction(
      story,
      'offer_places',
      'AND h.expires_at > now()\n        FOR NO KEY UPDATE SKIP LOCKED',
      '\n FOR NO KEY UPDATE',
    )
    // It may come right by luck, on a busy machine.
    await eventually(async () => expect(await gatheringEnds(story)).not.toEqual(['LEFT', 'OFFERED']))
  })
})
