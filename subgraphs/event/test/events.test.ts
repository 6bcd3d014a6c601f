import { newId } from '@karcis/kit/ids'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  CREATE_EVENT,
  CREATE_ROOM,
  CREATE_VENUE,
  DELETE_EVENT,
  GET_EVENT,
  inHours,
  openHouse,
  person,
  REVIEW_EVENT,
  type Story,
  SUBMIT_EVENT,
  startStory,
  UPDATE_EVENT,
} from './stories.ts'

let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
beforeAll(async () => {
  story = await startStory()
})
afterAll(async () => {
  // Whatever the stories did: who waits or is approved holds its room, nobody else holds one, and changes that wait hold theirs.
  const wrong = await story.sql(`
    SELECT e.id FROM events e LEFT JOIN room_bookings b ON b.event_id = e.id AND b.stage = 'CURRENT'
    WHERE CASE WHEN e.status IN ('PENDING', 'APPROVED') THEN e.room_id END IS DISTINCT FROM b.room_id
    UNION ALL
    SELECT e.id FROM events e LEFT JOIN event_pending_changes p ON p.event_id = e.id
      LEFT JOIN room_bookings b ON b.event_id = e.id AND b.stage = 'PENDING' WHERE p.room_id IS DISTINCT FROM b.room_id`)
  await story[Symbol.asyncDispose]()
  expect(wrong).toEqual([])
})
beforeEach(async () => {
  house = await openHouse(story)
})

const customer = person('CUSTOMER')
const rival = person('ORGANIZER')
const see = (viewer: typeof customer | null, id: string) => story.does(viewer, GET_EVENT, { id })
const forSale = async (id: string) =>
  (
    await story.ask(
      null,
      `query($id: ID!) { eventForSale(id: $id) { id organizerId title status startsAt endsAt currency timezone roomId version } }`,
      { id },
      'ticket',
    )
  ).data.eventForSale

describe('creating an event', () => {
  it('makes it PENDING, seen by its organizer and admins, and public once approved', async () => {
    const event = await house.createEvent({
      startsAt: '2027-08-17T19:00:00+07:00',
      endsAt: '2027-08-17T22:00:00+07:00',
    })
    expect(event).toMatchObject({
      status: 'PENDING',
      timezone: 'Asia/Jakarta',
      currency: 'IDR',
      online: false,
      version: 1,
      startsAt: '2027-08-17T12:00:00.000Z',
      organizer: { id: house.organizer.id },
      location: { city: 'Jakarta' },
    })
    expect(event.slug).toMatch(/^konser-merdeka/)
    for (const viewer of [null, customer, rival]) expect(await see(viewer, event.id)).toBeNull()
    for (const viewer of [house.organizer, house.admin])
      expect(await see(viewer, event.id)).toMatchObject({ id: event.id })

    const review = { id: event.id, input: { decision: 'APPROVED', message: 'Have fun' } }
    expect(await story.refused(house.organizer, REVIEW_EVENT, review)).toMatchObject({ code: 'FORBIDDEN' })
    expect(await story.does(house.admin, REVIEW_EVENT, review)).toMatchObject({
      status: 'APPROVED',
      message: 'Have fun',
      version: 2,
    })
    expect(await see(null, event.id)).toMatchObject({ status: 'APPROVED', message: null })
  })

  it('is for organizers, and tells everything that is wrong at once', async () => {
    expect(await story.refused(customer, CREATE_EVENT, { input: house.draftOf() })).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await story.refused(null, CREATE_EVENT, { input: house.draftOf() })).toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    const wrong = await story.refused(house.organizer, CREATE_EVENT, {
      input: {
        title: ' ',
        categoryId: 'x',
        startsAt: inHours(-1),
        endsAt: inHours(-2),
        timezone: 'Mars/Olympus',
        currency: 'XXY',
      },
    })
    expect(wrong.code).toBe('BAD_USER_INPUT')
    expect(wrong.fields.map((field: { path: string }) => field.path).toSorted()).toEqual([
      'input.categoryId',
      'input.currency',
      'input.endsAt',
      'input.startsAt',
      'input.timezone',
      'input.title',
      'input.venueId',
    ])
  })

  it('takes only a room of its venue, and only things that exist', async () => {
    const other = await openHouse(story)
    const wrong = async (changes: Record<string, unknown>) =>
      (await story.refused(house.organizer, CREATE_EVENT, { input: house.draftOf(changes) })).fields
    expect(await wrong({ roomId: other.room.id })).toMatchObject([{ path: 'input.roomId' }])
    expect(await wrong({ venueId: null, locationId: house.location.id })).toMatchObject([
      { path: 'input.roomId' },
    ])
    expect(await wrong({ venueId: newId() })).toMatchObject([
      { path: expect.stringMatching(/input.(venue|room)Id/) },
    ])
    expect(await wrong({ categoryId: newId() })).toMatchObject([{ path: 'input.categoryId' }])
    expect(await wrong({ locationId: newId() })).toMatchObject([{ path: 'input.locationId' }])
    expect(await wrong({ seriesId: newId() })).toMatchObject([{ path: 'input.seriesId' }])
  })

  it("refuses another organizer's venue, and needs none online", async () => {
    const venue = await story.does(rival, CREATE_VENUE, {
      input: { name: 'Theirs', city: 'Depok', address: 'x' },
    })
    const theirs = house.draftOf({ venueId: venue.id, roomId: null })
    expect(await story.refused(house.organizer, CREATE_EVENT, { input: theirs })).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await story.does(rival, CREATE_EVENT, { input: theirs })).toMatchObject({
      venue: { id: venue.id },
    })
    expect(await house.createEvent({ venueId: null, roomId: null, online: true })).toMatchObject({
      venue: null,
      online: true,
    })
  })

  it('gives equal titles different slugs that stay when the title changes', async () => {
    const title = `Twice ${newId()}`
    const first = await house.createEvent({ title, roomId: null })
    const second = await house.createEvent({ title, roomId: null })
    expect(second.slug).not.toBe(first.slug)
    expect(second.slug.startsWith(first.slug)).toBe(true)
    expect(await house.createEvent({ title: '音楽', roomId: null })).toMatchObject({
      slug: expect.stringMatching(/^event/),
    })
    const renamed = await story.does(house.organizer, UPDATE_EVENT, {
      input: { id: first.id, title: 'Once' },
    })
    expect(renamed).toMatchObject({ title: 'Once', slug: first.slug, status: 'PENDING', version: 2 })
  })
})

describe('a refused event', () => {
  it('frees its room, is changed, submitted again and takes the room anew', async () => {
    const event = await house.createEvent()
    expect(
      await story.refused(house.admin, REVIEW_EVENT, { id: event.id, input: { decision: 'REJECTED' } }),
    ).toMatchObject({
      fields: [{ path: 'input.message' }],
    })
    const rejection = { id: event.id, input: { decision: 'REJECTED', message: 'Too loud' } }
    expect(await story.does(house.admin, REVIEW_EVENT, rejection)).toMatchObject({
      status: 'REJECTED',
      message: 'Too loud',
    })
    const other = await house.createEvent({ title: 'Quieter' })
    expect(await story.refused(house.organizer, SUBMIT_EVENT, { id: event.id })).toMatchObject({
      code: 'ROOM_NOT_AVAILABLE',
    })
    expect(await see(house.organizer, event.id)).toMatchObject({ status: 'REJECTED' })

    await story.does(house.organizer, DELETE_EVENT, { id: other.id })
    expect(await story.refused(rival, SUBMIT_EVENT, { id: event.id })).toMatchObject({ code: 'FORBIDDEN' })
    expect(await story.does(house.organizer, SUBMIT_EVENT, { id: event.id })).toMatchObject({
      status: 'PENDING',
      message: null,
    })
    expect(await story.refused(house.organizer, SUBMIT_EVENT, { id: event.id })).toMatchObject({
      code: 'CONFLICT',
    })
  })

  it('can start as a draft that holds no room', async () => {
    const draft = await house.createEvent({ draft: true })
    expect(draft.status).toBe('DRAFT')
    await house.createEvent()
    expect(await story.refused(house.organizer, SUBMIT_EVENT, { id: draft.id })).toMatchObject({
      code: 'ROOM_NOT_AVAILABLE',
    })
    expect(
      await story.refused(house.admin, REVIEW_EVENT, { id: draft.id, input: { decision: 'APPROVED' } }),
    ).toMatchObject({
      code: 'CONFLICT',
    })
  })
})

describe('changing an approved event', () => {
  it('changes words at once', async () => {
    const event = await house.createApproved()
    const input = { id: event.id, title: 'Konser Akbar', description: null }
    expect(await story.does(house.organizer, UPDATE_EVENT, { input })).toMatchObject({
      title: 'Konser Akbar',
      description: '',
      status: 'APPROVED',
      pendingChanges: null,
    })
    expect(
      await story.refused(house.organizer, UPDATE_EVENT, { input: { id: event.id, currency: 'USD' } }),
    ).toMatchObject({
      code: 'CONFLICT',
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

    // Both the old and the new time hold the room while the decision is open.
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

describe('deleting an event', () => {
  it('works until it was approved once, and frees its room', async () => {
    const event = await house.createEvent()
    expect(await story.refused(rival, DELETE_EVENT, { id: event.id })).toMatchObject({ code: 'FORBIDDEN' })
    expect(await story.does(house.organizer, DELETE_EVENT, { id: event.id })).toMatchObject({
      id: event.id,
      title: event.title,
    })
    expect(await see(house.organizer, event.id)).toBeNull()
    expect(await story.refused(house.organizer, DELETE_EVENT, { id: event.id })).toMatchObject({
      code: 'NOT_FOUND',
    })
    const approved = await house.createApproved()
    expect(await story.refused(house.admin, DELETE_EVENT, { id: approved.id })).toMatchObject({
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
      again: { views: 2, status: 'PENDING', pendingChanges: { startsAt } },
      refuse: { status: 'APPROVED', pendingChanges: null },
    })
  })
})

describe('text that Postgres cannot keep', () => {
  it('is refused as a wrong field, not as our failure', async () => {
    const nul = { title: 'a\0b', description: 'c\0d' }
    expect(await story.refused(house.organizer, CREATE_EVENT, { input: house.draftOf(nul) })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.title' }, { path: 'input.description' }],
    })
    const list = `query($filter: EventFilter) { events(filter: $filter) { totalCount } }`
    for (const filter of [{ search: 'a\0' }, { city: '\0' }]) {
      expect(await story.refused(null, list, { filter })).toMatchObject({ code: 'BAD_USER_INPUT' })
    }
  })
})

describe('eventForSale', () => {
  it('answers the selling subgraphs and nobody else', async () => {
    const event = await house.createApproved()
    expect(await forSale(event.id)).toEqual({
      id: event.id,
      organizerId: house.organizer.id,
      title: event.title,
      status: 'APPROVED',
      startsAt: event.startsAt,
      endsAt: event.endsAt,
      currency: 'IDR',
      timezone: 'Asia/Jakarta',
      roomId: house.room.id,
      version: 2,
    })
    expect(await forSale(newId())).toBeNull()
    const query = `query($id: ID!) { eventForSale(id: $id) { id } }`
    expect(await story.refused(house.admin, query, { id: event.id })).toMatchObject({ code: 'FORBIDDEN' })
  })
})
