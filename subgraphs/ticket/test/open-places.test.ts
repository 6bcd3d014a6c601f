import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import type { Answer } from '@karcis/testkit/ask'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expectBooksToBalance, imbalances, takeOutGuard } from './races.ts'
import { type Process, type Story, startStory } from './stories.ts'

/** Every way to keep places from others, one after the other and at both processes, all at once. */
async function greed(story: Story, other: Process, siti: Viewer) {
  const hall = await story.hall(8, 12)
  const [standing, lawn] = [await story.ticketType(hall.eventId), await story.ticketType(hall.eventId)]
  const items = [standing, lawn, hall.typeId].map((ticketTypeId) => ({ ticketTypeId, quantity: 1 }))
  const ways: ((at: number, process: Process) => Promise<Answer>)[] = [
    (at, process) =>
      story.holdSeats(
        siti,
        hall.eventId,
        [hall.seat(`H${at * 3 + 1}`), hall.seat(`H${at * 3 + 2}`)],
        process,
      ),
    (_, process) => story.holdBest(siti, hall.eventId, hall.typeId, 2, process),
    (_, process) => story.holdTickets(siti, standing, 2, process),
    (_, process) => story.booking.take(siti, newId(), standing, 2, process),
    (_, process) => story.booking.takeItems(siti, newId(), items, process),
  ]
  const answers = await Promise.all(
    ways.flatMap((way) => [0, 1, 2].map((at) => way(at, at % 2 ? other : story))),
  )
  return { ...hall, standing, answers }
}

const openPlaces = async ({ sql }: Story, { id }: Viewer): Promise<number> =>
  (
    await sql(`SELECT coalesce(sum(i.quantity), 0)::int AS n FROM holds h JOIN hold_items i ON i.hold_id = h.id
      WHERE h.user_id = '${id}' AND h.status = 'ACTIVE'`)
  )[0].n

describe('line 6: one account holds the hall', () => {
  it('without the guard of the conditional upsert it does', async () => {
    await using story = await startStory()
    const other = await story.join()
    const guards = [story, other].map(({ deps }) =>
      takeOutGuard(deps, 'WHERE open_places.taken + EXCLUDED.taken <= (', 'WHERE 0 <= ('),
    )
    const siti = person()
    await greed(story, other, siti)
    for (const guard of guards) expect(guard.count).toBeGreaterThan(0)
    expect(await openPlaces(story, siti)).toBeGreaterThan(10)
    expect(await imbalances(story)).toEqual([])
  })

  it('with it nobody has more than ten places open, in whatever way and wherever they ask at once', async () => {
    await using story = await startStory()
    const siti = person()
    const { answers, eventId, standing } = await greed(story, await story.join(), siti)
    expect(await openPlaces(story, siti)).toBeLessThanOrEqual(10)
    expect(await openPlaces(story, siti)).toBeGreaterThan(7)
    for (const { code } of answers)
      expect([undefined, 'LIMIT_EXCEEDED', 'SEATS_UNAVAILABLE', 'ORPHAN_SEAT']).toContain(code)
    await expectBooksToBalance(story)
    const left = 10 - (await openPlaces(story, siti))
    const refused = await story.holdTickets(siti, standing, left + 1)
    const open = await story.sql(
      `SELECT id FROM holds WHERE user_id = '${siti.id}' AND status = 'ACTIVE' ORDER BY id`,
    )
    expect(refused).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      facts: { limit: 10, remaining: left, holdIds: open.map(({ id }) => id) },
    })
    expect((await story.holdTickets(person(), standing, 10)).code).toBeUndefined()
    expect(
      (await story.holdTickets(siti, await story.ticketType(await story.event()), 10)).code,
    ).toBeUndefined()
    expect(eventId).toEqual(expect.any(String))
  })

  it('places are open no longer once a hold is released, past its time, or paid', async () => {
    await using story = await startStory()
    const typeId = await story.ticketType(await story.event())
    const [siti, bookingId] = [person(), newId()]
    const first = (await story.holdTickets(siti, typeId, 10)).data.holdTickets
    await story.release(siti, first.id)
    const second = (await story.holdTickets(siti, typeId, 10)).data.holdTickets
    await story.lapse(second.id) // and nobody has noticed
    await story.booking.take(siti, bookingId, typeId, 10)
    expect((await story.holdTickets(siti, typeId, 1)).code).toBe('LIMIT_EXCEEDED')
    await story.booking.issue(bookingId)
    expect((await story.holdTickets(siti, typeId, 10)).code).toBeUndefined()
    await expectBooksToBalance(story)
  })

  it('also past its time a hold counts for nobody where several types or seats are asked for, or a quote', async () => {
    await using story = await startStory()
    const { eventId, seat, typeId } = await story.hall(2, 10)
    const standing = await story.ticketType(eventId)
    const siti = person()
    const items = [standing, typeId].map((ticketTypeId) => ({ ticketTypeId, quantity: 1 }))
    for (const attempt of [
      () => story.holdSeats(siti, eventId, [seat('A1')]),
      () => story.booking.quote(siti, { items }),
      () => story.booking.takeItems(siti, newId(), items),
    ]) {
      await story.sql(
        `UPDATE holds SET expires_at = now() - interval '1 second' WHERE user_id = '${siti.id}'`,
      )
      const full = (await story.holdTickets(siti, standing, 10)).data.holdTickets
      await story.lapse(full.id)
      expect((await attempt()).code).toBeUndefined()
    }
    await expectBooksToBalance(story)
  })

  it('the organizer may set another number, and the platform its own', async () => {
    await using story = await startStory({ MAX_OPEN_PLACES: '3' })
    const [usual, generous] = [await story.event(), await story.event({ maxOpenPlaces: 12 })]
    const siti = person()
    const of = async (eventId: string, quantity: number) =>
      (await story.holdTickets(siti, await story.ticketType(eventId), quantity)).facts.remaining
    expect(await of(usual, 4)).toBe(3)
    expect(await of(usual, 3)).toBeUndefined()
    expect(await of(generous, 10)).toBeUndefined()
    expect(await of(generous, 3)).toBe(2)
    expect(await of(generous, 11)).toBe(2) // one hold keeps ten at most, and these are what is left of twelve
  })
})

describe('users missed: myHolds', () => {
  const QUERY = `query ($eventId: ID) { myHolds(eventId: $eventId) {
    id status bookingId expiresAt items { quantity ticketType { name } } event { id } } }`

  it('gives back what the viewer keeps just now, newest first, of one event or of all', async () => {
    await using story = await startStory()
    const [eventId, elsewhere] = [await story.event(), await story.event()]
    const [here, there] = [await story.ticketType(eventId), await story.ticketType(elsewhere)]
    const [siti, bookingId] = [person(), newId()]
    const hold = async (typeId: string) => (await story.holdTickets(siti, typeId, 1)).data.holdTickets.id
    const [free, over, gone, other] = [
      await hold(here),
      await hold(here),
      await hold(here),
      await hold(there),
    ]
    await story.booking.take(siti, bookingId, here, 2)
    await story.holdTickets(person(), here, 1)
    await story.lapse(over)
    await story.release(siti, gone)
    const mine = async (of?: string) => (await story.mustAsk(siti, QUERY, { eventId: of })).myHolds
    const all = await mine()
    expect(all.map(({ id }: { id: string }) => id)).toEqual([expect.any(String), other, free])
    expect(all[0]).toMatchObject({
      status: 'ACTIVE',
      bookingId,
      items: [{ quantity: 2 }],
      event: { id: eventId },
    })
    expect(all[2].bookingId).toBeNull()
    expect(await mine(elsewhere.toUpperCase())).toMatchObject([{ id: other }])
    expect((await story.ask(siti, QUERY, { eventId: '' })).facts.fields).toMatchObject([{ path: 'eventId' }])
    expect((await story.ask(null, QUERY)).code).toBe('UNAUTHENTICATED')
    expect(await story.mustAsk(person(), QUERY)).toEqual({ myHolds: [] })
  })
})
