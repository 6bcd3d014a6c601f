import { EVENT_FOR_SALE } from '@karcis/kit/contracts/event-for-sale'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lapseReviews } from '../src/domain/administering/lapse-reviews.ts'
import {
  CREATE_EVENT,
  CREATE_ROOM,
  CREATE_VENUE,
  GET_EVENT,
  inHours,
  openHouse,
  REVIEW_EVENT,
  type Story,
  startStoryBeside,
  SUBMIT_EVENT,
  UPDATE_EVENT,
  WRONG_ROOM_BOOKINGS,
} from './stories.ts'

/** How many tickets are planned, by event, as the ticket subgraph would say. */
const planned = new Map<string, number>()
let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
beforeAll(async () => {
  story = await startStoryBeside('ticket', ({ eventId }) => ({
    ticketTypesByEvent: [{ quota: planned.get(eventId) ?? 0 }, { quota: 1 }],
  }))
})
afterAll(() => story[Symbol.asyncDispose]())
beforeEach(async () => {
  house = await openHouse(story)
})

const UPDATE_ROOM = `mutation($input: UpdateRoomInput!) { updateRoom(input: $input) { capacity } }`
const FIX = `mutation($id: ID!) { fixCurrency(eventId: $id) }`
const update = (changes: Record<string, unknown>) =>
  story.ask(house.organizer, UPDATE_EVENT, { input: changes })
const newRoom = (capacity: number, name = `Room for ${capacity}`) =>
  story.does(house.admin, CREATE_ROOM, { input: { venueId: house.venue.id, name, capacity } })
const capacityOf = async (id: string) =>
  (await story.ask(null, EVENT_FOR_SALE, { id }, 'ticket')).data.eventForSale.capacity

describe('line 14: the capacity of a room', () => {
  const resize = (capacity: number) =>
    story.ask(house.admin, UPDATE_ROOM, { input: { id: house.room.id, capacity } })

  it('cannot be lowered under events to come, can be raised, and is told to who sells', async () => {
    const event = await house.createApproved()
    expect(await resize(499)).toMatchObject({ code: 'CONFLICT', facts: { capacity: 500 } })
    expect((await resize(500)).errors).toEqual([])
    expect((await resize(600)).data.updateRoom).toEqual({ capacity: 600 })
    expect(await capacityOf(event.id)).toBe(600)
    const [told] = await story.sql(
      `SELECT payload FROM kit.outbox WHERE aggregate_id = $1 AND type = 'event.changed' ORDER BY seq DESC LIMIT 1`,
      event.id,
    )
    expect(told.payload).toMatchObject({ capacity: 600, version: event.version + 1 })
  })

  it('can be lowered when nothing to come has it reserved', async () => {
    await house.createEvent({ draft: true })
    const past = await house.createApproved()
    for (const table of ['events', 'room_bookings']) {
      const raise = table === 'events' ? ', version = version + 1' : ''
      await story.sql(
        `UPDATE ${table} SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h'${raise}
         WHERE ${table === 'events' ? 'id' : 'event_id'} = $1::uuid`,
        past.id,
      )
    }
    expect((await resize(10)).data.updateRoom).toEqual({ capacity: 10 })
  })

  const GUARD = ['FOR NO KEY UPDATE', ''] as const
  /** One lowers the capacity while others reserve the room. @returns how often somebody was told of more than it has: once is enough. */
  async function rushToResize(rounds: number): Promise<number> {
    let wrong = 0
    for (let round = 0; round < rounds && wrong === 0; round++) {
      house = await openHouse(story)
      const outcomes = await parallel(6, (index) =>
        index === 0
          ? resize(10)
          : story.ask(person({ role: 'ORGANIZER' }), CREATE_EVENT, {
              input: house.draftOf({ startsAt: inHours(48 + 5 * index), endsAt: inHours(51 + 5 * index) }),
            }),
      )
      const [lowered] = outcomes
      if (lowered?.status !== 'fulfilled') throw new Error('no answer')
      const told = await story.sql(
        `SELECT DISTINCT ON (o.aggregate_id) (o.payload->>'capacity')::int AS told, r.capacity FROM kit.outbox o
         JOIN rooms r ON r.id = (o.payload->>'roomId')::uuid WHERE r.id = $1::uuid ORDER BY o.aggregate_id, o.seq DESC`,
        house.room.id,
      )
      if (told.some((row) => row.told !== row.capacity)) wrong += 1
    }
    return wrong
  }

  it('would be told wrongly in a rush without the lock on the room, and is not with it', async () => {
    expect(await withMutant(story.subgraph.deps, GUARD, () => rushToResize(60))).toBe(1)
    expect(await rushToResize(8)).toBe(0)
  })

  it('is enough for the tickets planned wherever an event moves, when it is asked for and when it is approved', async () => {
    const event = await house.createApproved()
    const small = await newRoom(100)
    const large = await newRoom(1000)
    planned.set(event.id, 100) // and one of another type
    await story.ask(null, FIX, { id: event.id }, 'ticket')
    expect(await update({ id: event.id, roomId: small.id })).toMatchObject({
      code: 'CONFLICT',
      facts: { capacity: 100, places: 101 },
    })
    planned.set(event.id, 99)
    expect((await update({ id: event.id, roomId: small.id })).data.updateEvent).toMatchObject({
      status: 'PENDING',
    })
    planned.set(event.id, 100)
    const approval = { id: event.id, input: { decision: 'APPROVED' } }
    expect(await story.refused(house.admin, REVIEW_EVENT, approval)).toMatchObject({
      code: 'CONFLICT',
      places: 101,
    })
    planned.set(event.id, 600)
    expect((await update({ id: event.id, roomId: large.id })).errors).toEqual([])
    expect(await story.does(house.admin, REVIEW_EVENT, approval)).toMatchObject({ room: { id: large.id } })
  })
})

describe('line 14: the title of an approved event', () => {
  it('changes only after review, alone or with its time; the description at once', async () => {
    const event = await house.createApproved()
    const renamed = await update({ id: event.id, title: 'Other', description: 'New' })
    expect(renamed.data.updateEvent).toMatchObject({
      title: event.title,
      description: 'New',
      status: 'PENDING',
    })
    const PENDING = `query($id: ID!) { event(id: $id) { title pendingChanges { title startsAt } } }`
    const see = (viewer: typeof house.admin | null) => story.does(viewer, PENDING, { id: event.id })
    expect(await see(null)).toEqual({ title: event.title, pendingChanges: null })
    expect(await see(house.organizer)).toMatchObject({
      pendingChanges: { title: 'Other', startsAt: event.startsAt },
    })
    const startsAt = inHours(49)
    await update({ id: event.id, startsAt })
    expect(await see(house.admin)).toMatchObject({ pendingChanges: { title: 'Other', startsAt } })
    // As it was: nothing is left to review.
    const back = await update({ id: event.id, title: event.title, startsAt: event.startsAt })
    expect(back.data.updateEvent).toMatchObject({ status: 'APPROVED', pendingChanges: null })
    await update({ id: event.id, title: 'Other' })
    await house.approve(event.id)
    expect(await see(null)).toEqual({ title: 'Other', pendingChanges: null })
    const [told] = await story.sql(
      `SELECT payload FROM kit.outbox WHERE aggregate_id = $1 AND type = 'event.changed' ORDER BY seq DESC LIMIT 1`,
      event.id,
    )
    expect(told.payload).toMatchObject({ title: 'Other' })
  })

  it('of one that waits or is a draft, changes at once', async () => {
    for (const draft of [true, false]) {
      const event = await house.createEvent({ draft, roomId: null })
      const { data } = await update({ id: event.id, title: 'Other' })
      expect(data.updateEvent).toMatchObject({ title: 'Other', pendingChanges: null })
    }
  })
})

describe('lines 5 and 14: what is wrong with a schedule', () => {
  const DAY = 24
  it('is said of a field that was sent', async () => {
    const event = await house.createEvent()
    const other = await story.does(house.admin, CREATE_VENUE, {
      input: { name: 'Other', city: 'Depok', address: 'x' },
    })
    const cases: [changes: Record<string, unknown>, path: string, message: RegExp][] = [
      [{ startsAt: inHours(60) }, 'startsAt', /^must be before endsAt$/],
      [{ endsAt: inHours(47) }, 'endsAt', /^must be after startsAt$/],
      [{ endsAt: inHours(48 + 32 * DAY) }, 'endsAt', /^must be at most 31 days after startsAt$/],
      [{ startsAt: inHours(-1) }, 'startsAt', /^must be in the future$/],
      [{ venueId: null }, 'venueId', /venue/],
      [{ venueId: other.id }, 'venueId', /roomId/],
      [{ roomId: (await newRoom(5)).id, venueId: other.id }, 'roomId', /^is not a room of this venue$/],
    ]
    for (const [changes, path, message] of cases) {
      const { code, facts } = await update({ id: event.id, ...changes })
      expect({ code, paths: facts.fields?.map((field: { path: string }) => field.path) }, path).toMatchObject(
        {
          code: 'BAD_USER_INPUT',
          paths: expect.arrayContaining([`input.${path}`]),
        },
      )
      for (const field of facts.fields)
        expect(Object.keys(changes)).toContain(field.path.slice('input.'.length))
      expect(facts.fields[0].message).toMatch(message)
    }
    const online = await house.createEvent({ online: true, venueId: null, roomId: null })
    expect((await update({ id: online.id, online: false })).facts.fields).toMatchObject([
      { path: 'input.online' },
    ])
  })

  it('is nothing about a time that the input leaves alone', async () => {
    const event = await house.createEvent({ draft: true })
    await story.sql(
      `UPDATE events SET starts_at = now() - interval '90 d', ends_at = now() - interval '1 d', version = version + 1 WHERE id = $1::uuid`,
      event.id,
    )
    expect((await update({ id: event.id, locationId: house.location.id })).errors).toEqual([])
  })

  it('is that it lasts for more than 31 days', async () => {
    const input = house.draftOf({ endsAt: inHours(48 + 32 * DAY) })
    expect(await story.refused(house.organizer, CREATE_EVENT, { input })).toMatchObject({
      fields: [{ path: 'input.endsAt', message: 'must be at most 31 days after startsAt' }],
    })
    await house.createEvent({ endsAt: inHours(48 + 31 * DAY - 1) })
  })
})

describe('line 22: a room held by what nobody reviews', () => {
  const age = (table: string, id: string, days: number) =>
    story.sql(
      table === 'events'
        ? `UPDATE events SET submitted_at = now() - make_interval(days => $2), version = version + 1 WHERE id = $1::uuid`
        : `UPDATE event_pending_changes SET submitted_at = now() - make_interval(days => $2) WHERE event_id = $1::uuid`,
      id,
      days,
    )
  const see = (id: string) => story.does(house.organizer, GET_EVENT, { id })

  it('is free again after REVIEW_DAYS; the event is a draft that can be submitted once more', async () => {
    const event = await house.createEvent()
    await age('events', event.id, 13)
    await lapseReviews(story.subgraph.deps)
    expect(await see(event.id)).toMatchObject({ status: 'PENDING' })
    await age('events', event.id, 15)
    await lapseReviews(story.subgraph.deps)
    expect(await see(event.id)).toMatchObject({
      status: 'DRAFT',
      message: expect.stringContaining('14 days'),
    })
    const taker = person({ role: 'ORGANIZER' })
    const taken = await house.createEvent({}, taker)
    expect(await story.refused(house.organizer, SUBMIT_EVENT, { id: event.id })).toMatchObject({
      code: 'ROOM_NOT_AVAILABLE',
    })
    await story.does(taker, `mutation($id: ID!) { deleteEvent(id: $id) { id } }`, { id: taken.id })
    expect(await story.does(house.organizer, SUBMIT_EVENT, { id: event.id })).toMatchObject({
      status: 'PENDING',
    })
    await lapseReviews(story.subgraph.deps)
    expect(await see(event.id)).toMatchObject({ status: 'PENDING', message: null })
  })

  it('is free again also of changes that were asked for; what was approved stays in force', async () => {
    const event = await house.createApproved()
    await update({ id: event.id, startsAt: inHours(60), endsAt: inHours(61) })
    await age('event_pending_changes', event.id, 15)
    await lapseReviews(story.subgraph.deps)
    expect(await see(event.id)).toMatchObject({
      status: 'APPROVED',
      startsAt: event.startsAt,
      pendingChanges: null,
      message: expect.stringContaining('14 days'),
    })
    await house.createEvent({ startsAt: inHours(60), endsAt: inHours(61) }, person({ role: 'ORGANIZER' }))
  })

  it('stays with an event that is approved, or has no room, however long it waited', async () => {
    const approved = await house.createApproved()
    const roomless = await house.createEvent({ roomId: null })
    for (const { id } of [approved, roomless]) await age('events', id, 100)
    await lapseReviews(story.subgraph.deps)
    expect(await see(approved.id)).toMatchObject({ status: 'APPROVED' })
    expect(await see(roomless.id)).toMatchObject({ status: 'PENDING' })
  })
})

describe('whatever these stories did', () => {
  it('what waits or is approved has its room reserved, nothing else has, and pending changes have theirs', async () => {
    expect(await story.sql(WRONG_ROOM_BOOKINGS)).toEqual([])
  })
})
