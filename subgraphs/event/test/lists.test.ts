import { CALENDAR_EVENTS, calendarEvents } from '@karcis/kit/contracts/calendar-event'
import { newId } from '@karcis/kit/ids'
import { createServiceTokens, SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { gql } from '@karcis/testkit/gql'
import { person, SERVICE_SECRET, tokenOf } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mapOf, OPENSTREETMAP } from '../src/domain/events/maps.ts'
import { eventSettings } from '../src/env.ts'
import {
  CREATE_CATEGORY,
  CREATE_SERIES,
  CREATE_VENUE,
  inHours,
  openHouse,
  type Story,
  startStory,
  UPDATE_EVENT,
} from './stories.ts'

let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
const other = person({ role: 'ORGANIZER' })
const titles: Record<string, string> = {}

beforeAll(async () => {
  story = await startStory()
  house = await openHouse(story)
  const talks = await story.does(house.admin, CREATE_CATEGORY, { input: { name: 'Talks' } })
  const cafe = await story.does(house.admin, CREATE_VENUE, {
    input: { name: 'Café Élan', city: 'Yogyakarta', address: 'x' },
  })
  const add = async (key: string, changes: Record<string, unknown>, approved = true) => {
    const make = approved ? house.createApproved : house.createEvent
    const event = await make(
      { title: key, roomId: null, ...changes },
      (changes.by as typeof other) ?? house.organizer,
    )
    titles[key] = event.id
  }
  const at = (hours: number) => ({ startsAt: inHours(hours), endsAt: inHours(hours + 1) })
  await add('Rock 100% Live', at(30))
  await add('Jazz', { ...at(10), venueId: cafe.id, description: 'Sunday brunch' })
  await add('Webinar', { ...at(20), venueId: null, online: true, categoryId: talks.id })
  await add('Bazaar', { ...at(40), venueId: null, locationId: house.location.id })
  await add('Waiting', at(50), false)
})
afterAll(() => story[Symbol.asyncDispose]())

const LIST = `query($filter: EventFilter, $orderBy: [EventOrder!], $first: Int, $after: String) {
  events(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    edges { node { id title } } pageInfo { hasNextPage endCursor } totalCount } }`
type Edges = { edges: { node: { title: string } }[] }
const titlesOf = (page: Edges) => page.edges.map((edge) => edge.node.title)
const list = async (filter: Record<string, unknown> = {}, viewer: typeof other | null = null) =>
  titlesOf(await story.does(viewer, LIST, { filter }))

describe('the list of events', () => {
  it('shows what is approved, the soonest first, and more to those who own it', async () => {
    const approved = ['Jazz', 'Webinar', 'Rock 100% Live', 'Bazaar']
    expect(await list()).toEqual(approved)
    expect(await list({}, other)).toEqual(approved)
    expect(await list({}, house.organizer)).toEqual([...approved, 'Waiting'])
    expect(await list({ status: 'PENDING' }, house.admin)).toEqual(['Waiting'])
    expect(await list({ status: 'PENDING' })).toEqual([])
  })

  it('finds words in title, description, venue and city, whatever their case and accents', async () => {
    expect(await list({ search: 'JAZZ' })).toEqual(['Jazz'])
    expect(await list({ search: 'brunch' })).toEqual(['Jazz'])
    expect(await list({ search: 'cafe elan' })).toEqual(['Jazz'])
    expect(await list({ search: 'gelora' })).toEqual(['Rock 100% Live'])
    expect(await list({ search: 'jakarta bazaar' })).toEqual(['Bazaar'])
    expect(await list({ search: 'jazz jakarta' })).toEqual([])
    expect(await list({ search: '100%' })).toEqual(['Rock 100% Live'])
    expect(await list({ search: 'ja' })).toEqual(['Jazz', 'Rock 100% Live', 'Bazaar']) // and what is in Jakarta
    expect(await list({ search: 'az' })).toEqual([])
    expect(await list({ search: 'éL JAZZ' })).toEqual(['Jazz'])
    expect(await list({ search: "'; DROP TABLE events; --" })).toEqual([])
    expect(await story.refused(null, LIST, { filter: { search: 'x'.repeat(201) } })).toMatchObject({
      code: 'BAD_USER_INPUT',
    })
  })

  it('filters by everything it offers', async () => {
    expect(await list({ city: 'jakarta' })).toEqual(['Rock 100% Live', 'Bazaar'])
    expect(await list({ locationId: house.location.id })).toEqual(['Rock 100% Live', 'Bazaar'])
    expect(await list({ venueId: house.venue.id })).toEqual(['Rock 100% Live'])
    expect(await list({ categoryId: house.category.id, online: false })).toEqual([
      'Jazz',
      'Rock 100% Live',
      'Bazaar',
    ])
    expect(await list({ online: true })).toEqual(['Webinar'])
    expect(await list({ organizerId: house.organizer.id })).toHaveLength(4)
    expect(await list({ organizerId: other.id })).toEqual([])
    expect(await list({ startsFrom: inHours(15), startsTo: inHours(35) })).toEqual([
      'Webinar',
      'Rock 100% Live',
    ])
  })

  it('is sorted and paged in each order without a gap or a repeat', async () => {
    const walk = async (orderBy: string) => {
      const seen: string[] = []
      let after: string | null = null
      do {
        const page = await story.does(null, LIST, { orderBy, first: 1, after })
        seen.push(...titlesOf(page))
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
        expect(page.totalCount).toBe(4)
      } while (after)
      return seen
    }
    expect(await walk('STARTS_AT_ASC')).toEqual(['Jazz', 'Webinar', 'Rock 100% Live', 'Bazaar'])
    expect(await walk('STARTS_AT_DESC')).toEqual(['Bazaar', 'Rock 100% Live', 'Webinar', 'Jazz'])
    expect(await walk('CREATED_AT_DESC')).toEqual(['Bazaar', 'Webinar', 'Jazz', 'Rock 100% Live'])
  })

  it('refuses a cursor of another order, or of another list', async () => {
    const cursorOf = async (query: string) => (await story.does(null, query)).pageInfo.endCursor
    const soonest = await cursorOf('{ events(first: 1) { pageInfo { endCursor } } }')
    const venue = await cursorOf('{ venues(first: 1) { pageInfo { endCursor } } }')
    for (const page of [
      { after: soonest, orderBy: 'STARTS_AT_DESC' },
      { after: soonest, orderBy: 'CREATED_AT_DESC' },
      { after: venue },
    ]) {
      expect(await story.refused(null, LIST, page)).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'after' }],
      })
    }
  })

  it('shows the owners of an event that changes wait, and others what is in force', async () => {
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: titles.Bazaar, endsAt: inHours(45) } })
    expect(await list({ status: 'PENDING' }, house.admin)).toEqual(['Bazaar', 'Waiting'])
    expect(await list({ status: 'APPROVED' })).toContain('Bazaar')
    expect(await list({ status: 'APPROVED' }, house.admin)).not.toContain('Bazaar')
  })

  it('is also given by venue, by organizer, and of my own', async () => {
    const byVenue = `query($id: ID!) { eventsByVenue(venueId: $id) { edges { node { title } } } }`
    expect(titlesOf(await story.does(null, byVenue, { id: house.venue.id }))).toEqual(['Rock 100% Live'])
    const mine = `query($status: EventStatus) { myEvents(status: $status) { edges { node { title } } totalCount } }`
    expect(await story.does(house.organizer, mine)).toMatchObject({ totalCount: 5 })
    expect(titlesOf(await story.does(house.organizer, mine, { status: 'APPROVED' }))).toEqual([
      'Webinar',
      'Jazz',
      'Rock 100% Live',
    ])
    expect(await story.does(other, mine)).toMatchObject({ totalCount: 0 })
    expect(await story.refused(person(), mine)).toMatchObject({ code: 'FORBIDDEN' })
    const organized = `query($r: [_Any!]!) { _entities(representations: $r) { ... on User { organizedEvents(first: 1) { totalCount } } } }`
    const r = [{ __typename: 'User', id: house.organizer.id }]
    expect(await story.does(null, organized, { r })).toEqual([{ organizedEvents: { totalCount: 4 } }])
  })
})

describe('links', () => {
  it('open the event in a calendar and the place on a map', async () => {
    const one = `query($id: ID!) { event(id: $id) { startsAt endsAt googleCalendarUrl mapUrl } }`
    const rock = await story.does(null, one, { id: titles['Rock 100% Live'] })
    const calendar = new URL(rock.googleCalendarUrl).searchParams
    const compact = (instant: string) => instant.replace(/[-:]|\.\d{3}/g, '')
    expect(Object.fromEntries(calendar)).toMatchObject({
      action: 'TEMPLATE',
      text: 'Rock 100% Live',
      dates: `${compact(rock.startsAt)}/${compact(rock.endsAt)}`,
      ctz: 'Asia/Jakarta',
      location: 'Gelora Hall, Jalan Pintu Satu 1, Jakarta',
    })
    expect(new URL(rock.mapUrl).searchParams.get('query')).toBe('Gelora Hall, Jalan Pintu Satu 1, Jakarta')
    const bazaar = await story.does(null, one, { id: titles.Bazaar })
    expect(new URL(bazaar.mapUrl).searchParams.get('query')).toBe('-6.2185,106.8018')
    expect(await story.does(null, one, { id: titles.Webinar })).toMatchObject({ mapUrl: null })
  })
})

describe('maps', () => {
  const MAPS = '{ mapUrl mapEmbedUrl mapImageUrl }'
  const mapsOf = (id: string | undefined) =>
    story.does(null, `query($id: ID!) { event(id: $id) ${MAPS} }`, { id })

  it('are by the coordinates of a place or of what it is part of, by the templates of the settings', async () => {
    const rock = await mapsOf(titles['Rock 100% Live'])
    const embedded = new URL(rock.mapEmbedUrl)
    expect(embedded.origin + embedded.pathname).toBe('https://www.openstreetmap.org/export/embed.html')
    expect(Object.fromEntries(embedded.searchParams)).toEqual({
      bbox: '106.7978,-6.2205,106.8058,-6.2165',
      layer: 'mapnik',
      marker: '-6.2185,106.8018',
    })
    const picture = 'https://maps.test/16/-6.2185%2C106.8018.png?at=106.8018,-6.2185'
    expect(rock.mapImageUrl).toBe(picture)
    expect(await mapsOf(titles.Bazaar)).toMatchObject({ mapEmbedUrl: rock.mapEmbedUrl, mapImageUrl: picture })
    const { venue } = house
    expect(await story.does(null, `query($id: ID!) { venue(id: $id) ${MAPS} }`, { id: venue.id })).toEqual(
      rock,
    )
  })

  it('are none without a place, or without coordinates where they are needed', async () => {
    const none = { mapEmbedUrl: null, mapImageUrl: null }
    expect(await mapsOf(titles.Webinar)).toEqual({ mapUrl: null, ...none })
    expect(await mapsOf(titles.Jazz)).toMatchObject(none)
  })

  it('can be by words, where the platform has a map that takes them; a template says what it asks for', () => {
    const place = { name: 'Café Élan', city: 'Jl. "A" & B?', latitude: null, longitude: null }
    const words = 'https://maps.test/embed?q={query}&z={zoom}'
    expect(mapOf(words, place)).toBe(
      'https://maps.test/embed?q=Caf%C3%A9%20%C3%89lan%2C%20Jl.%20%22A%22%20%26%20B%3F&z=16',
    )
    expect(mapOf(words, { ...place, latitude: -0.0000001, longitude: 179.9999999 })).toBe(
      'https://maps.test/embed?q=0%2C180&z=16',
    )
    expect(mapOf(null, place)).toBeNull()
    const problem = (given: object) =>
      eventSettings.pick({ MAP_EMBED_URL: true, MAP_STATIC_URL: true }).safeParse(given).error?.issues[0]
        ?.message
    const { data } = eventSettings
      .pick({ MAP_EMBED_URL: true, MAP_STATIC_URL: true })
      .safeParse({ MAP_STATIC_URL: '' })
    expect(data).toEqual({ MAP_EMBED_URL: OPENSTREETMAP, MAP_STATIC_URL: null })
    expect(problem({ MAP_EMBED_URL: 'none', MAP_STATIC_URL: words })).toBeUndefined()
    expect(problem({ MAP_EMBED_URL: 'javascript:{query}' })).toBe('must be an http:// or https:// URL')
    expect(problem({ MAP_STATIC_URL: 'https://maps.test/{lat}' })).toMatch(
      /^may have only these in braces: latitude, /,
    )
  })
})

describe('an event in a calendar', () => {
  const get = async (path: string) =>
    fetch(story.subgraph.url + path, { headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'event') } })
  const entryOf = async (path: string) => {
    const response = await get(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/calendar; charset=utf-8')
    const text = await response.text()
    const said = (name: string) => new RegExp(`\r\n${name}:(.*)\r\n`).exec(text.replaceAll('\r\n ', ''))?.[1]
    return { text, said, etag: response.headers.get('etag') }
  }
  const URL_OF = 'query($id: ID!) { event(id: $id) { calendarUrl version googleCalendarUrl } }'

  it('is for anybody, keeps its UID, and is CANCELLED once it is called off', async () => {
    const event = await house.createApproved({ title: 'Satu; dua, tiga', roomId: null })
    const { calendarUrl, version } = await story.does(null, URL_OF, { id: event.id })
    expect(calendarUrl).toBe(`/calendar/${event.id}.ics`)
    const before = await entryOf(calendarUrl)
    expect(before.text).toMatch(/^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\n[^]*\r\nMETHOD:PUBLISH\r\n/)
    expect(before.said('UID')).toBe(`${event.id}@events.karcis`)
    expect(before.said('SEQUENCE')).toBe(String(version))
    expect(before.said('SUMMARY')).toBe('Satu\\; dua\\, tiga')
    expect(before.said('LOCATION')).toBe('Gelora Hall\\, Jalan Pintu Satu 1\\, Jakarta')
    expect(before.said('GEO')).toBe('-6.2185;106.8018')
    expect(before.said('STATUS')).toBe('CONFIRMED')
    expect(
      (await entryOf(calendarUrl.toUpperCase().replace('/CALENDAR', '/calendar').replace('.ICS', '.ics')))
        .etag,
    ).toBe(before.etag)
    await story.does(house.organizer, 'mutation($id: ID!) { cancelEvent(id: $id, reason: "Rain") { id } }', {
      id: event.id,
    })
    const after = await entryOf(calendarUrl)
    expect([after.said('UID'), after.said('STATUS')]).toEqual([before.said('UID'), 'CANCELLED'])
    expect(Number(after.said('SEQUENCE'))).toBeGreaterThan(Number(before.said('SEQUENCE')))
    expect(after.said('DESCRIPTION')).toBe('Rain\\n\\nAn evening of songs')
    expect(after.etag).not.toBe(before.etag)
  })

  it('is none while only those see it who work for it', async () => {
    const id = titles.Waiting
    expect((await story.does(house.organizer, URL_OF, { id })).calendarUrl).toBeNull()
    for (const name of [`${id}.ics`, `${newId()}.ics`, 'x.ics', `${titles.Jazz}.pdf`, ''])
      expect((await get(`/calendar/${name}`)).status).toBe(404)
  })

  /** Local times as an organizer sends them, and the same instants by hand, from the rules of each zone. */
  it.each([
    [
      'Asia/Jakarta',
      '2036-10-26T19:00:00+07:00',
      '2036-10-26T22:00:00+07:00',
      '20361026T120000Z',
      '20361026T150000Z',
    ],
    // Clocks go from 02:00 to 03:00, so two hours by the clock are one.
    [
      'Europe/Berlin',
      '2037-03-29T01:30:00+01:00',
      '2037-03-29T03:30:00+02:00',
      '20370329T003000Z',
      '20370329T013000Z',
    ],
    // Clocks go from 03:00 back to 02:00: the hour after two comes twice.
    [
      'Europe/Berlin',
      '2036-10-26T02:30:00+02:00',
      '2036-10-26T02:30:00+01:00',
      '20361026T003000Z',
      '20361026T013000Z',
    ],
    // The other half of the world, where they go back in April, by half an hour.
    [
      'Australia/Lord_Howe',
      '2037-04-05T01:00:00+11:00',
      '2037-04-05T03:00:00+10:30',
      '20370404T140000Z',
      '20370404T163000Z',
    ],
    [
      'Pacific/Auckland',
      '2036-12-31T23:00:00+13:00',
      '2037-01-01T01:00:00+13:00',
      '20361231T100000Z',
      '20361231T120000Z',
    ],
    [
      'America/St_Johns',
      '2036-07-01T19:00:00-02:30',
      '2036-07-01T21:00:00-02:30',
      '20360701T213000Z',
      '20360701T233000Z',
    ],
    [
      'Asia/Kathmandu',
      '2036-07-01T19:00:00+05:45',
      '2036-07-01T21:00:00+05:45',
      '20360701T131500Z',
      '20360701T151500Z',
    ],
  ])('is at the same instant everywhere: %s, %s', async (timezone, startsAt, endsAt, from, to) => {
    const event = await house.createApproved({ roomId: null, timezone, startsAt, endsAt })
    const { said } = await entryOf(`/calendar/${event.id}.ics`)
    expect([said('DTSTART'), said('DTEND')]).toEqual([from, to])
    const { googleCalendarUrl } = await story.does(null, URL_OF, { id: event.id })
    expect(new URL(googleCalendarUrl).searchParams.get('dates')).toBe(`${from}/${to}`)
  })

  it('is told to the subgraphs that make calendars, whoever may see it, and to nobody else', async () => {
    const asks = (service: 'ticket' | 'user' | 'booking', ids: unknown[]) =>
      story.ask(null, CALENDAR_EVENTS, { ids }, service)
    const { data } = await asks('ticket', [titles.Waiting, newId(), titles.Webinar])
    const [waiting, none, webinar] = calendarEvents.parse(data.calendarEvents)
    expect([waiting?.status, none]).toEqual(['PENDING', null])
    expect(waiting).toMatchObject({ place: 'Gelora Hall, Jalan Pintu Satu 1, Jakarta', latitude: -6.2185 })
    expect(webinar).toMatchObject({ title: 'Webinar', place: null, latitude: null, rescheduledAt: null })
    expect((await asks('user', [])).data.calendarEvents).toEqual([])
    expect((await asks('booking', [])).code).toBe('FORBIDDEN')
    expect((await asks('user', Array.from({ length: 501 }, newId))).code).toBe('BAD_USER_INPUT')
  })
})

describe('views', () => {
  it('are counted for approved events, which buyers make popular', async () => {
    const view = `mutation($id: ID!) { recordEventView(id: $id) { views } }`
    for (let times = 1; times <= 3; times++) {
      expect(await story.does(null, view, { id: titles.Bazaar })).toEqual({ views: times })
    }
    await story.does(null, view, { id: titles.Webinar })
    expect(await story.refused(null, view, { id: titles.Waiting })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await story.does(house.organizer, view, { id: titles.Waiting })).toEqual({ views: 0 })
    await tell(story.subgraph, 'booking', {
      type: 'booking.buyers-noted',
      aggregateId: titles.Bazaar as string,
      payload: { eventId: titles.Bazaar, userIds: [other.id] },
    })
    const popular = `{ popularEvents(first: 3) { title views } }`
    expect(await story.does(null, popular)).toEqual([
      { title: 'Bazaar', views: 3 },
      { title: 'Jazz', views: 0 },
      { title: 'Webinar', views: 1 },
    ])
  })
})

describe('a series', () => {
  it('holds events of its own organizer', async () => {
    const series = await story.does(house.organizer, CREATE_SERIES, { input: { title: 'Film of the year' } })
    await house.createApproved({ title: 'Screening 1', roomId: null, seriesId: series.id })
    const input = { id: titles.Jazz, seriesId: series.id }
    await story.does(house.organizer, UPDATE_EVENT, { input })
    const read = `query($id: ID!) { eventSeries(id: $id) { title events { edges { node { title series { id } } } } } }`
    expect(await story.does(null, read, { id: series.id })).toMatchObject({
      title: 'Film of the year',
      events: {
        edges: [{ node: { title: 'Jazz', series: { id: series.id } } }, { node: { title: 'Screening 1' } }],
      },
    })
    const theirs = await story.does(other, CREATE_SERIES, { input: { title: 'Not mine' } })
    expect(
      await story.refused(house.organizer, UPDATE_EVENT, { input: { id: titles.Jazz, seriesId: theirs.id } }),
    ).toMatchObject({ fields: [{ path: 'input.seriesId' }] })
    const update = `mutation($input: UpdateEventSeriesInput!) { updateEventSeries(input: $input) { title description } }`
    expect(await story.does(other, update, { input: { id: theirs.id, description: 'Tour' } })).toEqual({
      title: 'Not mine',
      description: 'Tour',
    })
    expect(await story.refused(other, update, { input: { id: series.id, title: 'Mine now' } })).toMatchObject(
      { code: 'FORBIDDEN' },
    )
    const remove = `mutation($id: ID!) { deleteEventSeries(id: $id) { title } }`
    expect(await story.refused(house.organizer, remove, { id: series.id })).toMatchObject({
      code: 'CONFLICT',
    })
    expect(await story.does(other, remove, { id: theirs.id })).toEqual({ title: 'Not mine' })
  })
})

describe('without a service token', () => {
  it('nothing is answered', async () => {
    const url = `${story.subgraph.url}/graphql`
    for (const query of ['{ __typename }', '{ _service { sdl } }', '{ categories { id } }']) {
      expect(await gql(url, query)).toMatchObject({
        status: 401,
        body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
      })
    }
    const forged = await createServiceTokens(`not ${SERVICE_SECRET}`, 'router').to('event').sign(house.admin)
    expect(await gql(url, '{ __typename }', {}, { [SERVICE_TOKEN_HEADER]: forged })).toMatchObject({
      status: 401,
    })
  })
})
