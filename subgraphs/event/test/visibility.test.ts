import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CREATE_ROOM,
  CREATE_SERIES,
  CREATE_VENUE,
  inHours,
  openHouse,
  type Story,
  startStory,
} from './stories.ts'

let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
let venue: { id: string }
let room: { id: string }
let series: { id: string }
let hidden: { id: string; slug: string }
const rival = person({ role: 'ORGANIZER' })
const strangers: (Viewer | null)[] = [null, person(), rival]

beforeAll(async () => {
  story = await startStory()
  house = await openHouse(story)
  const { organizer } = house
  const place = { name: 'Loft', city: 'Bandung', address: 'Secret lane 1' }
  venue = await story.does(organizer, CREATE_VENUE, { input: place })
  room = await story.does(organizer, CREATE_ROOM, {
    input: { venueId: venue.id, name: 'Attic', capacity: 40 },
  })
  series = await story.does(organizer, CREATE_SERIES, { input: { title: 'Untold' } })
  hidden = await house.createEvent({
    title: 'Not told yet',
    venueId: venue.id,
    roomId: room.id,
    seriesId: series.id,
  })
})
afterAll(() => story[Symbol.asyncDispose]())

/** Everything by which the event, its series and its venue could be reached; in each place nothing, to who may not see them. */
const PATHS = `query($event: ID!, $slug: String!, $venue: ID!, $series: ID!, $organizer: ID!, $refs: [_Any!]!) {
  event(id: $event) { id }
  bySlug: event(slug: $slug) { id }
  events(filter: { organizerId: $organizer }) { totalCount edges { node { id } } }
  bySeries: events(filter: { seriesId: $series, status: PENDING }) { totalCount edges { node { id } } }
  bySearch: events(filter: { search: "told" }) { totalCount edges { node { id } } }
  byCity: events(filter: { city: "bandung" }) { totalCount edges { node { id } } }
  eventsByVenue(venueId: $venue) { totalCount edges { node { id } } }
  popularEvents(first: 100) { id }
  venue(id: $venue) { id }
  venues(filter: { city: "Bandung" }) { totalCount edges { node { id } } }
  eventSeries(id: $series) { id }
  _entities(representations: $refs) { ... on Event { id } ... on Venue { id } ... on User { organizedEvents { totalCount edges { node { id } } } } }
}`
const SCHEDULE = `query($room: ID!, $from: DateTime!, $to: DateTime!) { roomSchedule(roomId: $room, from: $from, to: $to) { id } }`
const variables = () => ({
  event: hidden.id,
  slug: hidden.slug,
  venue: venue.id,
  room: room.id,
  series: series.id,
  organizer: house.organizer.id,
  from: inHours(0),
  to: inHours(500),
  refs: [
    { __typename: 'Event', id: hidden.id },
    { __typename: 'Event', id: hidden.id.toUpperCase() },
    { __typename: 'Event', id: newId() },
    { __typename: 'Venue', id: venue.id },
    { __typename: 'User', id: house.organizer.id },
  ],
})
const nothing = { totalCount: 0, edges: [] }

describe('line 11: what `event` hides', () => {
  it('everything of it hides: by slug, lists, counts, venue, room, series and reference', async () => {
    for (const viewer of strangers) {
      const { data, errors } = await story.ask(viewer, PATHS, variables())
      expect(errors).toEqual([])
      expect(data).toEqual({
        event: null,
        bySlug: null,
        events: nothing,
        bySeries: nothing,
        bySearch: nothing,
        byCity: nothing,
        eventsByVenue: nothing,
        popularEvents: [],
        venue: null,
        venues: nothing,
        eventSeries: null,
        _entities: [null, null, null, null, { organizedEvents: nothing }],
      })
      expect(await story.refused(viewer, SCHEDULE, variables())).toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  it('is open to its organizer and to admins, by the same ways', async () => {
    for (const viewer of [house.organizer, house.admin]) {
      const data = await story.ask(viewer, PATHS, variables()).then((answer) => answer.data)
      expect(data).toMatchObject({
        event: { id: hidden.id },
        bySlug: { id: hidden.id },
        eventsByVenue: { totalCount: 1 },
        venue: { id: venue.id },
        eventSeries: { id: series.id },
        _entities: [{ id: hidden.id }, { id: hidden.id }, null, { id: venue.id }, {}],
      })
      expect(await story.does(viewer, SCHEDULE, variables())).toHaveLength(1)
    }
  })

  it('shows, once it is approved, itself, where it is and its series; the venue’s own pages stay its owner’s', async () => {
    await house.approve(hidden.id)
    const place = `query($event: ID!) { event(id: $event) { venue { name address rooms { id } } room { name capacity } series { title } } }`
    const { data } = await story.ask(null, PATHS, variables())
    expect(data).toMatchObject({
      event: { id: hidden.id },
      eventsByVenue: { totalCount: 1 },
      eventSeries: { id: series.id },
      venue: null,
      venues: nothing,
    })
    expect(await story.does(null, place, variables())).toEqual({
      venue: { name: 'Loft', address: 'Secret lane 1', rooms: [] },
      room: { name: 'Attic', capacity: 40 },
      series: { title: 'Untold' },
    })
    expect(await story.refused(null, SCHEDULE, variables())).toMatchObject({ code: 'NOT_FOUND' })
    expect(await story.does(house.organizer, place, variables())).toMatchObject({
      venue: { rooms: [{ id: room.id }] },
    })
  })
})

describe('users missed: event(slug:)', () => {
  const BOTH = `query($id: ID, $slug: String) { event(id: $id, slug: $slug) { id } }`

  it('finds an event by its slug in any case, or its id, and takes exactly one of them', async () => {
    const event = await house.createApproved({ title: 'A night to remember' })
    for (const which of [
      { slug: event.slug },
      { slug: event.slug.toUpperCase() },
      { id: event.id.toUpperCase() },
    ]) {
      expect(await story.does(null, BOTH, which)).toEqual({ id: event.id })
    }
    for (const slug of ['', 'no-such-slug', 'x'.repeat(5000), 'ü', "'; --"]) {
      expect(await story.does(null, BOTH, { slug })).toBeNull()
    }
    expect(await story.does(null, BOTH, { id: '' })).toBeNull()
    for (const which of [{}, { id: null, slug: null }, { id: event.id, slug: event.slug }]) {
      expect(await story.refused(null, BOTH, which)).toMatchObject({ code: 'BAD_USER_INPUT' })
    }
  })
})
