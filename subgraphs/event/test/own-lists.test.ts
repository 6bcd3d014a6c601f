import { newId } from '@karcis/kit/ids'
import { MOST_HELD_EVENTS } from '@karcis/kit/contracts/held-events'
import type { Loose } from '@karcis/testkit/gql'
import { NOBODY, person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inHours, openHouse, type Story, standIn, startStory } from './stories.ts'

/** What the ticket subgraph says: events by the people who have tickets of them; a code in place of an answer. */
const held = new Map<string, string[] | string>()
/** What it was asked of the sale of events. */
const preloaded: Loose[] = []
let ticket: Awaited<ReturnType<typeof standIn>>
let story: Story
let house: Awaited<ReturnType<typeof openHouse>>

beforeAll(async () => {
  ticket = await standIn('ticket', ({ userId, after, limit, eventId }, { viewer }) => {
    if (userId === undefined) {
      preloaded.push({ eventId, viewer })
      return { ticketTypesByEvent: [], seatMap: null }
    }
    const events = held.get(userId) ?? []
    if (typeof events === 'string') return events
    const from = after === null ? 0 : events.indexOf(after) + 1
    return { heldEvents: events.slice(from, from + limit) }
  })
  story = await startStory({ TICKET_URL: ticket.url })
  house = await openHouse(story)
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await ticket[Symbol.asyncDispose]()
})

describe('events that somebody has tickets for', () => {
  const UPCOMING = `query($first: Int, $after: String, $last: Int) { upcomingEvents(first: $first, after: $after, last: $last) {
    totalCount edges { node { id } } pageInfo { endCursor hasNextPage } } }`
  const idsOf = ({ edges }: Loose) => edges.map(({ node }: Loose) => node.id)

  it('are listed the soonest first, of guests too, and only what is approved and not over', async () => {
    const add = (hours: number) =>
      house.createApproved({ roomId: null, startsAt: inHours(hours), endsAt: inHours(hours + 1) })
    const late = await add(30)
    const soon = await add(10)
    const calledOff = await add(20)
    await story.does(
      house.organizer,
      `mutation($id: ID!) { cancelEvent(id: $id, reason: "Rain") { id } }`,
      calledOff,
    )
    const over = await add(5)
    await story.sql(
      `UPDATE events SET version = version + 1, starts_at = now() - interval '2 h', ends_at = now() - interval '1 h' WHERE id = '${over.id}'`,
    )
    const events = [late, soon, calledOff, over].map(({ id }) => id)
    for (const viewer of [person(), person({ role: 'GUEST' })]) {
      // More than one answer has: the last of them is asked for too.
      held.set(viewer.id, [...Array.from({ length: MOST_HELD_EVENTS }, () => newId()), ...events])
      const page = await story.does(viewer, UPCOMING, { first: 1 })
      expect(page).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } })
      expect(idsOf(page)).toEqual([soon.id])
      expect(idsOf(await story.does(viewer, UPCOMING, { after: page.pageInfo.endCursor }))).toEqual([late.id])
    }
    expect(await story.does(person(), UPCOMING)).toMatchObject({ totalCount: 0, edges: [] })
  })

  it('are nobody else’s, and not known while tickets are not', async () => {
    expect((await story.refused(null, UPCOMING)).code).toBe('UNAUTHENTICATED')
    const viewer = person()
    expect(await story.refused(viewer, UPCOMING, { first: 0 })).toMatchObject({ fields: [{ path: 'first' }] })
    held.set(viewer.id, 'SERVICE_UNAVAILABLE')
    expect((await story.refused(viewer, UPCOMING)).code).toBe('SERVICE_UNAVAILABLE')
  })
})

describe('an event that is preloaded', () => {
  const PRELOAD = `mutation($id: ID!) { preloadEvent(id: $id) { id title } }`

  it('is given to everybody, and read once for all of them', async () => {
    const { id } = await house.createApproved({ roomId: null })
    const people = [null, person(), null, person({ role: 'GUEST' })]
    const given = await Promise.all(
      people.map((viewer) => story.does(viewer, PRELOAD, { id: id.toUpperCase() })),
    )
    expect(given).toEqual(people.map(() => ({ id, title: 'Konser Merdeka' })))
    expect(preloaded).toEqual([{ eventId: id, viewer: null }])
  })

  it('is given also while nothing more can be read, and is one that the viewer may see', async () => {
    const { id } = await house.createApproved({ roomId: null })
    const { redis } = story.subgraph.deps
    story.subgraph.deps.redis = { set: () => Promise.reject(new Error(NOBODY)) } as never
    try {
      expect(await story.does(null, PRELOAD, { id })).toMatchObject({ id })
    } finally {
      story.subgraph.deps.redis = redis
    }
    const draft = await house.createEvent({ roomId: null })
    expect((await story.refused(null, PRELOAD, { id: draft.id })).code).toBe('NOT_FOUND')
    expect(await story.does(house.organizer, PRELOAD, { id: draft.id })).toMatchObject({ id: draft.id })
    expect((await story.refused(null, PRELOAD, { id: 'x' })).code).toBe('BAD_USER_INPUT')
    expect(preloaded.filter(({ eventId }) => eventId === id || eventId === draft.id)).toEqual([])
  })
})
