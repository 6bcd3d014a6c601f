import { EVENT_FOR_SALE } from '@karcis/kit/contracts/event-for-sale'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  CREATE_EVENT,
  CREATE_ROOM,
  GET_EVENT,
  inHours,
  openHouse,
  REVIEW_EVENT,
  type Story,
  startStory,
  WRONG_ROOM_BOOKINGS,
  UPDATE_EVENT,
} from './stories.ts'

let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())
beforeEach(async () => {
  house = await openHouse(story)
})

const customer = person()
const rival = person({ role: 'ORGANIZER' })
const see = (viewer: typeof customer | null, id: string) => story.does(viewer, GET_EVENT, { id })
const forSale = async (id: string) =>
  (await story.ask(null, EVENT_FOR_SALE, { id }, 'ticket')).data.eventForSale

describe('changing an approved event', () => {
  it('changes its description at once', async () => {
    const event = await house.createApproved()
    const input = { id: event.id, description: null }
    expect(await story.does(house.organizer, UPDATE_EVENT, { input })).toMatchObject({
      description: '',
      status: 'APPROVED',
      pendingChanges: null,
    })
    expect(await story.refused(rival, UPDATE_EVENT, { input })).toMatchObject({ code: 'FORBIDDEN' })
    expect(
      await story.refused(house.organizer, UPDATE_EVENT, { input: { ...input, version: event.version } }),
    ).toMatchObject({
      code: 'CONFLICT',
      version: event.version + 1,
    })
  })

  it('keeps the approved time in force until the new one is reviewed', async () => {
    const event = await house.createApproved()
    const moved = { id: event.id, startsAt: inHours(50), endsAt: inHours(53) }
    expect(await story.does(house.organizer, UPDATE_EVENT, { input: moved })).toMatchObject({
      status: 'PENDING',
      startsAt: event.startsAt,
      pendingChanges: { startsAt: moved.startsAt, endsAt: moved.endsAt, room: { id: house.room.id } },
    })
    expect(await see(customer, event.id)).toMatchObject({
      status: 'APPROVED',
      startsAt: event.startsAt,
      pendingChanges: null,
    })
    expect(await forSale(event.id)).toMatchObject({ status: 'APPROVED', startsAt: event.startsAt })

    // The room is reserved for both the old and the new time while the decision is open.
    for (const startsAt of [inHours(48), inHours(52)]) {
      const input = house.draftOf({ startsAt, endsAt: new Date(Date.parse(startsAt) + 1000).toISOString() })
      expect(await story.refused(rival, CREATE_EVENT, { input })).toMatchObject({
        code: 'ROOM_NOT_AVAILABLE',
      })
    }
    expect(await house.approve(event.id)).toMatchObject({
      status: 'APPROVED',
      startsAt: moved.startsAt,
      endsAt: moved.endsAt,
      pendingChanges: null,
    })
    expect(await forSale(event.id)).toMatchObject({
      status: 'APPROVED',
      startsAt: moved.startsAt,
      version: 4,
    })
    expect(
      await house.createEvent({ title: 'In the freed time', startsAt: inHours(48), endsAt: inHours(49) }),
    ).toMatchObject({ status: 'PENDING' })
  })

  it('goes on as approved when the change is refused, or withdrawn', async () => {
    const event = await house.createApproved()
    const second = await story.does(house.admin, CREATE_ROOM, {
      input: { venueId: house.venue.id, name: 'Small', capacity: 50 },
    })
    const move = () =>
      story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, roomId: second.id } })
    expect(await move()).toMatchObject({ status: 'PENDING', room: { id: house.room.id } })
    const refusal = { id: event.id, input: { decision: 'REJECTED', message: 'Too small' } }
    expect(await story.does(house.admin, REVIEW_EVENT, refusal)).toMatchObject({
      status: 'APPROVED',
      message: 'Too small',
      room: { id: house.room.id },
      pendingChanges: null,
    })
    await move()
    expect(
      await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, roomId: house.room.id } }),
    ).toMatchObject({
      status: 'APPROVED',
      pendingChanges: null,
    })
    const taken = `SELECT room_id, stage FROM room_bookings WHERE event_id = $1::uuid`
    expect(await story.sql(taken, event.id)).toEqual([{ room_id: house.room.id, stage: 'CURRENT' }])
    expect(await story.refused(house.admin, REVIEW_EVENT, refusal)).toMatchObject({ code: 'CONFLICT' })
  })

  it('lets a reviewer decide only on what was looked at', async () => {
    const event = await house.createEvent()
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, title: 'Something else' } })
    const input = { decision: 'APPROVED', version: event.version }
    expect(await story.refused(house.admin, REVIEW_EVENT, { id: event.id, input })).toMatchObject({
      code: 'CONFLICT',
    })
    expect(await see(house.admin, event.id)).toMatchObject({ status: 'PENDING' })
  })
})

describe('an event that is over', () => {
  it('is COMPLETED by time, cannot be moved, and cannot be approved any more', async () => {
    const event = await house.createApproved()
    const late = await house.createEvent({ roomId: null })
    const past = `UPDATE events SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h', version = version + 1 WHERE id = ANY($1::uuid[])`
    await story.sql(past, [[event.id, late.id]])
    expect(await see(null, event.id)).toMatchObject({ status: 'COMPLETED' })
    expect(await forSale(event.id)).toMatchObject({ status: 'APPROVED' })
    expect(
      await story.refused(house.organizer, UPDATE_EVENT, { input: { id: event.id, endsAt: inHours(5) } }),
    ).toMatchObject({
      code: 'CONFLICT',
    })
    expect(
      await story.refused(house.admin, REVIEW_EVENT, { id: late.id, input: { decision: 'APPROVED' } }),
    ).toMatchObject({
      code: 'CONFLICT',
    })
  })
})

describe('two mutations in one request', () => {
  it('each see what the other has done', async () => {
    const event = await house.createApproved()
    const query = `mutation($id: ID!, $at: DateTime!) {
      view: recordEventView(id: $id) { views pendingChanges { startsAt } }
      move: updateEvent(input: { id: $id, startsAt: $at }) { status pendingChanges { startsAt } }
      again: recordEventView(id: $id) { views status pendingChanges { startsAt } }
      refuse: reviewEvent(id: $id, input: { decision: REJECTED, message: "No" }) { status pendingChanges { startsAt } } }`
    const startsAt = inHours(49)
    const { data } = await story.ask(house.admin, query, { id: event.id, at: startsAt })
    expect(data).toEqual({
      view: { views: 1, pendingChanges: null },
      move: { status: 'PENDING', pendingChanges: { startsAt } },
      again: { views: 1, status: 'PENDING', pendingChanges: { startsAt } },
      refuse: { status: 'APPROVED', pendingChanges: null },
    })
  })
})

describe('ids', () => {
  it('are taken in any case', async () => {
    const event = await house.createEvent()
    const id = event.id.toUpperCase()
    expect(await see(house.organizer, id)).toMatchObject({ id: event.id })
    const input = { id, title: 'Konser Akbar', categoryId: house.category.id.toUpperCase() }
    expect(await story.does(house.organizer, UPDATE_EVENT, { input })).toMatchObject({ id: event.id })
    expect(
      await story.does(house.admin, REVIEW_EVENT, { id, input: { decision: 'APPROVED' } }),
    ).toMatchObject({ id: event.id, status: 'APPROVED' })
    const list = `query($filter: EventFilter) { events(filter: $filter) { edges { node { id } } } }`
    const filter = { venueId: house.venue.id.toUpperCase() }
    expect(await story.does(null, list, { filter })).toEqual({ edges: [{ node: { id: event.id } }] })
  })
})

describe('text that Postgres cannot store', () => {
  it('is refused as a wrong field, not as a failure of ours', async () => {
    const nul = { title: 'a\0b', description: 'c\0d' }
    expect(await story.refused(house.organizer, CREATE_EVENT, { input: house.draftOf(nul) })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.title', message: 'must not contain NUL' }],
    })
    const list = `query($filter: EventFilter) { events(filter: $filter) { totalCount } }`
    for (const filter of [{ search: 'a\0' }, { city: '\0' }]) {
      expect(await story.refused(null, list, { filter })).toMatchObject({ code: 'BAD_USER_INPUT' })
    }
  })
})

describe('whatever these stories did', () => {
  it('what waits or is approved has its room reserved, nothing else has, and pending changes have theirs', async () => {
    expect(await story.sql(WRONG_ROOM_BOOKINGS)).toEqual([])
  })
})
