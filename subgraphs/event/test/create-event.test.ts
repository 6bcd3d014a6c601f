import { EVENT_FOR_SALE } from '@karcis/kit/contracts/event-for-sale'
import { newId } from '@karcis/kit/ids'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  CREATE_EVENT,
  CREATE_VENUE,
  DELETE_EVENT,
  GET_EVENT,
  inHours,
  openHouse,
  REVIEW_EVENT,
  type Story,
  SUBMIT_EVENT,
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

  it('is for organizers, and reports everything that is wrong at once', async () => {
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

  it('takes only a room of its venue, and refers only to what exists', async () => {
    const other = await openHouse(story)
    const wrong = async (changes: Record<string, unknown>) =>
      (await story.refused(house.organizer, CREATE_EVENT, { input: house.draftOf(changes) })).fields
    expect(await wrong({ roomId: other.room.id })).toMatchObject([{ path: 'input.roomId' }])
    expect(await wrong({ venueId: null, locationId: house.location.id })).toMatchObject([
      { path: 'input.roomId' },
    ])
    expect(await wrong({ venueId: newId() })).toMatchObject([{ path: 'input.venueId' }])
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

  it('gives equal titles different slugs, which follow it as long as nobody knows them', async () => {
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
    expect(renamed).toMatchObject({ title: 'Once', status: 'PENDING', version: 2 })
    expect(renamed.slug).toMatch(/^once/)
    const third = await house.createEvent({ title, roomId: null })
    expect(third.slug).toBe(first.slug) // which led nowhere
  })

  describe('a slug that the public knows', () => {
    const BY_SLUG = 'query($slug: String!) { event(slug: $slug) { id slug } }'
    const rename = (id: string, title: string) =>
      story.does(house.organizer, UPDATE_EVENT, { input: { id, title } })
    const approve = (id: string) =>
      story.does(house.admin, REVIEW_EVENT, { id, input: { decision: 'APPROVED' } })

    it('may be its id, as in links that are made where no more is known', async () => {
      const event = await house.createApproved({ title: `Lenong ${newId()}`, roomId: null })
      for (const slug of [event.id, event.id.toUpperCase()])
        expect(await story.does(null, BY_SLUG, { slug })).toEqual({ id: event.id, slug: event.slug })
      const hidden = await house.createEvent({ title: `Lenong ${newId()}`, roomId: null })
      expect(await story.does(null, BY_SLUG, { slug: hidden.id })).toBe(null)
      expect(await story.does(null, BY_SLUG, { slug: newId() })).toBe(null)
    })

    it('goes on leading to its event, which says by what it is called now, and to no other', async () => {
      const [before, after] = [`Wayang ${newId()}`, `Ludruk ${newId()}`]
      const event = await house.createApproved({ title: before, roomId: null })
      expect((await rename(event.id, after)).slug).toBe(event.slug) // not before it is reviewed
      const renamed = await approve(event.id)
      expect(renamed.slug).not.toBe(event.slug)
      for (const slug of [event.slug, event.slug.toUpperCase(), renamed.slug])
        expect(await story.does(null, BY_SLUG, { slug })).toEqual({ id: event.id, slug: renamed.slug })
      const other = await house.createEvent({ title: before, roomId: null })
      expect(other.slug).not.toBe(event.slug)
      await rename(event.id, before)
      expect((await approve(event.id)).slug).toBe(event.slug) // it may have it back
      expect(await story.does(null, BY_SLUG, { slug: renamed.slug })).toEqual({
        id: event.id,
        slug: event.slug,
      })
      await story.does(house.organizer, DELETE_EVENT, { id: other.id })
      expect(await story.does(null, BY_SLUG, { slug: other.slug })).toBe(null)
    })

    it('without the lock, would fail for one of two that want it at once, and does not with it', async () => {
      async function race(): Promise<(string | undefined)[]> {
        house = await openHouse(story)
        const title = `Gamelan ${newId()}`
        const [one, two] = [await house.createEvent(), await house.createEvent({ roomId: null })]
        let asked: Promise<{ code: string | undefined }>[] = []
        await story.subgraph.deps.db.$transaction(async (tx) => {
          await tx.$queryRaw`SELECT FROM rooms WHERE id = ${house.room.id}::uuid FOR UPDATE`
          asked = [story.ask(house.organizer, UPDATE_EVENT, { input: { id: one.id, title } })]
          await untilBlocked(tx, 1)
          asked.push(story.ask(house.organizer, UPDATE_EVENT, { input: { id: two.id, title } }))
          await untilBlocked(tx, 2)
        })
        return (await Promise.all(asked)).map(({ code }) => code)
      }
      const GUARD = ['pg_advisory_xact_lock(hashtextextended(', '(hashtextextended('] as const
      expect(await withMutant(story.subgraph.deps, GUARD, race)).toContain('INTERNAL_SERVER_ERROR')
      expect(await race()).toEqual([undefined, undefined])
    })
  })
})

describe('a refused event', () => {
  it('frees its room, is changed, submitted again and reserves the room anew', async () => {
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

  it('can start as a draft that reserves no room', async () => {
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

describe('deleting an event', () => {
  it('takes no word of others until it has been approved once, and frees its room', async () => {
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
      code: 'SERVICE_UNAVAILABLE',
    })
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
      venueId: house.venue.id,
      locationId: null, // that of the venue
      capacity: 500,
      salesPaused: false,
      staff: [],
      salesPausedReason: null,
      rescheduledAt: null,
      refundUntil: null,
      cancellationReason: null,
      maxOpenPlaces: null,
      version: 2,
    })
    expect(await forSale(newId())).toBeNull()
    const query = `query($id: ID!) { eventForSale(id: $id) { id } }`
    expect(await story.refused(house.admin, query, { id: event.id })).toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('whatever these stories did', () => {
  it('what waits or is approved has its room reserved, nothing else has, and pending changes have theirs', async () => {
    expect(await story.sql(WRONG_ROOM_BOOKINGS)).toEqual([])
  })
})

describe('line 32: an event whose answer was lost', () => {
  const draftWithKey = (changes = {}) => ({ ...house.draftOf(changes), idempotencyKey: newId() })

  it('is added once, however often it is asked for with its key, at once too', async () => {
    const input = draftWithKey()
    const answers = await parallel(5, () => story.does(house.organizer, CREATE_EVENT, { input }))
    const ids = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.id : answer.reason))
    expect(new Set(ids).size).toBe(1)
    expect(await story.does(house.organizer, CREATE_EVENT, { input })).toMatchObject({ id: ids[0] })
    const [{ n }] = (await story.sql(
      'SELECT count(*)::int AS n FROM events WHERE organizer_id = $1::uuid',
      house.organizer.id,
    )) as [{ n: number }]
    expect(n).toBe(1)
  })

  it('is not taken for another one, nor for somebody else’s, nor for ever', async () => {
    const input = draftWithKey({ draft: true })
    const { id } = await story.does(house.organizer, CREATE_EVENT, { input })
    expect(
      await story.refused(house.organizer, CREATE_EVENT, { input: { ...input, title: 'Other' } }),
    ).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', idempotencyKey: input.idempotencyKey })
    expect((await story.does(rival, CREATE_EVENT, { input })).id).not.toBe(id)
    await story.sql("UPDATE event_creations SET created_at = created_at - interval '25 hours'")
    expect((await story.does(house.organizer, CREATE_EVENT, { input })).id).not.toBe(id)
  })

  it('can be asked for again once it was refused, or is deleted; and is not shown to who has handed it on', async () => {
    const blocker = await house.createEvent()
    const input = draftWithKey()
    expect(await story.refused(rival, CREATE_EVENT, { input })).toMatchObject({ code: 'ROOM_NOT_AVAILABLE' })
    await story.does(house.organizer, DELETE_EVENT, { id: blocker.id })
    const event = await story.does(rival, CREATE_EVENT, { input })
    await story.does(rival, DELETE_EVENT, { id: event.id })
    const again = await story.does(rival, CREATE_EVENT, { input })
    expect(again.id).not.toBe(event.id)
    await story.sql(
      'UPDATE events SET organizer_id = $1::uuid, version = version + 1 WHERE id = $2::uuid',
      newId(),
      again.id,
    )
    expect(await story.refused(rival, CREATE_EVENT, { input })).toMatchObject({ code: 'NOT_FOUND' })
    expect(
      await story.refused(rival, CREATE_EVENT, { input: { ...input, idempotencyKey: ' ' } }),
    ).toMatchObject({
      fields: [{ path: 'input.idempotencyKey' }],
    })
  })
})
