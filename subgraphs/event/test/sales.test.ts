import { newId } from '@karcis/kit/ids'
import { EVENT_FOR_SALE } from '@karcis/kit/contracts/event-for-sale'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inHours, openHouse, type Story, startStory, UPDATE_EVENT } from './stories.ts'

let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())
beforeEach(async () => {
  house = await openHouse(story)
})

const PAUSE = `mutation($id: ID!, $reason: String!) { pauseSales(eventId: $id, reason: $reason) { id salesPaused salesPausedReason version } }`
const RESUME = `mutation($id: ID!) { resumeSales(eventId: $id) { id salesPaused salesPausedReason version } }`
const SALE = `query($id: ID!) { event(id: $id) { salesPaused salesPausedReason } }`
const FIX = `mutation($id: ID!) { fixCurrency(eventId: $id) }`
const TO_COME = `query($id: ID!) { eventsToCome(organizerId: $id) }`
const VISIBLE = `query($id: ID!) { eventVisible(id: $id) }`
const forSale = async (id: string) =>
  (await story.ask(null, EVENT_FOR_SALE, { id }, 'ticket')).data.eventForSale

describe('line 2: a sale can be stopped', () => {
  it('by its organizer, for a reason that everybody reads, and gone on with', async () => {
    const event = await house.createApproved()
    expect(
      await story.does(house.organizer, PAUSE, { id: event.id, reason: ' The band is ill. ' }),
    ).toMatchObject({ salesPaused: true, salesPausedReason: 'The band is ill.', version: event.version + 1 })
    expect(await story.does(null, SALE, { id: event.id })).toEqual({
      salesPaused: true,
      salesPausedReason: 'The band is ill.',
    })
    expect(await forSale(event.id)).toMatchObject({
      salesPaused: true,
      salesPausedReason: 'The band is ill.',
      capacity: 500,
      maxOpenPlaces: null,
    })
    const [told] = await story.sql(
      `SELECT payload FROM kit.outbox WHERE aggregate_id = $1 ORDER BY seq DESC LIMIT 1`,
      event.id,
    )
    expect(told.payload).toMatchObject({ salesPaused: true, salesPausedReason: 'The band is ill.' })
    const resumed = await story.does(house.organizer, RESUME, { id: event.id })
    expect(resumed).toMatchObject({ salesPaused: false, salesPausedReason: null })
    expect(await story.does(house.organizer, RESUME, { id: event.id })).toEqual(resumed)
  })

  it('by an admin, which the organizer can neither change nor lift', async () => {
    const event = await house.createApproved()
    await story.does(house.organizer, PAUSE, { id: event.id, reason: 'Mine' })
    await story.does(house.admin, PAUSE, { id: event.id, reason: 'Under inquiry' })
    for (const document of [PAUSE, RESUME]) {
      const variables = { id: event.id, reason: 'Mine again' }
      expect(await story.refused(house.organizer, document, variables)).toMatchObject({ code: 'FORBIDDEN' })
    }
    expect(await story.does(null, SALE, { id: event.id })).toMatchObject({
      salesPausedReason: 'Under inquiry',
    })
    expect(await story.does(house.admin, RESUME, { id: event.id })).toMatchObject({ salesPaused: false })
  })

  it('by nobody else, not without a reason, and not when nothing is left to sell', async () => {
    const event = await house.createApproved()
    const reason = 'Because'
    for (const [viewer, code] of [
      [person(), 'FORBIDDEN'],
      [person({ role: 'ORGANIZER' }), 'FORBIDDEN'],
      [null, 'UNAUTHENTICATED'],
    ] as const) {
      expect(await story.refused(viewer, PAUSE, { id: event.id, reason })).toMatchObject({ code })
      expect(await story.refused(viewer, RESUME, { id: event.id })).toMatchObject({ code })
    }
    expect(await story.refused(house.organizer, PAUSE, { id: event.id, reason: '  ' })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'reason' }],
    })
    expect(await story.refused(house.organizer, PAUSE, { id: newId(), reason })).toMatchObject({
      code: 'NOT_FOUND',
    })
    await story.sql(
      `UPDATE events SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h', version = version + 1 WHERE id = $1::uuid`,
      event.id,
    )
    expect(await story.refused(house.organizer, PAUSE, { id: event.id, reason })).toMatchObject({
      code: 'CONFLICT',
    })
    expect(await story.refused(house.organizer, RESUME, { id: event.id })).toMatchObject({ code: 'CONFLICT' })
  })

  const GUARD = ["AND (e.sales_paused_by <> 'ADMIN' OR ", 'AND (TRUE OR '] as const
  async function resumeUnderAnAdmin(): Promise<boolean> {
    const event = await house.createApproved({ roomId: null })
    await story.does(house.admin, PAUSE, { id: event.id, reason: 'Under inquiry' })
    await story.ask(house.organizer, RESUME, { id: event.id })
    return (await forSale(event.id)).salesPaused
  }

  it("would be resumed under an admin without the UPDATE's condition sales_paused_by <> 'ADMIN', and is not with it", async () => {
    expect(await withMutant(story.subgraph.deps, GUARD, resumeUnderAnAdmin)).toBe(false)
    expect(await resumeUnderAnAdmin()).toBe(true)
  })

  it.each([
    ['suspended', { role: 'ORGANIZER', suspended: true, erased: false }, 'suspended'],
    ['demoted', { role: 'CUSTOMER', suspended: false, erased: false }, 'given up'],
    ['erased', { role: 'CUSTOMER', suspended: false, erased: true }, 'given up'],
  ])('with all others to come of an organizer who is %s', async (_, rights, reason) => {
    const approved = await house.createApproved()
    const waiting = await house.createEvent({ roomId: null })
    const theirs = await house.createApproved({ roomId: null }, person({ role: 'ORGANIZER' }))
    await story.does(house.organizer, PAUSE, { id: approved.id, reason: 'Mine' })
    const userId = house.organizer.id
    const change = { id: newId(), type: 'user.rights-changed', aggregateId: userId }
    await tell(story.subgraph, 'user', { ...change, payload: { userId, ...rights } })
    await eventually(async () => {
      for (const { id } of [approved, waiting]) {
        expect(await forSale(id)).toMatchObject({
          salesPaused: true,
          salesPausedReason: expect.stringContaining(reason),
        })
      }
    })
    expect(await forSale(theirs.id)).toMatchObject({ salesPaused: false })
    // A lifted suspension resumes nothing, and what is told again changes nothing.
    await tell(story.subgraph, 'user', {
      ...change,
      id: newId(),
      payload: { userId, role: 'ORGANIZER', suspended: false, erased: false },
    })
    expect(await story.refused(house.organizer, RESUME, { id: approved.id })).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await story.does(house.admin, RESUME, { id: approved.id })).toMatchObject({ salesPaused: false })
  })

  it('and what is still to come of an organizer is counted, for the user subgraph only', async () => {
    const count = async () => (await story.ask(null, TO_COME, { id: house.organizer.id }, 'user')).data
    expect(await count()).toEqual({ eventsToCome: 0 })
    await house.createApproved()
    await house.createEvent({ roomId: null })
    await house.createEvent({ roomId: null, draft: true })
    const past = await house.createApproved({ roomId: null })
    await story.sql(
      `UPDATE events SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h', version = version + 1 WHERE id = $1::uuid`,
      past.id,
    )
    expect(await count()).toEqual({ eventsToCome: 2 })
    expect((await story.ask(house.admin, TO_COME, { id: house.organizer.id })).code).toBe('FORBIDDEN')
    expect((await story.ask(null, TO_COME, { id: '' }, 'user')).code).toBe('BAD_USER_INPUT')
  })
})

describe('line 4: one currency', () => {
  it('is fixed by the first ticket type, for good, and changes freely before', async () => {
    const event = await house.createApproved()
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, currency: 'USD' } })
    const fix = () => story.ask(null, FIX, { id: event.id.toUpperCase() }, 'ticket')
    expect((await fix()).data).toEqual({ fixCurrency: 'USD' })
    const change = { input: { id: event.id, currency: 'IDR' } }
    expect(await story.refused(house.organizer, UPDATE_EVENT, change)).toMatchObject({ code: 'CONFLICT' })
    expect(await story.refused(house.admin, UPDATE_EVENT, change)).toMatchObject({ code: 'CONFLICT' })
    expect((await fix()).data).toEqual({ fixCurrency: 'USD' })
    // The same again is no change, and all else may change.
    const same = { input: { id: event.id, currency: 'USD', description: 'New' } }
    expect(await story.does(house.organizer, UPDATE_EVENT, same)).toMatchObject({ currency: 'USD' })
    expect((await story.ask(null, FIX, { id: newId() }, 'ticket')).code).toBe('NOT_FOUND')
    expect((await story.ask(null, FIX, { id: '' }, 'ticket')).code).toBe('BAD_USER_INPUT')
    expect((await story.ask(house.admin, FIX, { id: event.id })).code).toBe('FORBIDDEN')
  })

  /** One changes the currency while another fixes it. @returns how often what was fixed is not what the event has. */
  async function rushToFix(): Promise<number> {
    let wrong = 0
    for (let round = 0; round < 10; round++) {
      const event = await house.createApproved({ roomId: null })
      const [fixed] = await parallel(6, (index) =>
        index === 0
          ? story.ask(null, FIX, { id: event.id }, 'ticket')
          : story.ask(house.organizer, UPDATE_EVENT, {
              input: { id: event.id, currency: ['USD', 'EUR', 'SGD', 'MYR', 'JPY'][index - 1] },
            }),
      )
      if (fixed?.status !== 'fulfilled') throw new Error('not fixed')
      if ((await forSale(event.id)).currency !== fixed.value.data.fixCurrency) wrong += 1
    }
    return wrong
  }

  it('would not stay in a rush without the trigger events_currency_fixed, and does with it', async () => {
    await story.sql('ALTER TABLE events DISABLE TRIGGER events_currency_fixed')
    expect(await rushToFix()).toBeGreaterThan(0)
    await story.sql('ALTER TABLE events ENABLE TRIGGER events_currency_fixed')
    expect(await rushToFix()).toBe(0)
  })
})

describe('line 6: how much one person may take', () => {
  it('is the organizer’s to say, from 1 to 100', async () => {
    const event = await house.createEvent({ maxOpenPlaces: 4 })
    expect(await forSale(event.id)).toMatchObject({ maxOpenPlaces: 4 })
    const set = (maxOpenPlaces: number | null) =>
      story.ask(house.organizer, UPDATE_EVENT, { input: { id: event.id, maxOpenPlaces } })
    await set(100)
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, startsAt: inHours(49) } })
    expect(await forSale(event.id)).toMatchObject({ maxOpenPlaces: 100 })
    await set(null)
    expect(await forSale(event.id)).toMatchObject({ maxOpenPlaces: null })
    for (const wrong of [0, 101, -1]) {
      expect(await set(wrong)).toMatchObject({
        code: 'BAD_USER_INPUT',
        facts: { fields: [{ path: 'input.maxOpenPlaces', message: 'must be from 1 to 100' }] },
      })
    }
  })
})

describe('line 10: whether a viewer can see an event', () => {
  it('is answered to the user subgraph, as `event` would', async () => {
    const approved = await house.createApproved()
    const waiting = await house.createEvent({ roomId: null })
    const ask = async (viewer: typeof house.admin | null, id: string) =>
      (await story.ask(viewer, VISIBLE, { id }, 'user')).data.eventVisible
    expect(await ask(person(), approved.id)).toBe(true)
    expect(await ask(person(), waiting.id.toUpperCase())).toBe(false)
    expect(await ask(house.organizer, waiting.id)).toBe(true)
    expect(await ask(house.admin, newId())).toBe(false)
    expect((await story.ask(null, VISIBLE, { id: '' }, 'user')).code).toBe('BAD_USER_INPUT')
    expect((await story.ask(house.admin, VISIBLE, { id: approved.id })).code).toBe('FORBIDDEN')
  })
})
