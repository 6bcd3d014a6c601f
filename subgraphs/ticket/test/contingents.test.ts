import type { Viewer } from '@karcis/kit/service-token'
import type { Answer } from '@karcis/testkit/ask'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectBooksToBalance, imbalances } from './races.ts'
import { type Story, startStory } from './stories.ts'
import { entryOf, inLine } from './waitlists.ts'

let story: Story

beforeAll(async () => {
  story = await startStory()
})

afterAll(() => story[Symbol.asyncDispose]())

const CONTINGENT = 'id name count left ticketType { id } seats { id status }'
const BACK_SEATS = `mutation ($input: HoldBackSeatsInput!) { holdBackSeats(input: $input) { ${CONTINGENT} } }`
const BACK_TICKETS = `mutation ($input: HoldBackTicketsInput!) { holdBackTickets(input: $input) { ${CONTINGENT} } }`
const RELEASE = `mutation ($id: ID!, $quantity: Int, $seatIds: [ID!]) {
  releaseHeldBack(id: $id, quantity: $quantity, seatIds: $seatIds) { ${CONTINGENT} } }`

const backSeats = (eventId: string, seatIds: string[], viewer: Viewer = story.organizer) =>
  story.ask(viewer, BACK_SEATS, { input: { eventId, seatIds, name: 'House seats' } })
const backTickets = (ticketTypeId: string, quantity: number, viewer: Viewer = story.organizer) =>
  story.ask(viewer, BACK_TICKETS, { input: { ticketTypeId, quantity, name: 'Sponsors' } })
const release = (id: string, of: { quantity?: number; seatIds?: string[] } = {}, viewer = story.organizer) =>
  story.ask(viewer, RELEASE, { id, ...of })
const codes = (runs: PromiseSettledResult<Answer>[]) =>
  runs.map((run) => (run.status === 'fulfilled' ? (run.value.code ?? 'done') : 'failed'))
const countOf = (outcomes: string[], outcome: string) => outcomes.filter((each) => each === outcome).length

describe('seats that are held back', () => {
  it('look blocked to everybody, count as held, and are for whoever comes first once they are released', async () => {
    const { eventId, typeId, seat } = await story.hall(2, 10)
    const seatIds = [seat('A1'), seat('A2'), seat('A3')]
    const { holdBackSeats: kept } = (await backSeats(eventId, seatIds)).data
    expect(kept).toMatchObject({ name: 'House seats', count: 3, left: 3, ticketType: null })
    expect(kept.seats).toEqual(seatIds.map((id) => ({ id, status: 'BLOCKED' })))
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 0, held: 3, available: 17 })
    const statuses = await story.seatStatuses(eventId)
    for (const id of seatIds) expect(statuses.get(id)).toBe('BLOCKED')
    const heldBack = 'query ($id: ID!) { ticketType(id: $id) { heldBack } }'
    expect((await story.mustAsk(story.organizer, heldBack, { id: typeId })).ticketType.heldBack).toBe(3)
    expect((await story.mustAsk(person(), heldBack, { id: typeId })).ticketType.heldBack).toBeNull()
    expect((await story.holdSeats(person(), eventId, [seat('A1')])).code).toBe('SEATS_UNAVAILABLE')

    expect((await release(kept.id, { seatIds: [seat('A3')] })).data.releaseHeldBack).toMatchObject({
      count: 3,
      left: 2,
    })
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 0, held: 2, available: 18 })
    expect((await release(kept.id, { seatIds: [seat('A3')] })).facts.seatIds).toEqual([seat('A3')])
    expect((await release(kept.id, { quantity: 1 })).code).toBe('BAD_USER_INPUT')
    expect((await release(kept.id)).data.releaseHeldBack).toMatchObject({ left: 0, seats: [] })
    expect((await release(kept.id)).data.releaseHeldBack).toMatchObject({ left: 0 }) // again: nothing is left to release
    expect((await story.holdSeats(person(), eventId, seatIds)).code).toBeUndefined()
    await expectBooksToBalance(story)
  })

  it('are none that somebody holds or has bought: each is named, and nothing changes', async () => {
    const { eventId, seat, typeId } = await story.hall(1, 12)
    await story.holdSeats(person(), eventId, [seat('A1'), seat('A2')])
    const before = await story.stock(typeId)
    const wanted = [seat('A2'), seat('A5'), seat('A1')]
    const refused = await backSeats(eventId, wanted)
    expect(refused.code).toBe('SEATS_UNAVAILABLE')
    expect(refused.facts.seatIds).toEqual([seat('A2'), seat('A1')])
    expect(await story.stock(typeId)).toEqual(before)
    // What is past its time is nobody's.
    const lapsed = (await story.holdSeats(person(), eventId, [seat('A11'), seat('A12')])).data.holdSeats
    await story.lapse(lapsed.id)
    expect((await backSeats(eventId, [seat('A11'), seat('A12')])).code).toBeUndefined()
    await expectBooksToBalance(story)
  })

  it('stay out of sale whatever else is done: unblocking leaves them, and a corrected map names them', async () => {
    const { eventId, typeId, seat, ids } = await story.hall(2, 10)
    const seatIds = [seat('A1'), seat('A2')]
    const { holdBackSeats: kept } = (await backSeats(eventId, seatIds)).data
    const unblock =
      'mutation ($eventId: ID!, $seatIds: [ID!], $sections: [String!]) { unblockSeats(eventId: $eventId, seatIds: $seatIds, sections: $sections) { id } }'
    expect(await story.ask(story.organizer, unblock, { eventId, seatIds })).toMatchObject({
      code: 'SEATS_UNAVAILABLE',
      facts: { seatIds },
    })
    // Of one that was held back a moment ago the constraint says so.
    const unaware = await withMutant(story.deps, ['AND c.kept > 0', 'AND c.kept < 0'], () =>
      story.ask(story.organizer, unblock, { eventId, seatIds }),
    )
    expect(unaware.code).toBe('SEATS_UNAVAILABLE')
    await story.mustAsk(story.organizer, BLOCK, { eventId, seatIds: [seat('B1')] })
    const unblocked = await story.mustAsk(story.organizer, unblock, { eventId, sections: ['Stalls'] })
    expect(unblocked.unblockSeats).toEqual([{ id: seat('B1') }])
    const smaller = {
      eventId,
      sections: [{ name: 'Stalls', ticketTypeId: typeId, rows: 1, seatsPerRow: 10 }],
    }
    const correct = `mutation ($input: UpdateSeatMapInput!) { updateSeatMap(input: $input) { revision } }`
    expect((await story.ask(story.organizer, correct, { input: smaller })).code).toBeUndefined()
    const none = { eventId, sections: [{ name: 'Circle', ticketTypeId: typeId, rows: 1, seatsPerRow: 10 }] }
    const refused = await story.ask(story.organizer, correct, { input: none })
    expect(refused.code).toBe('SEATS_UNAVAILABLE')
    expect(refused.facts.seatIds.toSorted()).toEqual(seatIds.toSorted())
    expect(await story.stock(typeId)).toEqual({ quota: 10, sold: 0, held: 2, available: 8 })
    expect(ids).toHaveLength(20)
    await release(kept.id)
    expect(await story.stock(typeId)).toEqual({ quota: 10, sold: 0, held: 0, available: 10 })
    await expectBooksToBalance(story)
  })

  /** Forty buyers and ten of the organizer's hands at once, for the same ten seats. */
  async function scramble() {
    const { eventId, seat, typeId } = await story.hall(1, 10)
    const all = Array.from({ length: 10 }, (_, at) => seat(`A${at + 1}`))
    const runs = await parallel(50, async (at) =>
      at % 5 === 0
        ? backSeats(eventId, all.slice(0, 5))
        : story.holdSeats(person(), eventId, at % 2 ? all.slice(0, 5) : all.slice(5)),
    )
    return { typeId, outcomes: codes(runs), stock: await story.stock(typeId) }
  }

  it('of many at once for the same seats one has them, buyer or contingent', async () => {
    const { outcomes, stock } = await scramble()
    expect(countOf(outcomes, 'done')).toBe(2)
    expect(countOf(outcomes, 'SEATS_UNAVAILABLE')).toBe(48)
    expect(stock).toEqual({ quota: 10, sold: 0, held: 10, available: 0 })
    await expectBooksToBalance(story)
  })

  it('without the guards, the condition and seats_held_by_one, are taken from under their buyers', async () => {
    await using other = await startStory()
    const shared = story
    story = other
    try {
      await other.sql('ALTER TABLE seats DROP CONSTRAINT seats_held_by_one')
      const { eventId, seat } = await other.hall(1, 10)
      await other.holdSeats(person(), eventId, [seat('A1'), seat('A2')])
      const guard = `AND s.status = 'AVAILABLE' RETURNING s.id, s.ticket_type_id`
      await withMutant(other.deps, [guard, 'RETURNING s.id, s.ticket_type_id'], () =>
        backSeats(eventId, [seat('A1'), seat('A2')]),
      )
      expect(await imbalances(other)).not.toEqual([])
    } finally {
      story = shared
    }
  })
})

describe('tickets that are held back', () => {
  it('are listed for the organizer, with what is left; others neither see nor touch them', async () => {
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId, { quota: 50 })
    const { holdBackTickets: sponsors } = (await backTickets(typeId, 20)).data
    expect(sponsors).toMatchObject({
      name: 'Sponsors',
      count: 20,
      left: 20,
      ticketType: { id: typeId },
      seats: [],
    })
    await backTickets(typeId, 5)
    expect(await story.stock(typeId)).toEqual({ quota: 50, sold: 0, held: 25, available: 25 })
    expect(await backTickets(typeId, 26)).toMatchObject({
      code: 'SOLD_OUT',
      facts: { ticketTypeId: typeId, remaining: 25 },
    })
    expect((await release(sponsors.id, { quantity: 8 })).data.releaseHeldBack).toMatchObject({
      count: 20,
      left: 12,
    })
    expect(await release(sponsors.id, { quantity: 13 })).toMatchObject({
      code: 'CONFLICT',
      facts: { left: 12 },
    })
    expect((await release(sponsors.id, { seatIds: [typeId] })).code).toBe('BAD_USER_INPUT')
    const list = `query ($eventId: ID!) { contingents(eventId: $eventId, first: 1) {
      totalCount edges { node { count left } } pageInfo { hasNextPage } } }`
    expect((await story.mustAsk(story.organizer, list, { eventId })).contingents).toEqual({
      totalCount: 2,
      edges: [{ node: { count: 5, left: 5 } }],
      pageInfo: { hasNextPage: true },
    })
    const rival = person({ role: 'ORGANIZER' })
    for (const refused of [
      await story.ask(rival, list, { eventId }),
      await backTickets(typeId, 1, rival),
      await release(sponsors.id, {}, rival),
    ])
      expect(refused.code).toBe('FORBIDDEN')
    const { quota } = (
      await story.mustAsk(
        story.organizer,
        'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { quota } }',
        { input: { id: typeId, quota: 17 } },
      )
    ).updateTicketType
    expect(quota).toBe(17) // what is held back is held: not below it
    const remove = 'mutation ($id: ID!) { deleteTicketType(id: $id) { id } }'
    expect((await story.ask(story.organizer, remove, { id: typeId })).code).toBe('CONFLICT')
    await expectBooksToBalance(story)
  })

  it('of two hundred at once, buyers and contingents, as many have places as there are', async () => {
    const typeId = await story.ticketType(await story.event(), { quota: 60 })
    const runs = await parallel(120, async (at) =>
      at % 6 === 0 ? backTickets(typeId, 4) : story.holdTickets(person(), typeId, 1),
    )
    const outcomes = codes(runs)
    const backed = countOf(
      outcomes.filter((_, at) => at % 6 === 0),
      'done',
    )
    const bought = countOf(
      outcomes.filter((_, at) => at % 6 !== 0),
      'done',
    )
    expect(countOf(outcomes, 'SOLD_OUT')).toBe(120 - backed - bought)
    const { held, available } = await story.stock(typeId)
    expect(held).toBe(4 * backed + bought)
    expect(held + available).toBe(60)
    expect(available).toBeLessThan(4)
    await expectBooksToBalance(story)
  })

  it('go to whoever waits for them when they are released, before the public sees them', async () => {
    const typeId = await story.ticketType(await story.event(), { quota: 3 })
    const { id } = (await backTickets(typeId, 3)).data.holdBackTickets
    const [first, second] = [await inLine(story, typeId, 2), await inLine(story, typeId, 2)]
    await release(id, { quantity: 2 })
    expect((await entryOf(first, typeId, story)).status).toBe('OFFERED')
    expect((await entryOf(second, typeId, story)).status).toBe('WAITING')
    expect(await story.stock(typeId)).toEqual({ quota: 3, sold: 0, held: 3, available: 0 })
    const { eventId, typeId: seated, ids } = await story.hall(1, 4)
    const { holdBackSeats: kept } = (await backSeats(eventId, ids)).data
    const waiting = await inLine(story, seated, 4)
    await release(kept.id)
    expect((await entryOf(waiting, seated, story)).status).toBe('OFFERED')
    expect([...(await story.seatStatuses(eventId)).values()]).toEqual(Array(4).fill('HELD'))
    await expectBooksToBalance(story)
  })

  /** Ten hands release three each of the ten that a contingent keeps. */
  async function releaseAtOnce() {
    const typeId = await story.ticketType(await story.event(), { quota: 30 })
    const { id } = (await backTickets(typeId, 10)).data.holdBackTickets
    const outcomes = codes(await parallel(10, () => release(id, { quantity: 3 })))
    return { outcomes, stock: await story.stock(typeId) }
  }

  it('are released once, however many do it at once', async () => {
    const { outcomes, stock } = await releaseAtOnce()
    expect(countOf(outcomes, 'done')).toBe(3)
    expect(countOf(outcomes, 'CONFLICT')).toBe(7)
    expect(stock).toEqual({ quota: 30, sold: 0, held: 1, available: 29 })
    await expectBooksToBalance(story)
  })

  it('without the guards, the condition and the CHECKs, are released more often than they were held back', async () => {
    await using other = await startStory()
    const shared = story
    story = other
    try {
      for (const [table, name] of [
        ['contingents', 'contingents_kept_check'],
        ['ticket_types', 'ticket_types_held_back_check'],
        ['ticket_types', 'ticket_types_stock_not_negative'],
      ])
        await other.sql(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
      const { outcomes, stock } = await withMutant(other.deps, ['AND kept >= ', 'AND 0 < '], releaseAtOnce)
      expect(countOf(outcomes, 'done')).toBe(10)
      expect(stock.available).toBeGreaterThan(30)
    } finally {
      story = shared
    }
  })
})

const BLOCK =
  'mutation ($eventId: ID!, $seatIds: [ID!], $sections: [String!]) { blockSeats(eventId: $eventId, seatIds: $seatIds, sections: $sections) { id status } }'

describe('whole sections', () => {
  async function twoSections() {
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId, { quota: 1 })
    const sections = ['Stalls', 'Circle'].map((name) => ({
      name,
      ticketTypeId: typeId,
      rows: 40,
      seatsPerRow: 40,
    }))
    const { createSeatMap } = await story.mustAsk(
      story.organizer,
      'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision seats { id section } } }',
      { input: { eventId, sections } },
    )
    const ids = (section: string): string[] =>
      createSeatMap.seats
        .filter((seat: { section: string }) => seat.section === section)
        .map((seat: { id: string }) => seat.id)
    return {
      eventId,
      typeId,
      revision: createSeatMap.revision as number,
      stalls: ids('Stalls'),
      circle: ids('Circle'),
    }
  }

  const UNBLOCK =
    'mutation ($eventId: ID!, $sections: [String!]) { unblockSeats(eventId: $eventId, sections: $sections) { id } }'

  it('are blocked and put on sale again by name, all their seats or none, and watchers are told', async () => {
    const { eventId, typeId, revision, circle } = await twoSections()
    const watch = await story.watch(
      'subscription ($eventId: ID!, $since: Int) { seatMapChanged(eventId: $eventId, sinceRevision: $since) { revision seats { id status } } }',
      { eventId, since: revision },
    )
    await story.mustAsk(story.organizer, BLOCK, { eventId, seatIds: circle.slice(0, 2) })
    const { blockSeats } = await story.mustAsk(story.organizer, BLOCK, { eventId, sections: ['Circle'] })
    expect(blockSeats).toHaveLength(1_598) // two were blocked before
    expect(await story.stock(typeId)).toEqual({ quota: 1_600, sold: 0, held: 0, available: 1_600 })
    const seen = new Map<string, string>()
    await watch.until(() => {
      for (const { data } of watch.received)
        for (const { id, status } of data.seatMapChanged.seats) seen.set(id, status)
      return circle.every((id) => seen.get(id) === 'BLOCKED')
    })
    expect(seen.size).toBe(1_600)
    watch.stop()
    const buyer = person()
    const best = await story.holdBest(buyer, eventId, typeId, 2)
    expect(best.code).toBeUndefined()
    const taken = best.data.holdBestSeats.seats.map(({ id }: { id: string }) => id)
    const refused = await story.ask(story.organizer, BLOCK, { eventId, sections: ['Stalls', 'Circle'] })
    expect(refused.code).toBe('SEATS_UNAVAILABLE')
    expect(refused.facts.seatIds.toSorted()).toEqual(taken.toSorted())
    expect((await story.stock(typeId)).quota).toBe(1_600)
    const { unblockSeats } = await story.mustAsk(story.organizer, UNBLOCK, {
      eventId,
      sections: ['Circle', 'Stalls'],
    })
    expect(unblockSeats).toHaveLength(1_600)
    expect(await story.stock(typeId)).toEqual({ quota: 3_200, sold: 0, held: 2, available: 3_198 })
    expect(
      (await story.mustAsk(story.organizer, UNBLOCK, { eventId, sections: ['Circle'] })).unblockSeats,
    ).toEqual([])
    await expectBooksToBalance(story)
  })

  it('that are not there are named, and something has to be named', async () => {
    const { eventId } = await twoSections()
    expect((await story.ask(story.organizer, BLOCK, { eventId, sections: ['Balcony'] })).code).toBe(
      'NOT_FOUND',
    )
    expect((await story.ask(story.organizer, BLOCK, { eventId })).code).toBe('BAD_USER_INPUT')
    expect(
      (await story.ask(person({ role: 'ORGANIZER' }), BLOCK, { eventId, sections: ['Stalls'] })).code,
    ).toBe('FORBIDDEN')
  })
})
