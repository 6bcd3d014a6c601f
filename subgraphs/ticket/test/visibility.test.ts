import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { eventFacts, type Story, startStory } from './stories.ts'

const ENTITIES = `query ($of: [_Any!]!) { _entities(representations: $of) {
  ... on TicketType { id } ... on Seat { id } ... on Event { id ticketTypes { id } seatMap { eventId } priceRange { min } } } }`

/** Everything that is told of an event's sale to somebody who asks, in every way in which it can be asked for. */
async function seen(story: Story, viewer: Viewer | null, hall: Awaited<ReturnType<Story['hall']>>) {
  const { eventId, typeId, ids } = hall
  const data = await story.mustAsk(
    viewer,
    `query ($eventId: ID!, $typeId: ID!, $ids: [ID!]!) {
      ticketTypesByEvent(eventId: $eventId) { id } ticketType(id: $typeId) { id event { id } }
      seatMap(eventId: $eventId) { seats { id } } seats(ids: $ids) { id } }`,
    { eventId, typeId, ids: ids.slice(0, 1) },
  )
  const of = [
    { __typename: 'TicketType', id: typeId },
    { __typename: 'Seat', id: ids[0] },
    { __typename: 'Event', id: eventId },
  ]
  const { _entities } = await story.mustAsk(viewer, ENTITIES, { of })
  return { ...data, _entities }
}

const nothing = (eventId: string) => ({
  ticketTypesByEvent: [],
  ticketType: null,
  seatMap: null,
  seats: [null],
  _entities: [null, null, { id: eventId, ticketTypes: [], seatMap: null, priceRange: null }],
})

describe('line 11: unpublished terms are public', () => {
  it.for(['DRAFT', 'PENDING', 'REJECTED'])(
    'of a %s event only its organizer and admins see anything',
    async (status) => {
      await using story = await startStory()
      const hall = await story.hall(1, 2, { status })
      for (const viewer of [null, person(), person({ role: 'ORGANIZER' })])
        expect(await seen(story, viewer, hall)).toEqual(nothing(hall.eventId))
      for (const viewer of [story.organizer, story.admin])
        expect(await seen(story, viewer, hall)).toMatchObject({
          ticketType: { id: hall.typeId, event: { id: hall.eventId } },
          seats: [{ id: hall.ids[0] }],
          _entities: [{ id: hall.typeId }, { id: hall.ids[0] }, { priceRange: { min: 100_000 } }],
        })
    },
  )

  it.for(['APPROVED', 'CANCELLED'])('of one that is %s everybody does', async (status) => {
    await using story = await startStory()
    const hall = await story.hall(1, 2)
    await story.tellOfEvent(eventFacts(story.organizer.id, { id: hall.eventId, status, version: 2 }))
    expect((await seen(story, null, hall)).ticketTypesByEvent).toHaveLength(1)
  })

  it('of one that is deleted nobody does', async () => {
    await using story = await startStory()
    const hall = await story.hall(1, 2)
    await story.tellOfEvent(
      eventFacts(story.organizer.id, { id: hall.eventId, status: 'DELETED', version: 2 }),
    )
    for (const viewer of [null, story.organizer, story.admin])
      expect(await seen(story, viewer, hall)).toEqual(nothing(hall.eventId))
  })

  it('nor can it be watched, or told from what a hold is refused with; once it is approved it can', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 4, { status: 'DRAFT' })
    await story.holdSeats(person(), eventId, [seat('A1')])
    const watches = [
      'subscription ($eventId: ID!) { seatMapChanged(eventId: $eventId, sinceRevision: 0) { revision } }',
      'subscription ($eventId: ID!) { ticketStockChanged(eventId: $eventId) { id } }',
    ]
    for (const query of watches) {
      const watch = await story.watch(query, { eventId })
      const { errors } = await watch.until((message) => message.errors)
      expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
    }
    expect((await story.holdSeats(person(), eventId, [seat('A2'), seat('A3')])).code).toBe(
      'EVENT_NOT_BOOKABLE',
    )
    // Approved a moment ago: the copy has not heard of it, and is not believed.
    story.neighbours.events.set(eventId, eventFacts(story.organizer.id, { id: eventId, version: 2 }))
    for (const query of watches) {
      const watch = await story.watch(query, { eventId })
      const { data } = await watch.until(() => true)
      expect(data).toBeTruthy()
    }
  })
})

describe('line 10: what is gone or hidden is null, and no ghost', () => {
  it('no reference to an event that the viewer cannot see is given', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const [buyer, bookingId] = [person(), newId()]
    const { id } = (await story.holdTickets(buyer, typeId, 1)).data.holdTickets
    await story.booking.take(buyer, bookingId, typeId, 1)
    const [ticketId] = (await story.booking.issue(bookingId)).data.issueTickets.ticketIds
    const query = `query ($id: ID!, $ticketId: ID!) { hold(id: $id) { id event { id } items { ticketType { name } } }
      ticket(id: $ticketId) { id event { id } ticketType { name } } }`
    const asked = () => story.mustAsk(buyer, query, { id, ticketId })
    expect(await asked()).toMatchObject({
      hold: { event: { id: eventId } },
      ticket: { event: { id: eventId } },
    })
    await story.tellOfEvent(eventFacts(story.organizer.id, { id: eventId, status: 'REJECTED', version: 2 }))
    // What was bought stays the buyer's.
    const name = { ticketType: { name: 'Festival' } }
    expect(await asked()).toEqual({
      hold: { id, event: null, items: [name] },
      ticket: { id: ticketId, event: null, ...name },
    })
  })

  it('a reference by what is no id, or to what never was, is null, and nothing is logged as unexpected', async () => {
    await using story = await startStory()
    const of = ['Event', 'TicketType', 'Seat', 'Ticket', 'User'].flatMap((__typename) => [
      { __typename, id: 'no id' },
      { __typename, id: '' },
    ])
    const { data, errors } = await story.ask(story.admin, ENTITIES, { of })
    expect(data._entities).toEqual(of.map(() => null))
    expect(errors).toEqual([])
  })
})

describe('line 12: an empty id as a filter', () => {
  it('lifts no filter: it is refused, by whatever name it comes', async () => {
    await using story = await startStory()
    await story.ticketType(await story.event())
    for (const eventId of ['', ' ', 'x']) {
      const types = 'query ($eventId: ID!) { ticketTypesByEvent(eventId: $eventId) { id } }'
      expect((await story.ask(null, types, { eventId })).facts.fields).toMatchObject([{ path: 'eventId' }])
      const map =
        'query ($eventId: ID!) { seatMap(eventId: $eventId) { revision } ticketType(id: $eventId) { id } }'
      expect((await story.ask(null, map, { eventId })).data).toEqual({ seatMap: null, ticketType: null })
    }
  })
})
