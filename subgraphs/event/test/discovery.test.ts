import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import type { Loose } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillListings, learnNewWords } from '../src/domain/administering/fill-listings.ts'
import { CREATE_VENUE, openHouse, type Story, standIn, startStory } from './stories.ts'

/** What the tickets of events cost, as the ticket subgraph says when it is asked. */
let prices: Loose[] = []
let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
let ticket: Awaited<ReturnType<typeof standIn>>
const ids: Record<string, string> = {}

const CITIES: Record<string, [latitude: number, longitude: number]> = {
  'Jakarta Selatan': [-6.2615, 106.8106],
  Bandung: [-6.9175, 107.6191],
  Yogyakarta: [-7.7956, 110.3695],
}
/** The same title and the same city come again, so that orders have ties. */
const EVENTS: Record<string, Loose> = {
  a: { title: 'Élan', city: 'Bandung', startsAt: '2031-03-01T10:00:00Z', price: [50_000, 150_000] },
  b: { title: 'batik', city: 'Jakarta Selatan', startsAt: '2031-03-02T10:00:00Z', price: [0, 0] },
  c: { title: 'Batik', city: 'Bandung', startsAt: '2031-03-01T10:00:00Z', price: [150_000, 900_000] },
  d: { title: 'Angklung', city: 'Yogyakarta', startsAt: '2031-02-01T10:00:00Z', price: [50_000, 50_000] },
  // The 31st of December in Jakarta begins seven hours earlier than in London, and ends so.
  e: { title: 'Countdown', city: 'Yogyakarta', startsAt: '2031-12-30T17:00:00Z', timezone: 'Asia/Jakarta' },
  f: { title: 'Online', startsAt: '2031-12-31T23:30:00Z', timezone: 'Europe/London' },
}

const tellPrice = (eventId: string, [priceFrom, priceTo]: [number | null, number | null]) =>
  tell(story.subgraph, 'ticket', {
    type: 'ticket.prices-changed',
    aggregateId: eventId,
    payload: { eventId, currency: 'IDR', priceFrom, priceTo },
  })

beforeAll(async () => {
  ticket = await standIn('ticket', () => ({ priceRanges: prices }))
  story = await startStory({ TICKET_URL: ticket.url })
  house = await openHouse(story)
  const venues: Record<string, string> = {}
  for (const [city, [latitude, longitude]] of Object.entries(CITIES)) {
    const input = { name: `Hall of ${city}`, city, address: 'x', latitude, longitude }
    venues[city] = (await story.does(house.admin, CREATE_VENUE, { input })).id
  }
  for (const [key, { city, price, startsAt, ...event }] of Object.entries(EVENTS)) {
    const endsAt = new Date(Date.parse(startsAt) + 3_600_000).toISOString()
    const place = city ? { venueId: venues[city] } : { venueId: null, online: true }
    ids[key] = (await house.createApproved({ ...event, ...place, roomId: null, startsAt, endsAt })).id
    if (price) await tellPrice(ids[key] as string, price)
  }
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await ticket[Symbol.asyncDispose]()
})

const LIST = `query($filter: EventFilter, $orderBy: [EventOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  events(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
const keyOf = (id: string) => Object.keys(ids).find((key) => ids[key] === id)
const keysOf = (page: Loose): string => page.edges.map(({ node }: Loose) => keyOf(node.id)).join('')
const list = async (filter: Loose = {}, orderBy?: string | string[]) =>
  keysOf(await story.does(null, LIST, { filter, orderBy }))

describe('the order of a list', () => {
  const NEAR = { near: { latitude: -6.2, longitude: 106.8, radiusKm: 1_000 } }
  const orders: [orderBy: string[], expected: string, filter?: Loose][] = [
    [['TITLE_ASC'], 'dbceaf'],
    [['CITY_ASC', 'TITLE_DESC'], 'facbed'],
    [['CITY_ASC'], 'facbde'],
    [['CITY_DESC', 'STARTS_AT_ASC'], 'debacf'],
    [['CITY_DESC', 'CREATED_AT_ASC'], 'debacf'],
    [['PRICE_ASC', 'STARTS_AT_ASC'], 'bdacef'],
    [['PRICE_DESC'], 'cadbfe'],
    [['STARTS_AT_ASC', 'TITLE_ASC'], 'dcabef'],
    [['STARTS_AT_ASC', 'PRICE_DESC'], 'dcabef'],
    [['STARTS_AT_DESC', 'TITLE_ASC'], 'febcad'],
    [['CREATED_AT_ASC'], 'abcdef'],
    [['CREATED_AT_DESC', 'TITLE_ASC'], 'fedcba'],
    [['DISTANCE', 'TITLE_DESC'], 'baced', NEAR],
    [['POPULAR'], 'febcad'],
    [['RELEVANCE'], 'febcad'],
  ]

  it.each(orders)(
    '%j is walked in pages of two, both ways, without a gap or a repeat',
    async (orderBy, expected, filter = {}) => {
      const walk = async (forward: boolean) => {
        let seen = ''
        let cursor: string | null = null
        do {
          const bounds: Loose = forward ? { first: 2, after: cursor } : { last: 2, before: cursor }
          const page = await story.does(null, LIST, { filter, orderBy, ...bounds })
          seen = forward ? seen + keysOf(page) : keysOf(page) + seen
          const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo
          cursor = (forward ? hasNextPage : hasPreviousPage) ? (forward ? endCursor : startCursor) : null
        } while (cursor)
        return seen
      }
      expect(await walk(true)).toBe(expected)
      expect(await walk(false)).toBe(expected)
    },
  )

  it('may be one value, as before there were lists, and is said by a wrong one', async () => {
    expect(keysOf(await story.does(null, '{ events(orderBy: TITLE_DESC) { edges { node { id } } } }'))).toBe(
      'faecbd',
    )
    expect(keysOf(await story.does(null, '{ events(orderBy: []) { edges { node { id } } } }'))).toBe(
      await list(),
    )
    for (const orderBy of [['DISTANCE'], ['CITY_ASC', 'CITY_DESC'], ['POPULAR', 'POPULAR']])
      expect(await story.refused(null, LIST, { orderBy })).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'orderBy' }],
      })
    const cursor = (await story.does(null, LIST, { orderBy: ['CITY_ASC'] })).pageInfo.endCursor
    expect(
      await story.refused(null, LIST, { orderBy: ['CITY_ASC', 'TITLE_ASC'], after: cursor }),
    ).toMatchObject({
      fields: [{ path: 'after' }],
    })
  })
})

describe('a filter', () => {
  it('by price fits what has a range in common with it', async () => {
    expect(await list({ minPrice: 150_000 })).toBe('ac')
    expect(await list({ minPrice: 150_001 })).toBe('c')
    expect(await list({ maxPrice: 0 })).toBe('b')
    expect(await list({ minPrice: 0 })).toBe('dacb')
    expect(await list({ minPrice: 60_000, maxPrice: 100_000 })).toBe('a')
    expect(await list({ minPrice: 0, currency: 'USD' })).toBe('')
    expect(await list({ currency: 'IDR' })).toBe('dacbef')
    for (const [filter, path] of [
      [{ minPrice: -1 }, 'minPrice'],
      [{ minPrice: 2, maxPrice: 1 }, 'maxPrice'],
      [{ currency: 'XXQ' }, 'currency'],
    ] as const)
      expect(await story.refused(null, LIST, { filter })).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: `filter.${path}` }],
      })
  })

  it('by price goes by what was told last', async () => {
    await tellPrice(ids.d as string, [null, null])
    expect(await list({ maxPrice: 50_000 })).toBe('ab')
    await tellPrice(ids.d as string, [50_000, 50_000])
    expect(await list({ maxPrice: 50_000 })).toBe('dab')
  })

  it('by city takes a part of its name', async () => {
    expect(await list({ city: 'JAKARTA' })).toBe('b')
    expect(await list({ city: 'arta' })).toBe('dbe')
    expect(await list({ city: 'a' })).toBe('dacbe')
    expect(await list({ city: 'Surabaya' })).toBe('')
    expect(await list({ city: '%' })).toBe('')
  })

  it('by category takes an id, a slug or a name, and says when there is none', async () => {
    await story.does(
      house.organizer,
      `mutation($input: UpdateEventInput!) { updateEvent(input: $input) { id } }`,
      {
        input: {
          id: ids.a,
          categoryId: (await story.sql(`SELECT id FROM categories WHERE slug = 'konser'`))[0]?.id,
        },
      },
    )
    const [{ id }] = (await story.sql(`SELECT id FROM categories WHERE slug = 'konser'`)) as [Loose]
    for (const category of ['konser', 'Konser', ' KONSER ', id, id.toUpperCase()]) {
      expect(await list({ category })).toBe('a')
      expect(await list({ categoryId: category })).toBe('a')
    }
    for (const field of ['category', 'categoryId'])
      expect(await story.refused(null, LIST, { filter: { [field]: 'opera' } })).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: `filter.${field}`, message: 'there is no such category' }],
      })
  })

  it('by day is meant in the time zone of each event, the last day with it', async () => {
    expect(await list({ fromDate: '2031-12-31' })).toBe('ef')
    expect(await list({ toDate: '2031-12-30' })).toBe('dacb')
    expect(await list({ fromDate: '2031-12-31', toDate: '2031-12-31' })).toBe('ef')
    expect(await list({ fromDate: '2031-03-01', toDate: '2031-03-01' })).toBe('ac')
    expect(await list({ fromDate: '2032-01-01' })).toBe('')
    expect(
      await story.refused(null, LIST, { filter: { fromDate: '2031-12-31', toDate: '2031-12-30' } }),
    ).toMatchObject({
      fields: [{ path: 'filter.toDate' }],
    })
    for (const day of ['2031-02-30', '2031-1-1', '2031-12-31T00:00:00Z', ''])
      expect((await story.ask(null, LIST, { filter: { fromDate: day } })).code).toBe('BAD_USER_INPUT')
  })

  it('by a radius fits what is within it, also across the date line', async () => {
    const near = (latitude: number, longitude: number, radiusKm: number) => ({
      near: { latitude, longitude, radiusKm },
    })
    expect(await list(near(-6.2, 106.8, 20))).toBe('b')
    expect(await list(near(-6.2, 106.8, 130))).toBe('acb')
    expect(await list({ ...near(-6.2, 106.8, 130), city: 'bandung', minPrice: 200_000 })).toBe('c')
    expect(await list(near(6, -73, 20_038))).toBe('dacbe')
    await story.does(
      house.admin,
      'mutation($input: UpdateVenueInput!) { updateVenue(input: $input) { id } }',
      {
        input: {
          id: (await story.sql(`SELECT id FROM venues WHERE city = 'Jakarta Selatan'`))[0]?.id,
          latitude: -17,
          longitude: 179.9,
        },
      },
    )
    expect(await list(near(-17, -179.9, 30))).toBe('b')
    for (const wrong of [near(91, 0, 1), near(0, 181, 1), near(0, 0, 0), near(0, 0, 30_000)])
      expect((await story.refused(null, LIST, { filter: wrong })).code).toBe('BAD_USER_INPUT')
  })
})

describe('what there is to choose from', () => {
  const FACETS = `query($filter: EventFilter) { facets(filter: $filter) { total categories { category { slug } count } cities { city count }
    prices { from to currency count } months { month count } online { online count } } }`
  const facets = (filter: Loose = {}): Promise<Loose> => story.does(null, FACETS, { filter })

  it('is counted under all filters but the own one of each', async () => {
    const all = await facets()
    expect(all).toMatchObject({
      total: 6,
      cities: [
        { city: 'Bandung', count: 2 },
        { city: 'Yogyakarta', count: 2 },
        { city: 'Jakarta Selatan', count: 1 },
      ],
      prices: [
        { from: 0, to: 0, currency: 'IDR', count: 1 },
        { from: 50_000, to: 99_999, count: 2 },
        { from: 100_000, to: 199_999, count: 1 },
      ],
      months: [
        { month: '2031-02', count: 1 },
        { month: '2031-03', count: 3 },
        { month: '2031-12', count: 2 },
      ],
      online: [
        { online: false, count: 5 },
        { online: true, count: 1 },
      ],
    })
    expect(all.categories.map(({ count }: Loose) => count)).toEqual([5, 1])
    const some = await facets({ city: 'bandung', minPrice: 200_000, category: house.category.id })
    expect(some).toMatchObject({ total: 1, months: [{ month: '2031-03', count: 1 }] })
    expect(some.cities).toEqual([{ city: 'Bandung', count: 1 }]) // nowhere else is anything so dear
    expect(some.prices).toMatchObject([{ from: 100_000, count: 1 }])
    expect((await facets({ city: 'bandung' })).cities).toEqual(all.cities)
    expect(await facets({ search: 'batik' })).toMatchObject({ total: 2 })
    expect(await facets({ status: 'COMPLETED' })).toMatchObject({ total: 0, categories: [], online: [] })
    expect(await facets({ near: { latitude: -6.9, longitude: 107.6, radiusKm: 20 } })).toMatchObject({
      total: 2,
    })
  })

  it('counts as a search, of which there may be three in one request', async () => {
    const four = `{ ${[1, 2, 3, 4].map((n) => `f${n}: facets { total }`).join(' ')} }`
    expect((await story.ask(null, four)).code).toBe('BAD_USER_INPUT')
  })
})

describe('a search', () => {
  const search = async (text: string, orderBy: string | string[] = 'RELEVANCE', filter: Loose = {}) =>
    (await story.does(null, TITLES, { filter: { search: text, ...filter }, orderBy })).edges.map(
      ({ node }: Loose) => node.title,
    )
  const TITLES = `query($filter: EventFilter, $orderBy: [EventOrder!]) {
    events(filter: $filter, orderBy: $orderBy) { totalCount edges { node { title } } } }`
  const startsAt = '2032-05-01T10:00:00Z'
  const later = { startsAt: '2032-06-01T10:00:00Z', endsAt: '2032-06-01T11:00:00Z', roomId: null }

  beforeAll(async () => {
    const at = { startsAt, endsAt: '2032-05-01T11:00:00Z', roomId: null }
    const add = (title: string, description: string, more: Loose = at) =>
      house.createApproved({ title, description, ...more })
    await add('Pameran Lukisan', 'Seniman muda melukis di tempat, dan konser kecil di malam hari.')
    await add('Konser Senja', 'Musik pop di tepi pantai.', later)
    await add('Running with Foxes', 'A race through the woods for all who run, dan permainan rakyat.')
    await add('Orkestra Gamelan', 'Tarian dan gamelan dari Bali.')
    await add('Orkestra Gamelan Malam', 'Tarian dan gamelan dari Bali.', later)
    await learnNewWords(story.subgraph.deps)
  })

  it('finds the forms of a word in Indonesian and in English, and its beginning', async () => {
    expect(await search('lukis')).toEqual(['Pameran Lukisan'])
    expect(await search('pelukis')).toEqual(['Pameran Lukisan'])
    expect(await search('bermain')).toEqual(['Running with Foxes'])
    expect(await search('fox runs')).toEqual(['Running with Foxes'])
    expect(await search('orkes gam')).toEqual(
      expect.arrayContaining(['Orkestra Gamelan', 'Orkestra Gamelan Malam']),
    )
  })

  it('finds what is mistyped, and what is within a word, where little else is found', async () => {
    for (const typo of ['gamelna', 'gamlan', 'gammelan', 'orkrestra gamelan', 'gam3lan', 'melan'])
      expect(await search(typo), typo).toEqual(expect.arrayContaining(['Orkestra Gamelan']))
    expect(await search('xylophone')).toEqual([])
    expect(await search("gamelna 'bal' %_\\ | !")).toEqual(expect.arrayContaining(['Orkestra Gamelan']))
  })

  it('puts what has a word in its title before what has it in its description, then the soonest first', async () => {
    expect(await search('konser')).toEqual(['Konser Senja', 'Pameran Lukisan'])
    expect(await search('konser', 'STARTS_AT_ASC')).toEqual(['Pameran Lukisan', 'Konser Senja'])
    expect(await search('konsr')).toEqual(['Konser Senja', 'Pameran Lukisan'])
    expect(await search('gamelan bali', ['RELEVANCE'])).toEqual([
      'Orkestra Gamelan',
      'Orkestra Gamelan Malam',
    ])
  })

  it('is walked by relevance without a gap or a repeat, beside other filters', async () => {
    const filter = {
      search: 'malam gamelan',
      fromDate: '2032-05-01',
      near: { latitude: -6.2, longitude: 106.8, radiusKm: 100 },
    }
    const page = await story.does(null, LIST, { filter, orderBy: ['RELEVANCE'], first: 1 })
    expect(page).toMatchObject({ totalCount: 1, pageInfo: { hasNextPage: false } })
    const seen: string[] = []
    let after: string | null = null
    do {
      const next: Loose = await story.does(
        null,
        TITLES.replace('orderBy: $orderBy', 'orderBy: $orderBy, first: 1, after: $after')
          .replace('$filter: EventFilter', '$filter: EventFilter, $after: String')
          .replace('totalCount', 'totalCount pageInfo { hasNextPage endCursor }'),
        {
          filter: { search: 'gamelan' },
          orderBy: ['RELEVANCE'],
          after,
        },
      )
      seen.push(...next.edges.map(({ node }: Loose) => node.title))
      after = next.pageInfo.hasNextPage ? next.pageInfo.endCursor : null
    } while (after)
    expect(seen).toEqual(['Orkestra Gamelan', 'Orkestra Gamelan Malam'])
  })
})

describe('events of before there were listings', () => {
  it('are given theirs, and their prices are asked for', async () => {
    await story.sql('DELETE FROM event_listings')
    await story.sql('UPDATE event_texts SET document = NULL')
    await story.sql(
      `INSERT INTO event_fills SELECT what, '00000000-0000-0000-0000-000000000000' FROM unnest(ARRAY['listings', 'texts', 'prices']) what`,
    )
    prices = [{ eventId: ids.c, currency: 'IDR', priceFrom: 10, priceTo: 20 }]
    // The job of the running subgraph may be at it.
    await eventually(async () => {
      await fillListings(story.subgraph.deps)
      expect(await story.sql('SELECT FROM event_fills')).toEqual([])
    })
    expect(await list({ toDate: '2031-12-31' }, 'TITLE_ASC')).toBe('dbceaf')
    expect(await list({ search: 'angklung' })).toBe('d')
    expect(await list({ minPrice: 1 })).toBe('c')
  })
})

describe('a fresh platform', () => {
  it('has the categories that people look for', async () => {
    const names = (await story.does(null, '{ categories { name } }')).map(({ name }: Loose) => name)
    expect(names).toEqual(expect.arrayContaining(['Seminar', 'Konser', 'Horror', 'Komedi', 'Olahraga']))
  })
})
