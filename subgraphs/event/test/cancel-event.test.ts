import { EVENT_FOR_SALE } from '@karcis/kit/contracts/event-for-sale'
import { newId } from '@karcis/kit/ids'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  DELETE_EVENT,
  GET_EVENT,
  inHours,
  openHouse,
  REVIEW_EVENT,
  type Story,
  startStory,
  UPDATE_EVENT,
  WRONG_ROOM_BOOKINGS,
} from './stories.ts'

const CANCEL = `mutation ($id: ID!, $reason: String!) {
  cancelEvent(id: $id, reason: $reason) { id status cancellationReason version } }`
const MOVE = `mutation ($input: RescheduleEventInput!) { rescheduleEvent(input: $input) {
  id status startsAt endsAt rescheduledAt refundUntil version pendingChanges { startsAt title } } }`

let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())
beforeEach(async () => {
  house = await openHouse(story)
})

const rival = person({ role: 'ORGANIZER' })
const forSale = async (id: string) =>
  (await story.ask(null, EVENT_FOR_SALE, { id }, 'booking')).data.eventForSale

describe('calling an event off', () => {
  it('frees its room, drops what waits for review, and tells why; once is for good', async () => {
    const event = await house.createApproved()
    await story.does(house.organizer, UPDATE_EVENT, {
      input: { id: event.id, startsAt: inHours(60), endsAt: inHours(61) },
    })
    const reason = 'The singer is ill.'
    const cancelled = await story.does(house.organizer, CANCEL, { id: event.id, reason })
    expect(cancelled).toMatchObject({ status: 'CANCELLED', cancellationReason: reason })
    expect(await forSale(event.id)).toMatchObject({ status: 'CANCELLED', cancellationReason: reason })
    expect(await story.sql(WRONG_ROOM_BOOKINGS)).toEqual([])
    expect(await story.does(null, GET_EVENT, { id: event.id })).toMatchObject({ status: 'CANCELLED' })
    // The room is free for another event in that time.
    expect((await house.createEvent()).room).toEqual({ id: house.room.id })

    const again = await story.does(house.admin, CANCEL, { id: event.id, reason: 'Another.' })
    expect(again).toEqual(cancelled)
    const back = story.sql(`UPDATE events SET status = 'APPROVED' WHERE id = '${event.id}'`)
    await expect(back).rejects.toThrow(/was called off/)
  })

  it('is for its organizer and admins, of what was approved and is not over', async () => {
    const event = await house.createApproved()
    const cancel = (viewer: typeof rival | null, id = event.id, reason = 'Rain.') =>
      story.refused(viewer, CANCEL, { id, reason })
    expect((await cancel(rival)).code).toBe('FORBIDDEN')
    expect((await cancel(person())).code).toBe('FORBIDDEN')
    expect((await cancel(house.organizer, newId())).code).toBe('NOT_FOUND')
    expect((await cancel(house.organizer, event.id, ' ')).code).toBe('BAD_USER_INPUT')
    const pending = await house.createEvent({ roomId: null })
    expect(await cancel(house.organizer, pending.id)).toMatchObject({ code: 'CONFLICT', status: 'PENDING' })
    await story.does(house.organizer, DELETE_EVENT, { id: pending.id })
    await story.sql(
      `UPDATE events SET starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour', version = version + 1 WHERE id = '${event.id}'`,
    )
    expect((await cancel(house.organizer)).code).toBe('CONFLICT')
  })

  it('of two at once, and a move beside them, leaves one state', async () => {
    const event = await house.createApproved()
    const input = { id: event.id, startsAt: inHours(70), endsAt: inHours(71), refundUntil: inHours(60) }
    await parallel(6, (n) =>
      n % 3 === 2
        ? story.ask(house.organizer, MOVE, { input })
        : story.ask(house.organizer, CANCEL, { id: event.id, reason: `${n}` }),
    )
    expect(await story.does(house.organizer, GET_EVENT, { id: event.id })).toMatchObject({
      status: 'CANCELLED',
    })
    expect(await story.sql(WRONG_ROOM_BOOKINGS)).toEqual([])
    const told = await story.sql(
      `SELECT count(*)::int AS n FROM kit.outbox WHERE aggregate_id = '${event.id}' AND consumer = 'booking' AND payload->>'status' = 'CANCELLED'`,
    )
    expect(told).toEqual([{ n: 1 }])
  })
})

describe('moving an event to another time', () => {
  it('is in force at once, with its room, and says until when money may be asked back', async () => {
    const event = await house.createApproved()
    const input = { id: event.id, startsAt: inHours(70), endsAt: inHours(73), refundUntil: inHours(60) }
    const moved = await story.does(house.organizer, MOVE, { input })
    expect(moved).toMatchObject({
      status: 'APPROVED',
      startsAt: input.startsAt,
      endsAt: input.endsAt,
      rescheduledAt: expect.any(String),
      refundUntil: input.refundUntil,
      pendingChanges: null,
    })
    expect(await forSale(event.id)).toMatchObject({
      startsAt: input.startsAt,
      refundUntil: input.refundUntil,
    })
    expect(await story.sql(WRONG_ROOM_BOOKINGS)).toEqual([])
    // A promise that lasts longer stays.
    const sooner = { ...input, startsAt: inHours(80), endsAt: inHours(81), refundUntil: inHours(10) }
    expect(await story.does(house.organizer, MOVE, { input: sooner })).toMatchObject({
      startsAt: sooner.startsAt,
      refundUntil: input.refundUntil,
    })
  })

  it('takes along what waits for a review', async () => {
    const event = await house.createApproved()
    await story.does(house.organizer, UPDATE_EVENT, {
      input: { id: event.id, title: 'Konser Raya', startsAt: inHours(60), endsAt: inHours(61) },
    })
    const input = { id: event.id, startsAt: inHours(70), endsAt: inHours(73), refundUntil: inHours(60) }
    expect((await story.does(house.organizer, MOVE, { input })).pendingChanges).toEqual({
      startsAt: input.startsAt,
      title: 'Konser Raya',
    })
    expect(await story.sql(WRONG_ROOM_BOOKINGS)).toEqual([])
    await story.does(house.admin, REVIEW_EVENT, { id: event.id, input: { decision: 'APPROVED' } })
    expect(await story.does(null, GET_EVENT, { id: event.id })).toMatchObject({
      title: 'Konser Raya',
      startsAt: input.startsAt,
    })
  })

  it('is refused for times that cannot be, a room that is taken, and what is not approved', async () => {
    const event = await house.createApproved()
    const good = { id: event.id, startsAt: inHours(70), endsAt: inHours(73), refundUntil: inHours(60) }
    const move = (over: Record<string, unknown>, viewer: typeof rival = house.organizer) =>
      story.refused(viewer, MOVE, { input: { ...good, ...over } })
    for (const [over, path] of [
      [{ startsAt: inHours(-1) }, 'input.startsAt'],
      [{ endsAt: inHours(69) }, 'input.endsAt'],
      [{ startsAt: event.startsAt, endsAt: event.endsAt, refundUntil: inHours(1) }, 'input.startsAt'],
      [{ refundUntil: inHours(-1) }, 'input.refundUntil'],
      [{ refundUntil: inHours(74) }, 'input.refundUntil'],
    ] as const)
      expect(await move(over)).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] })
    expect((await move({ version: 99 })).code).toBe('CONFLICT')
    expect((await move({}, rival)).code).toBe('FORBIDDEN')
    await house.createApproved({ startsAt: inHours(71), endsAt: inHours(72) })
    expect((await move({})).code).toBe('ROOM_NOT_AVAILABLE')
    const draft = await house.createEvent({ roomId: null })
    expect(await move({ id: draft.id })).toMatchObject({ code: 'CONFLICT', status: 'PENDING' })
  })
})
