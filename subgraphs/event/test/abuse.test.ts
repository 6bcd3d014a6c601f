import { CLIENT_ADDRESS_HEADER } from '@karcis/kit/contracts/client-address'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { gql } from '@karcis/testkit/gql'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person, tokenOf } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSearch } from '../src/domain/browsing/search.ts'
import { understandSearch } from '../src/domain/events/event-texts.ts'
import { isAmong } from '../src/domain/events/narrowing.ts'
import { createGate } from '../src/domain/gate.ts'
import {
  CREATE_ROOM,
  CREATE_VENUE,
  inHours,
  openHouse,
  recordQueries,
  type Story,
  startStory,
} from './stories.ts'

describe('line 15: lists and counts under lists', () => {
  it('are one query each for a whole level, however deep and however many', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const organizers = Array.from({ length: 8 }, () => person({ role: 'ORGANIZER' }))
    for (const organizer of organizers) {
      const create = `mutation($input: CreateEventSeriesInput!) { createEventSeries(input: $input) { id } }`
      const series = await story.does(organizer, create, { input: { title: 'Tour' } })
      for (const hours of [10, 20]) {
        const time = { startsAt: inHours(hours), endsAt: inHours(hours + 1) }
        await house.createApproved({ ...time, roomId: null, seriesId: series.id }, organizer)
      }
      await house.createEvent({ roomId: null, seriesId: series.id }, organizer) // seen by nobody else
    }
    const sent = recordQueries(story.subgraph.deps)
    const data = await story.does(
      null,
      `{ events(first: 16) { edges { node { organizer { organizedEvents(first: 16) { totalCount edges { node { id
        series { events(last: 1) { totalCount edges { node { id organizer { organizedEvents(first: 16) { totalCount } } } } } } } } } } } } } }`,
    )
    expect(data.edges).toHaveLength(16)
    for (const { node } of data.edges) {
      const { totalCount, edges } = node.organizer.organizedEvents
      expect({ totalCount, length: edges.length }).toEqual({ totalCount: 2, length: 2 })
      const { events } = edges[0].node.series
      expect(events).toMatchObject({ totalCount: 2, edges: [{ node: { id: edges[1].node.id } }] })
    }
    // events, organizers' pages and counts, series, their pages and counts
    expect(sent).toHaveLength(6)
  })

  it('page each on its own, forward and backward, and refuse wrong pages and the cursors of other lists', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const other = person({ role: 'ORGANIZER' })
    for (const by of [house.organizer, other]) {
      for (let index = 0; index < 5; index++) {
        const time = { startsAt: inHours(10 + index), endsAt: inHours(10.5 + index) }
        await house.createApproved({ ...time, title: `${index}`, roomId: null }, by)
      }
    }
    const document = `query($r: [_Any!]!, $first: Int, $after: String, $last: Int, $before: String) { _entities(representations: $r) { ... on User {
      organizedEvents(first: $first, after: $after, last: $last, before: $before) { totalCount edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage } } } } }`
    const r = [house.organizer.id, other.id, newId()].map((id) => ({ __typename: 'User', id }))
    const page = (args: object) => story.ask(null, document, { r, ...args })
    type Page = { totalCount: number; edges: { cursor: string; node: { title: string } }[] }
    const titles = (data: { _entities: { organizedEvents: Page }[] }) =>
      data._entities.map(({ organizedEvents }) =>
        organizedEvents.edges.map(({ node }) => node.title).join(''),
      )

    const { data } = await page({ first: 2 })
    expect(titles(data)).toEqual(['01', '01', ''])
    expect(data._entities.map((user: { organizedEvents: Page }) => user.organizedEvents.totalCount)).toEqual([
      5, 5, 0,
    ])
    const after = data._entities[0].organizedEvents.edges[1].cursor
    expect(titles((await page({ first: 2, after })).data)[0]).toBe('23')
    expect(titles((await page({ first: null, last: 100 })).data)).toEqual(['01234', '01234', ''])
    expect(titles((await page({ last: 2 })).data)).toEqual(['34', '34', ''])

    for (const args of [{ first: 0 }, { first: 101 }, { first: 1, last: 1 }, { after: 'x' }]) {
      const { errors } = await page(args)
      expect(errors.map((error) => error.extensions?.code)).toEqual(Array(3).fill('BAD_USER_INPUT'))
    }
    const foreign = `query($after: String) { events(after: $after) { totalCount } }`
    expect(await story.refused(null, foreign, { after })).toMatchObject({ fields: [{ path: 'after' }] })
    const byVenue = `query($after: String, $id: ID!) { eventsByVenue(venueId: $id, after: $after) { totalCount } }`
    expect(await story.refused(null, byVenue, { after, id: house.venue.id })).toMatchObject({
      fields: [{ path: 'after' }],
    })
  })

  it('that come whole are kept short', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    await story.sql(
      `INSERT INTO categories (id, name, slug) SELECT gen_random_uuid(), n, 'c' || n FROM generate_series(1, 99) n`,
    )
    await story.sql(
      `INSERT INTO locations (id, name, city, country) SELECT gen_random_uuid(), n, 'x', 'y' FROM generate_series(1, 499) n`,
    )
    await story.sql(
      `INSERT INTO rooms (id, venue_id, name, capacity) SELECT gen_random_uuid(), $1::uuid, n, 1 FROM generate_series(1, 49) n`,
      house.venue.id,
    )
    const more: [document: string, input: object, limit: number][] = [
      [
        `mutation($input: CreateCategoryInput!) { createCategory(input: $input) { id } }`,
        { name: 'More' },
        100,
      ],
      [
        `mutation($input: CreateLocationInput!) { createLocation(input: $input) { id } }`,
        { name: 'More', city: 'x', country: 'y' },
        500,
      ],
      [CREATE_ROOM, { venueId: house.venue.id, name: 'More', capacity: 1 }, 50],
    ]
    for (const [document, input, limit] of more) {
      expect(await story.refused(house.admin, document, { input })).toEqual({
        code: 'LIMIT_EXCEEDED',
        limit,
        remaining: 0,
      })
    }
    await story.sql(
      `INSERT INTO room_bookings (id, room_id, kind, holder_id, starts_at, ends_at, reason)
       SELECT id, $1::uuid, 'BLOCK', id, now() + n * interval '2 min', now() + n * interval '2 min' + interval '1 min', 'x'
       FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, 501) n) rows`,
      house.room.id,
    )
    const schedule = `query($id: ID!, $to: DateTime!) { roomSchedule(roomId: $id, from: "2026-01-01T00:00:00Z", to: $to) { id } }`
    const until = (hours: number) => ({ id: house.room.id, to: inHours(hours) })
    expect(await story.refused(null, schedule, until(100))).toMatchObject({ fields: [{ path: 'to' }] })
    expect((await story.does(null, schedule, until(10))).length).toBeGreaterThan(200)
  })
})

describe('a list that comes whole', () => {
  const GUARD = ['pg_advisory_xact_lock(hashtextextended(', '(hashtextextended('] as const

  /** Ten times twenty add a room where there is space for one more. @returns how many there are too many in the end. */
  async function crowd(story: Story): Promise<number> {
    let tooMany = 0
    for (let round = 0; round < 10; round += 1) {
      const { admin, venue } = await openHouse(story)
      await story.sql(
        `INSERT INTO rooms (id, venue_id, name, capacity) SELECT gen_random_uuid(), $1::uuid, n, 1 FROM generate_series(1, 48) n`,
        venue.id,
      )
      await parallel(20, (n) =>
        story.ask(admin, CREATE_ROOM, { input: { venueId: venue.id, name: `More ${n}`, capacity: 1 } }),
      )
      const [row] = await story.sql(
        'SELECT count(*)::int AS n FROM rooms WHERE venue_id = $1::uuid',
        venue.id,
      )
      tooMany += row?.n - 50
    }
    return tooMany
  }

  it('would become too long in a rush without the lock on it, and does not with it', async () => {
    await using story = await startStory()
    expect(await withMutant(story.subgraph.deps, GUARD, () => crowd(story))).toBeGreaterThan(0)
    expect(await crowd(story)).toBe(0)
  })
})

describe('line 20: a search', () => {
  let story: Story
  beforeAll(async () => {
    story = await startStory()
    const house = await openHouse(story)
    await house.createApproved({ title: 'U2 in a hall', roomId: null })
    for (let from = 0; from < 12_000; from += 500) {
      await story.sql(
        `INSERT INTO events (id, slug, title, description, status, organizer_id, category_id, venue_id, starts_at, ends_at,
           timezone, online, currency, approved_at)
         SELECT gen_random_uuid(), 'bulk-' || n, 'Event ' || n, 'a b c d e f g h i j k l m n o p ' || md5((n % 500)::text) || ' ' || md5((n % 499)::text),
           'APPROVED', $1::uuid, $2::uuid, $3::uuid, now() + n * interval '1 min', now() + n * interval '1 min' + interval '1 h',
           'UTC', false, 'IDR', now() FROM generate_series($4::int + 1, $4::int + 500) n`,
        house.organizer.id,
        house.category.id,
        house.venue.id,
        from,
      )
    }
    await story.sql('ANALYZE')
  })
  afterAll(() => story[Symbol.asyncDispose]())

  const SEARCH = `query($search: String) { events(filter: { search: $search }) { totalCount edges { node { title } } } }`

  it.each([
    ['twenty words of one letter', Array.from('abcdefghijklmnopqrst').join(' ')],
    ['eleven words', Array.from({ length: 11 }, (_, index) => `word${index}`).join(' ')],
    ['nothing', ''],
    ['white space', ' \t '],
    ['nothing that can be found', '% & …'],
    ['a text too long', 'x'.repeat(201)],
  ])('for %s is refused', async (_, search) => {
    expect(await story.refused(null, SEARCH, { search })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'filter.search' }],
    })
  })

  it('for short words finds them as words or their beginnings', async () => {
    expect(await story.does(null, SEARCH, { search: 'u2' })).toMatchObject({
      totalCount: 1,
      edges: [{ node: { title: 'U2 in a hall' } }],
    })
    expect(await story.does(null, SEARCH, { search: "u2 ½ ' \\ :* | ! (" })).toMatchObject({ totalCount: 0 })
  })

  it.each(['u2', 'hall 11999', '11999', 'u2 hall a'])('for %s reads no table through', async (search) => {
    const { db } = story.subgraph.deps
    const { narrowing } = await understandSearch(db, parseSearch(search))
    const plan = await db.$queryRaw<{ 'QUERY PLAN': string }[]>`EXPLAIN
      SELECT id FROM events e WHERE ${isAmong(narrowing)} AND e.status = 'APPROVED'
      ORDER BY e.starts_at, e.id LIMIT 21`
    const text = plan.map((line) => line['QUERY PLAN']).join('\n')
    expect(text).toMatch(/Bitmap Index Scan on event_texts_document/)
    expect(text).not.toContain('Seq Scan')
  })

  it('for what is in every event looks at no more of them than it has to', async () => {
    for (const search of ['event', 'gelora hall jakarta event', 'a b c d e f g h i j']) {
      const { totalCount, edges } = await story.does(null, SEARCH, { search })
      expect(totalCount).toBe(1_000)
      expect(edges.map(({ node }: { node: { title: string } }) => node.title)).toEqual(
        Array.from({ length: 20 }, (_, index) => `Event ${index + 1}`),
      )
    }
  })

  it.each([{ search: 'event' }, { city: 'jakarta' }, { search: 'event', city: 'jakarta' }])(
    'counts the few of very many that another filter leaves: %o',
    async (filter) => {
      const COUNT = `query($filter: EventFilter!) { events(filter: $filter) { totalCount } }`
      const [row] = await story.sql(`SELECT starts_at FROM events WHERE title = 'Event 11951'`)
      const startsFrom = row?.starts_at.toISOString()
      expect(await story.does(null, COUNT, { filter: { ...filter, startsFrom } })).toEqual({ totalCount: 50 })
    },
  )

  it('finds an event by the new name of its venue or location, and no longer by the old one', async () => {
    const house = await openHouse(story)
    const input = { name: 'Aula Sate', city: 'Bandung', address: 'x' }
    const venue = await story.does(house.admin, CREATE_VENUE, { input })
    const at = { title: 'Moving', roomId: null, venueId: venue.id, locationId: house.location.id }
    await house.createApproved(at)
    const found = async (search: string) => (await story.does(null, SEARCH, { search })).totalCount
    expect(await found('moving sate senayan')).toBe(1)
    const rename = (type: string, id: string) =>
      story.does(
        house.admin,
        `mutation($input: Update${type}Input!) { update${type}(input: $input) { id } }`,
        {
          input: { id, name: `Renamed ${type}`, city: 'Cimahi' },
        },
      )
    await rename('Venue', venue.id)
    await rename('Location', house.location.id)
    expect(await found('moving sate')).toBe(0)
    expect(await found('moving senayan')).toBe(0)
    expect(await found('moving venue location cimahi')).toBe(1)
  })

  it('is in three lists of one request at most, whatever their aliases', async () => {
    const lists = (count: number) =>
      `{ ${Array.from({ length: count }, (_, index) => `l${index}: events(first: 1, filter: { search: "u2" }) { edges { node { id } } }`).join(' ')} }`
    expect((await story.ask(null, lists(3))).errors).toEqual([])
    const { errors } = await story.ask(null, lists(10))
    expect(errors).toHaveLength(1) // the list is not nullable
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'filter.search' }],
    })
  })

  it('waits in a line of its own, and is turned away when that is full', async () => {
    const gate = createGate(2, 1)
    const ends: (() => void)[] = []
    const slow = () => gate(() => new Promise<string>((resolve) => ends.push(() => resolve('done'))))
    const running = [slow(), slow(), slow()]
    await expect(slow()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(ends).toHaveLength(2)
    ends[0]?.()
    await running[0]
    expect(ends).toHaveLength(3)
    for (const end of ends) end()
    expect(await Promise.all(running)).toEqual(['done', 'done', 'done'])
    await expect(gate(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await gate(async () => 'free again')).toBe('free again')
  })
})

describe('line 22: views', () => {
  it('are counted once an hour for a person or an address, and once a request for anybody else', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const event = await house.createApproved()
    const views = async () =>
      (await story.does(null, `query($id: ID!) { event(id: $id) { views } }`, event)).views
    const hundred = `mutation($id: ID!) { ${Array.from({ length: 100 }, (_, index) => `v${index}: recordEventView(id: $id) { id }`).join(' ')} }`
    const look = async (viewer: Viewer | null, address?: string) => {
      const headers = {
        [SERVICE_TOKEN_HEADER]: await tokenOf(viewer, 'event'),
        ...(address && { [CLIENT_ADDRESS_HEADER]: address }),
      }
      const { body } = await gql(`${story.subgraph.url}/graphql`, hundred, { id: event.id }, headers)
      expect(body.errors).toBeUndefined()
    }
    const fan = person()
    await look(fan)
    await look(fan)
    expect(await views()).toBe(1)
    await look(null, '192.0.2.1')
    await look(null, '192.0.2.1')
    await look(null, '2001:db8::1')
    expect(await views()).toBe(3)
    await look(null)
    expect(await views()).toBe(4)
    // The same person from elsewhere is the same person, and popularity knows no more than the views.
    await look(fan, '192.0.2.2')
    expect(await story.does(null, '{ popularEvents { id views } }')).toEqual([{ id: event.id, views: 4 }])
  })

  it('make an event popular once an hour for each network and once for each buyer, whoever tries harder', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const [pushed, liked] = [
      await house.createApproved({ roomId: null }),
      await house.createApproved({ roomId: null }),
    ]
    const look = async (id: string, viewer: Viewer | null, address: string) => {
      const headers = {
        [SERVICE_TOKEN_HEADER]: await tokenOf(viewer, 'event'),
        [CLIENT_ADDRESS_HEADER]: address,
      }
      const view = 'mutation($id: ID!) { recordEventView(id: $id) { id } }'
      expect((await gql(`${story.subgraph.url}/graphql`, view, { id }, headers)).body.errors).toBeUndefined()
    }
    const popularity = async ({ id }: { id: string }) =>
      (await story.sql(`SELECT popularity FROM event_listings WHERE event_id = $1::uuid`, id))[0]?.popularity
    for (let account = 0; account < 10; account++) await look(pushed.id, person(), '192.0.2.1')
    await look(liked.id, null, '192.0.2.1')
    await look(liked.id, null, '192.0.2.2')
    expect(await popularity(liked)).toBeCloseTo((await popularity(pushed)) + 1, 3) // twice as much
    const first = async () => (await story.does(null, '{ popularEvents(first: 1) { id } }'))[0].id
    expect(await first()).toBe(liked.id)

    const told = (id: string, ...userIds: string[]) =>
      tell(story.subgraph, 'booking', {
        type: 'booking.buyers-noted',
        aggregateId: id,
        payload: { eventId: id, userIds },
      })
    const buyer = person().id
    for (let times = 0; times < 5; times++) await told(pushed.id, buyer)
    expect(await first()).toBe(pushed.id)
    await told(liked.id, buyer, person().id)
    expect(await first()).toBe(liked.id)
    await tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: buyer,
      payload: { userId: buyer, role: 'CUSTOMER', suspended: false, erased: true },
    })
    expect(await story.sql('SELECT user_id FROM event_buyers')).toHaveLength(1)
  })

  it('are asked for as popularity by one query, whatever the aliases', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const event = await house.createApproved()
    const sent = recordQueries(story.subgraph.deps)
    const aliases = Array.from(
      { length: 20 },
      (_, index) => `p${index}: popularEvents(first: ${index + 1}) { id }`,
    )
    const { data } = await story.ask(null, `{ ${aliases.join(' ')} }`)
    expect(data.p19).toEqual([{ id: event.id }])
    expect(sent).toHaveLength(1)
  })
})
