import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BLOCK,
  CREATE_CATEGORY,
  CREATE_EVENT,
  CREATE_LOCATION,
  CREATE_ROOM,
  CREATE_SERIES,
  CREATE_VENUE,
  DELETE_EVENT,
  inHours,
  openHouse,
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
  house = await openHouse(story)
})
afterAll(() => story[Symbol.asyncDispose]())

const LIST = `query($filter: EventFilter) { events(filter: $filter) { totalCount } }`
const VENUES = `query($filter: VenueFilter) { venues(filter: $filter) { totalCount } }`
const BY_VENUE = `query($id: ID!) { eventsByVenue(venueId: $id) { totalCount } }`
const SCHEDULE = `query($id: ID!, $from: DateTime!, $to: DateTime!) { roomSchedule(roomId: $id, from: $from, to: $to) { id } }`
const refused = (document: string, variables: Record<string, unknown>) =>
  story.refused(house.admin, document, variables)
const badAt = (path: string) => ({ code: 'BAD_USER_INPUT', fields: [{ path }] })

describe('line 12: an empty or malformed id, or an empty text', () => {
  it.each(['categoryId', 'locationId', 'venueId', 'organizerId', 'seriesId'])(
    'lifts no filter, nor fits nothing: %s',
    async (field) => {
      for (const id of ['', ' ', 'no id', '0'.repeat(36)]) {
        expect(await refused(LIST, { filter: { [field]: id } })).toMatchObject(badAt(`filter.${field}`))
      }
    },
  )

  it('lifts no filter by venue or city, and null is none', async () => {
    for (const id of ['', 'x']) expect(await refused(BY_VENUE, { id })).toMatchObject(badAt('venueId'))
    for (const city of ['', '  ', '\u200b']) {
      expect(await refused(LIST, { filter: { city } })).toMatchObject(badAt('filter.city'))
      expect(await refused(VENUES, { filter: { city } })).toMatchObject(badAt('filter.city'))
    }
    const all = await story.does(house.admin, LIST)
    const none = { search: null, city: null, venueId: null, startsFrom: null, online: null, status: null }
    expect(await story.does(house.admin, LIST, { filter: none })).toEqual(all)
    expect(await story.does(house.admin, VENUES, { filter: { city: null } })).toMatchObject({ totalCount: 1 })
  })

  it('is an input error of every mutation that takes one', async () => {
    const mutations: [document: string, variables: Record<string, unknown>, path: string][] = [
      [SUBMIT_EVENT, {}, 'id'],
      [DELETE_EVENT, {}, 'id'],
      [REVIEW_EVENT, { input: { decision: 'APPROVED' } }, 'id'],
      [`mutation($id: ID!) { recordEventView(id: $id) { id } }`, {}, 'id'],
      [`mutation($id: ID!) { deleteCategory(id: $id) { id } }`, {}, 'id'],
      [`mutation($id: ID!) { deleteLocation(id: $id) { id } }`, {}, 'id'],
      [`mutation($id: ID!) { deleteVenue(id: $id) { id } }`, {}, 'id'],
      [`mutation($id: ID!) { deleteRoom(id: $id) { id } }`, {}, 'id'],
      [`mutation($id: ID!) { deleteEventSeries(id: $id) { id } }`, {}, 'id'],
      [`mutation($id: ID!) { unblockSchedule(id: $id) { id } }`, {}, 'id'],
      [`mutation($id: ID!) { pauseSales(eventId: $id, reason: "x") { id } }`, {}, 'eventId'],
      [`mutation($id: ID!) { resumeSales(eventId: $id) { id } }`, {}, 'eventId'],
      [`mutation($id: ID!) { updateEvent(input: { id: $id }) { id } }`, {}, 'input.id'],
      [`mutation($id: ID!) { updateRoom(input: { id: $id }) { id } }`, {}, 'input.id'],
    ]
    for (const [document, variables, path] of mutations) {
      for (const id of ['', 'no id']) {
        expect(await refused(document, { ...variables, id }), document).toMatchObject(badAt(path))
      }
    }
  })

  it('is nothing to a lookup', async () => {
    for (const type of ['event', 'venue', 'category', 'location', 'eventSeries']) {
      expect(await story.does(house.admin, `{ ${type}(id: "") { id } }`)).toBeNull()
    }
  })
})

describe('line 12: an instant', () => {
  it.each(['0001-01-01T00:00:00Z', '1899-12-31T23:59:59Z', '2201-01-01T00:00:00Z'])(
    'that can be meant by nobody is an input error wherever one is taken: %s',
    async (at) => {
      for (const field of ['startsFrom', 'startsTo']) {
        expect(await refused(LIST, { filter: { [field]: at } })).toMatchObject(badAt(`filter.${field}`))
      }
      const id = house.room.id
      expect(await refused(SCHEDULE, { id, from: at, to: inHours(1) })).toMatchObject(badAt('from'))
      expect(await refused(SCHEDULE, { id, from: inHours(1), to: at })).toMatchObject(badAt('to'))
      for (const field of ['startsAt', 'endsAt']) {
        const path = expect.arrayContaining([expect.objectContaining({ path: `input.${field}` })])
        const wrong = { code: 'BAD_USER_INPUT', fields: path }
        const input = house.draftOf({ [field]: at })
        expect(await refused(CREATE_EVENT, { input })).toMatchObject(wrong)
        const block = { roomId: id, startsAt: inHours(1), endsAt: inHours(2), reason: 'x', [field]: at }
        expect(await refused(BLOCK, { input: block })).toMatchObject(wrong)
      }
    },
  )
})

describe('line 12: the year 0000', () => {
  it('is no year at all', async () => {
    const startsFrom = '0000-01-01T00:00:00Z'
    expect(await refused(LIST, { filter: { startsFrom } })).toEqual({ code: 'BAD_USER_INPUT' })
  })
})

describe('line 12: null', () => {
  it('clears what may be empty, and is refused in plain words for what may not', async () => {
    const event = await house.createEvent({ draft: true, maxOpenPlaces: 3 })
    const keep = ['title', 'categoryId', 'currency', 'startsAt', 'endsAt', 'timezone', 'online']
    for (const field of keep) {
      expect(await refused(UPDATE_EVENT, { input: { id: event.id, [field]: null } })).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: `input.${field}`, message: 'cannot be null; leave it out to keep it' }],
      })
    }
    const input = {
      id: event.id,
      description: null,
      locationId: null,
      roomId: null,
      seriesId: null,
      maxOpenPlaces: null,
    }
    expect(await story.does(house.organizer, UPDATE_EVENT, { input })).toMatchObject({
      description: '',
      room: null,
    })
    const rest: [mutation: string, id: string, fields: string[]][] = [
      ['Category', house.category.id, ['name']],
      ['Location', house.location.id, ['name', 'city', 'country']],
      ['Venue', house.venue.id, ['name', 'city', 'address']],
      ['Room', house.room.id, ['name', 'capacity']],
    ]
    for (const [type, id, fields] of rest) {
      const document = `mutation($input: Update${type}Input!) { update${type}(input: $input) { id } }`
      for (const field of fields) {
        expect(await refused(document, { input: { id, [field]: null } })).toMatchObject({
          fields: [{ path: `input.${field}`, message: 'cannot be null; leave it out to keep it' }],
        })
      }
    }
  })
})

describe('line 13: texts', () => {
  const WRONG: [what: string, text: string][] = [
    ['zero-width characters only', '\u200b\u200c\u2060'],
    ['a bidi override', 'Konser \u202egnisiar'],
    ['a bidi isolate', 'Konser \u2066x'],
    ['NUL', 'Kon\0ser'],
    ['a control character', 'Kon\u0007ser'],
    ['half a character', 'Konser \ud83d'],
    ['white space only', ' \u00a0 '],
  ]
  it.each(WRONG)('with %s are refused wherever a name is taken', async (_, text) => {
    const creations: [document: string, input: Record<string, unknown>, path: string][] = [
      [CREATE_EVENT, house.draftOf({ title: text }), 'title'],
      [CREATE_SERIES, { title: text }, 'title'],
      [CREATE_CATEGORY, { name: text }, 'name'],
      [CREATE_LOCATION, { name: text, city: 'x', country: 'y' }, 'name'],
      [CREATE_LOCATION, { name: 'x', city: text, country: 'y' }, 'city'],
      [CREATE_LOCATION, { name: 'x', city: 'y', country: text }, 'country'],
      [CREATE_VENUE, { name: text, city: 'x', address: 'y' }, 'name'],
      [CREATE_VENUE, { name: 'x', city: text, address: 'y' }, 'city'],
      [CREATE_VENUE, { name: 'x', city: 'y', address: text }, 'address'],
      [CREATE_ROOM, { venueId: house.venue.id, name: text, capacity: 1 }, 'name'],
      [
        CREATE_ROOM,
        {
          venueId: house.venue.id,
          name: 'x',
          seatLayout: { sections: [{ name: text, rows: 1, seatsPerRow: 1 }] },
        },
        'seatLayout.sections.0.name',
      ],
      [BLOCK, { roomId: house.room.id, startsAt: inHours(1), endsAt: inHours(2), reason: text }, 'reason'],
    ]
    for (const [document, input, path] of creations) {
      const { code, fields, ...facts } = await refused(document, { input })
      expect({ code, ...facts }, path).toMatchObject({ code: 'BAD_USER_INPUT' })
      for (const { message } of fields) expect(message).toMatch(/^must |^has |^cannot /)
    }
  })

  it('are stored as people see them, and cities are found by it', async () => {
    const title = '  Cafe\u0301   del  mar '
    const event = await story.does(person({ role: 'ORGANIZER' }), CREATE_EVENT, {
      input: house.draftOf({ title, roomId: null, timezone: 'asia/jakarta' }),
    })
    expect(event).toMatchObject({ title: 'Café del mar', timezone: 'Asia/Jakarta' })
    const input = { id: event.id, timezone: 'ASIA/CALCUTTA' }
    expect(await story.does(house.admin, UPDATE_EVENT, { input })).toMatchObject({ timezone: 'Asia/Kolkata' })
    const city = ' Bandung '
    await story.does(house.admin, CREATE_VENUE, { input: { name: 'Gedung', city, address: 'x' } })
    for (const given of ['Bandung', 'Bandung ', '  bandung', 'BANDUNG']) {
      expect(await story.does(null, VENUES, { filter: { city: given } })).toEqual({ totalCount: 1 })
      expect(await refused(LIST, { filter: { city: `${given}\0` } })).toMatchObject({
        code: 'BAD_USER_INPUT',
      })
    }
  })

  it('are as long as a person counts', async () => {
    const flag = '👩‍👩‍👧‍👦'
    const create = (title: string) =>
      story.ask(house.organizer, CREATE_EVENT, { input: house.draftOf({ title, roomId: null }) })
    expect((await create(flag.repeat(160))).errors).toEqual([])
    expect((await create('x'.repeat(161))).facts.fields).toMatchObject([{ path: 'input.title' }])
  })
})
