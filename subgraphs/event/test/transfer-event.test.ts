import { EVENT_FOR_SALE } from '@karcis/kit/contracts/event-for-sale'
import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  CREATE_SERIES,
  openHouse,
  REVIEW_EVENT,
  type Story,
  startStoryBeside,
  UPDATE_EVENT,
} from './stories.ts'

/** What the user subgraph would answer of these people, to admins. */
const accounts = new Map<string, { role: string; suspendedAt: string | null }>()

let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
beforeAll(async () => {
  story = await startStoryBeside('user', ({ id }, { viewer }) =>
    viewer?.role === 'ADMIN' ? { user: accounts.get(id) ?? null } : 'FORBIDDEN',
  )
})
afterAll(() => story[Symbol.asyncDispose]())
beforeEach(async () => {
  house = await openHouse(story)
})

const TRANSFER = `mutation($id: ID!, $organizerId: ID!) { transferEvent(id: $id, organizerId: $organizerId) { id version organizer { id } series { id } } }`
const account = (role: string, suspendedAt: string | null = null) => {
  const id = newId()
  accounts.set(id, { role, suspendedAt })
  return id
}

describe('line 2: an event is given to another organizer', () => {
  it('by an admin, whole, and everybody is told', async () => {
    const series = await story.does(house.organizer, CREATE_SERIES, { input: { title: 'Tour' } })
    const event = await house.createApproved({ seriesId: series.id })
    const organizerId = account('ORGANIZER')
    const input = { id: event.id, organizerId: organizerId.toUpperCase() }
    const given = await story.does(house.admin, TRANSFER, input)
    expect(given).toEqual({
      id: event.id,
      version: event.version + 1,
      organizer: { id: organizerId },
      series: null,
    })
    expect(await story.does(house.admin, TRANSFER, input)).toEqual(given)
    const { data } = await story.ask(null, EVENT_FOR_SALE, { id: event.id }, 'ticket')
    expect(data.eventForSale).toMatchObject({ organizerId, version: event.version + 1 })
    const [told] = await story.sql(
      `SELECT payload FROM kit.outbox WHERE aggregate_id = $1 ORDER BY seq DESC LIMIT 1`,
      event.id,
    )
    expect(told.payload).toMatchObject({ organizerId, version: event.version + 1 })
    const change = { input: { id: event.id, description: 'New' } }
    expect(await story.refused(house.organizer, UPDATE_EVENT, change)).toMatchObject({ code: 'FORBIDDEN' })
    const theirs = { id: organizerId, role: 'ORGANIZER' as const, sessionId: newId() }
    expect(await story.does(theirs, UPDATE_EVENT, change)).toMatchObject({ description: 'New' })
  })

  it('only to an organizer who may act as one, and by nobody else', async () => {
    const event = await house.createApproved()
    const to = (organizerId: string, viewer = house.admin) =>
      story.refused(viewer, TRANSFER, { id: event.id, organizerId })
    for (const organizerId of [
      account('CUSTOMER'),
      account('ORGANIZER', new Date().toISOString()),
      newId(),
      '',
    ]) {
      expect(await to(organizerId)).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'organizerId' }],
      })
    }
    expect(await to(account('ORGANIZER'), house.organizer)).toMatchObject({ code: 'FORBIDDEN' })
    expect(await to(account('ORGANIZER'), person())).toMatchObject({ code: 'FORBIDDEN' })
    const missing = { id: newId(), organizerId: account('ORGANIZER') }
    expect(await story.refused(house.admin, TRANSFER, missing)).toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('line 2: an admin who wants to stop a sale by rejecting the event', () => {
  it('is told what to do instead', async () => {
    const event = await house.createApproved()
    const input = { decision: 'REJECTED', message: 'Stop' }
    const { code, errors } = await story.ask(house.admin, REVIEW_EVENT, { id: event.id, input })
    expect(code).toBe('CONFLICT')
    expect(errors[0]?.message).toMatch(/pauseSales.*cancelEvent/)
  })
})
