import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expectBooksToBalance, takeOutGuard } from './races.ts'
import { eventFacts, HOLD, type Process, type Story, startStory } from './stories.ts'

const HOLD_ITEMS = `mutation ($input: HoldItemsInput!) { holdItems(input: $input) { ${HOLD} } }`

const holdItems = (story: Process, viewer: Viewer, input: object) => story.ask(viewer, HOLD_ITEMS, { input })

const extend = (story: Story, viewer: Viewer, id: string) =>
  story.ask(viewer, 'mutation ($id: ID!) { extendHold(id: $id) { id expiresAt status } }', { id })

describe('holdItems', () => {
  it('seats and general admission are one hold, one booking and its tickets', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(2, 10)
    const [adult, child] = [await story.ticketType(eventId), await story.ticketType(eventId, { price: 1 })]
    const buyer = person()
    const items = [
      { ticketTypeId: adult, quantity: 2 },
      { ticketTypeId: child, quantity: 1 },
    ]
    const seatIds = [seat('A1'), seat('A2')]
    const hold = (await holdItems(story, buyer, { eventId, seatIds, items })).data.holdItems
    expect(hold.seats.map(({ id }: { id: string }) => id).toSorted()).toEqual(seatIds.toSorted())
    expect(hold.items).toHaveLength(4)
    expect(await story.stock(adult)).toMatchObject({ held: 2, available: 98 })
    const bookingId = newId()
    await story.booking.bind(buyer, hold.id, bookingId)
    const { issueTickets } = (await story.booking.issue(bookingId)).data
    expect(issueTickets.ticketIds).toHaveLength(5)
    // Without chosen seats the best are found.
    const best = [...items, { ticketTypeId: typeId, quantity: 3 }]
    const found = (await holdItems(story, person(), { eventId, items: best })).data.holdItems
    expect(found.seats).toHaveLength(3)
    await expectBooksToBalance(story)
  })

  it('is all or nothing, whatever is in the way, and says what', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(2, 10)
    const few = await story.ticketType(eventId, { quota: 2 })
    const elsewhere = await story.ticketType(await story.event())
    const buyer = person()
    const seatIds = [seat('A1')]
    await story.holdSeats(person(), eventId, [seat('B1')])
    const refused: [object, string][] = [
      [{ eventId, seatIds, items: [{ ticketTypeId: few, quantity: 3 }] }, 'SOLD_OUT'],
      [{ eventId, seatIds: [seat('B1')], items: [{ ticketTypeId: few, quantity: 1 }] }, 'SEATS_UNAVAILABLE'],
      [{ eventId, seatIds: [seat('A2')], items: [{ ticketTypeId: few, quantity: 1 }] }, 'ORPHAN_SEAT'],
      [{ eventId, seatIds, items: [{ ticketTypeId: few, quantity: 10 }] }, 'LIMIT_EXCEEDED'],
      [{ eventId, seatIds, items: [{ ticketTypeId: typeId, quantity: 1 }] }, 'BAD_USER_INPUT'],
      [{ eventId, seatIds, items: [{ ticketTypeId: elsewhere, quantity: 1 }] }, 'NOT_FOUND'],
      [{ eventId, items: [{ ticketTypeId: elsewhere, quantity: 1 }] }, 'NOT_FOUND'],
      [{ eventId, items: [] }, 'BAD_USER_INPUT'],
      [{ eventId }, 'BAD_USER_INPUT'],
    ]
    for (const [input, code] of refused)
      expect([input, (await holdItems(story, buyer, input)).code]).toEqual([input, code])
    expect(await story.stock(few)).toMatchObject({ held: 0, available: 2 })
    expect((await story.seatStatuses(eventId)).get(seat('A1'))).toBe('AVAILABLE')
    await expectBooksToBalance(story)
  })

  it('of forty who want the last two places with a seat each, at two processes, two get both, and the others nothing', async () => {
    await using story = await startStory()
    const other = await story.join()
    const { eventId, ids } = await story.hall(20, 4)
    const few = await story.ticketType(eventId, { quota: 2 })
    const answers = await parallel(40, (at) =>
      holdItems(at % 2 ? other : story, person(), {
        eventId,
        // Rows of four, a buyer each half of one.
        seatIds: ids.slice(at * 2, at * 2 + 2),
        items: [{ ticketTypeId: few, quantity: 1 }],
      }),
    )
    const codes = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.code : 'threw'))
    expect(codes.filter((code) => code === undefined)).toHaveLength(2)
    expect(codes.filter((code) => code === 'SOLD_OUT')).toHaveLength(38)
    const statuses = [...(await story.seatStatuses(eventId)).values()]
    expect(statuses.filter((status) => status === 'HELD')).toHaveLength(4)
    await expectBooksToBalance(story)
  })
})

describe('extendHold', () => {
  const leftOf = ({ expiresAt }: { expiresAt: string }): number =>
    (Date.parse(expiresAt) - Date.now()) / 1_000

  it('lasts as long as a new one, seats and all, twice as long in all at most, and never shorter', async () => {
    await using story = await startStory({ HOLD_SECONDS: '100' })
    const { eventId, seat } = await story.hall(1, 10)
    const buyer = person()
    const { id } = (await story.holdSeats(buyer, eventId, [seat('A1')])).data.holdSeats
    const ageBy = async (seconds: number): Promise<void> => {
      const back = `- interval '${seconds} seconds'`
      await story.sql(`UPDATE holds SET created_at = created_at ${back}, expires_at = expires_at ${back}`)
      await story.sql(`UPDATE seats SET held_until = held_until ${back} WHERE hold_id IS NOT NULL`)
    }
    await ageBy(60)
    const first = (await extend(story, buyer, id)).data.extendHold
    expect(leftOf(first)).toBeGreaterThan(90)
    const [{ held_until, run_at }] = (await story.sql(
      `SELECT s.held_until, j.run_at FROM seats s, graphile_worker.jobs j WHERE s.hold_id = '${id}' AND j.key = 'expire-hold:${id}'`,
    )) as [{ held_until: Date; run_at: Date }]
    for (const time of [held_until, run_at])
      expect(Math.abs(time.getTime() - Date.parse(first.expiresAt))).toBeLessThan(5)
    await ageBy(80)
    const second = (await extend(story, buyer, id)).data.extendHold
    expect(leftOf(second)).toBeLessThan(61)
    expect(leftOf(second)).toBeGreaterThan(40)
    expect((await extend(story, buyer, id)).data.extendHold.expiresAt).toBe(second.expiresAt)
    // Without that bound it would last for ever.
    const met = takeOutGuard(
      story.deps,
      'h.created_at + make_interval(secs => ',
      'now() + make_interval(secs => ',
    )
    await extend(story, buyer, id)
    expect(met.count).toBe(1)
    expect(leftOf((await extend(story, buyer, id)).data.extendHold)).toBeGreaterThan(90)
  })

  it('is for whoever has it, while it keeps its places, is not booked, and can be sold', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const hold = async (viewer: Viewer): Promise<string> =>
      (await story.holdTickets(viewer, typeId, 1)).data.holdTickets.id
    const [buyer, booked, late] = [person(), person(), person()]
    const [own, bound, lapsed] = [await hold(buyer), await hold(booked), await hold(late)]
    expect((await extend(story, person(), own)).code).toBe('NOT_FOUND')
    await story.booking.bind(booked, bound, newId())
    expect((await extend(story, booked, bound)).code).toBe('CONFLICT')
    await story.lapse(lapsed)
    expect((await extend(story, late, lapsed)).code).toBe('HOLD_EXPIRED')
    const told = eventFacts(story.organizer.id, { id: eventId, version: 2, salesPaused: true })
    story.neighbours.events.set(eventId, told)
    await story.tellOfEvent(told)
    expect((await extend(story, buyer, own)).code).toBe('SALES_PAUSED')
  })
})
