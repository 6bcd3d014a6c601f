import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { countingQueries } from './counting-queries.ts'
import { expectBooksToBalance } from './races.ts'
import { startStory } from './stories.ts'

const CREATE = `mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { eventId revision focal { x y }
  sections { name seatCount ticketType { name quota available seated } } } }`
const SEATS = `query ($eventId: ID!) { seatMap(eventId: $eventId) { revision seats {
  id section row number status accessible x y ticketType { id price } } } }`
const change = (what: string) =>
  `mutation ($eventId: ID!, $seatIds: [ID!]!) { ${what}(eventId: $eventId, seatIds: $seatIds) { id status } }`

describe('a seat map', () => {
  it('is made of sections in two price tiers; the seats of a type are its quota', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const [vip, regular] = [
      await story.ticketType(eventId, { name: 'VIP', price: 9 }),
      await story.ticketType(eventId, { name: 'Regular' }),
    ]
    const sections = [
      {
        name: 'Front',
        ticketTypeId: vip,
        rows: 2,
        seatsPerRow: 10,
        rowLabels: ['V1', 'V2'],
        accessible: [{ row: 'V1', number: 1 }],
      },
      { name: 'Back', ticketTypeId: regular, rows: 28, seatsPerRow: 20, blocked: [{ row: 'AA', number: 2 }] },
    ]
    const { data } = await story.ask(story.organizer, CREATE, {
      input: { eventId, sections, focal: { x: 0, y: -3 } },
    })
    expect(data.createSeatMap).toEqual({
      eventId,
      revision: 1,
      focal: { x: 0, y: -3 },
      sections: [
        { name: 'Front', seatCount: 20, ticketType: { name: 'VIP', quota: 20, available: 20, seated: true } },
        {
          name: 'Back',
          seatCount: 560,
          ticketType: { name: 'Regular', quota: 559, available: 559, seated: true },
        },
      ],
    })
    const { seats } = (await story.mustAsk(null, SEATS, { eventId })).seatMap
    expect(seats).toHaveLength(580)
    expect(seats[0]).toMatchObject({
      section: 'Front',
      row: 'V1',
      number: 1,
      status: 'AVAILABLE',
      accessible: true,
      x: -5,
      y: 0,
      ticketType: { id: vip, price: 9 },
    })
    expect(seats[20 + 26 * 20 + 1]).toMatchObject({
      section: 'Back',
      row: 'AA',
      number: 2,
      status: 'BLOCKED',
      accessible: false,
      x: -9,
      y: 30,
    })
    await expectBooksToBalance(story)
  })

  it('of five thousand seats is read in as many queries as one of ten', async () => {
    await using story = await startStory()
    const [small, large] = [await story.hall(1, 10), await story.hall(50, 100)]
    const cost = async (eventId: string) => {
      const queries = countingQueries(story.deps)
      expect((await story.mustAsk(null, SEATS, { eventId })).seatMap.seats.length).toBeGreaterThan(9)
      return queries
    }
    expect(await cost(small.eventId)).toHaveLength(3)
    expect(await cost(large.eventId)).toHaveLength(3)
  })

  it('may have a hundred thousand seats, and not one more', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const sections = (rows: number) => [
      { name: 'A', ticketTypeId: typeId, rows: 250, seatsPerRow: 200 },
      { name: 'B', ticketTypeId: typeId, rows, seatsPerRow: 200 },
    ]
    expect(
      (await story.ask(story.organizer, CREATE, { input: { eventId, sections: sections(251) } })).facts
        .fields,
    ).toMatchObject([{ path: 'input.sections' }])
    expect(
      (await story.ask(story.organizer, CREATE, { input: { eventId, sections: sections(250) } })).code,
    ).toBeUndefined()
    expect((await story.stock(typeId)).quota).toBe(100_000)

    // Line 15: one map is answered; several are only while they are not more than the largest one.
    const other = await story.hall(1, 2)
    const maps =
      'query ($a: ID!, $b: ID!) { a: seatMap(eventId: $a) { seats { id } } b: seatMap(eventId: $b) { seats { id } } }'
    expect((await story.ask(null, maps, { a: eventId, b: other.eventId })).facts.fields).toEqual([
      { path: 'seats', message: expect.stringContaining('ask for fewer maps at once') },
    ])

    // The same one twice is two: each is made and sent in full.
    const twice = await story.ask(null, maps, { a: eventId, b: eventId })
    expect(twice).toMatchObject({ code: 'BAD_USER_INPUT', facts: { mostObjects: 200_000 } })

    // Line 34: what a client draws of the largest map is one answer; what is more is said at once, with how to ask.
    const map = async (seats: string, variables = {}) =>
      story.ask(
        null,
        `query ($eventId: ID!${'sectionIds' in variables ? ', $sectionIds: [ID!]' : ''}) { seatMap(eventId: $eventId) {
          revision sections { id name seatCount ticketType { id name price } } ${seats} } }`,
        { eventId, ...variables },
      )
    const drawn = await map('seats { id section row number status x y }')
    expect(drawn.data.seatMap.seats).toHaveLength(100_000)
    expect(JSON.stringify(drawn.data).length).toBeLessThan(15_500_000)
    const tooMuch =
      'seats { ticketType { id name price } ...all } } } fragment all on Seat { id section row number status heldUntil x y accessible'
    const query = `query ($eventId: ID!) { seatMap(eventId: $eventId) { ${tooMuch} }`
    const refused = await story.ask(null, query, { eventId })
    expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', facts: { fields: [{ path: 'seats' }] } })
    expect(refused.facts.fields[0].message).toContain('sections { name ticketType')
    const [first] = drawn.data.seatMap.sections
    const some = 'seats(sectionIds: $sectionIds) { id section ticketType { id name price } }'
    const part = (await map(some, { sectionIds: [first.id] })).data.seatMap.seats
    expect(part).toHaveLength(50_000)
    expect(part.at(-1)).toMatchObject({ section: 'A', ticketType: { id: typeId } })
    expect((await map(some, { sectionIds: [newId()] })).data.seatMap.seats).toEqual([])
    expect((await map(some, { sectionIds: ['x'] })).code).toBe('BAD_USER_INPUT')

    // A watcher is told so too.
    const watch = (seats: string) =>
      story.watch(
        `subscription ($eventId: ID!) { seatMapChanged(eventId: $eventId, sinceRevision: 0) { snapshot seats { ${seats} } } }`,
        { eventId },
      )
    const little = await watch('id status')
    expect((await little.until(() => true)).data.seatMapChanged.seats).toHaveLength(100_000)
    const all = await watch(
      'id section row number status heldUntil x y accessible ticketType { id name price }',
    )
    expect((await all.until(() => true)).errors[0].extensions.fields[0].message).toContain('sectionIds')
  })

  it('is checked field by field, all at once', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const foreign = await story.ticketType(await story.event())
    const paths = async (...sections: object[]) => {
      const base = { name: 'A', ticketTypeId: typeId, rows: 2, seatsPerRow: 2 }
      const { facts } = await story.ask(story.organizer, CREATE, {
        input: { eventId, sections: sections.map((section) => ({ ...base, ...section })) },
      })
      return facts.fields?.map((field: { path: string }) => field.path)
    }
    expect(await paths()).toEqual(['input.sections'])
    expect(await paths({ rows: 0, seatsPerRow: 501, name: '' })).toEqual(
      ['name', 'rows', 'seatsPerRow'].map((field) => `input.sections.0.${field}`),
    )
    expect(
      await paths(
        { ticketTypeId: foreign },
        { rowLabels: ['A'], accessible: [{ row: 'A', number: 3 }] },
        { rowLabels: ['A', 'A'], blocked: [{ row: 'C', number: 1 }] },
      ),
    ).toEqual([
      'input.sections.0.ticketTypeId',
      'input.sections.1.name',
      'input.sections.1.rowLabels',
      'input.sections.1.accessible.0',
      'input.sections.2.name',
      'input.sections.2.rowLabels',
      'input.sections.2.blocked.0',
    ])
  })

  it('is made once per event, by its organizer, of types that nobody has bought from', async () => {
    await using story = await startStory()
    const hall = await story.hall(1, 4)
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const input = { eventId, sections: [{ name: 'A', ticketTypeId: typeId, rows: 1, seatsPerRow: 4 }] }
    expect((await story.ask(person({ role: 'ORGANIZER' }), CREATE, { input })).code).toBe('FORBIDDEN')
    await story.holdTickets(person(), typeId, 1)
    expect((await story.ask(story.organizer, CREATE, { input })).code).toBe('CONFLICT')
    const again = { eventId: hall.eventId, sections: [{ ...input.sections[0], ticketTypeId: hall.typeId }] }
    expect((await story.ask(story.organizer, CREATE, { input: again })).code).toBe('CONFLICT')
    const quota = 'mutation ($id: ID!) { updateTicketType(input: { id: $id, quota: 9 }) { id } }'
    expect((await story.ask(story.organizer, quota, { id: hall.typeId })).code).toBe('CONFLICT')
    expect((await story.mustAsk(null, SEATS, { eventId })).seatMap).toBeNull()
  })

  it('lets its organizer block free seats and put them on sale again, all or none', async () => {
    await using story = await startStory()
    const { eventId, seat, typeId } = await story.hall(1, 6)
    await story.holdSeats(person(), eventId, [seat('A1')])
    const ask = (what: string, labels: string[], viewer = story.organizer) =>
      story.ask(viewer, change(what), { eventId, seatIds: labels.map(seat) })
    expect((await ask('blockSeats', ['A3'], person({ role: 'ORGANIZER' }))).code).toBe('FORBIDDEN')
    expect(await ask('blockSeats', ['A1', 'A3'])).toMatchObject({
      code: 'SEATS_UNAVAILABLE',
      facts: { seatIds: [seat('A1')] },
    })
    expect((await ask('blockSeats', ['A3', 'A4'])).data.blockSeats).toMatchObject([
      { status: 'BLOCKED' },
      { status: 'BLOCKED' },
    ])
    expect(await story.stock(typeId)).toEqual({ quota: 4, sold: 0, held: 1, available: 3 })
    expect((await story.holdSeats(person(), eventId, [seat('A3')])).code).toBe('SEATS_UNAVAILABLE')
    expect((await ask('unblockSeats', ['A4', 'A5'])).code).toBe('SEATS_UNAVAILABLE')
    expect((await ask('unblockSeats', ['A3', 'A4'])).code).toBeUndefined()
    expect(
      (await story.ask(story.organizer, change('blockSeats'), { eventId, seatIds: [newId()] })).code,
    ).toBe('NOT_FOUND')
    expect(await story.stock(typeId)).toEqual({ quota: 6, sold: 0, held: 1, available: 5 })
    await expectBooksToBalance(story)
  })
})

describe('the best seats', () => {
  it('are side by side, nearest the front centre, and one after the other for different buyers', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(2, 8)
    const labels = async (quantity: number) => {
      const { data } = await story.holdBest(person(), eventId, typeId, quantity)
      return data.holdBestSeats.seats.map((found: { id: string }) => found.id)
    }
    expect(await labels(2)).toEqual([seat('A4'), seat('A5')])
    expect(await labels(2)).toEqual([seat('B4'), seat('B5')])
    await expectBooksToBalance(story)
  })

  it('are found wherever they are left, with no more rows read than needed', async () => {
    await using story = await startStory()
    const { eventId, typeId, seats, seat } = await story.hall(40, 10)
    const block = async (rows: (row: string) => boolean) => {
      const seatIds = seats.filter(({ row }) => rows(row)).map(({ id }) => id)
      await story.mustAsk(story.organizer, change('blockSeats'), { eventId, seatIds })
    }
    const best = async (quantity: number) => {
      const { data } = await story.holdBest(person(), eventId, typeId, quantity)
      return data.holdBestSeats.seats.map(({ id }: { id: string }) => id)
    }
    await best(1) // where the rows stand is known from now on
    const queries = countingQueries(story.deps)
    expect(await best(2)).toEqual([seat('A6'), seat('A7')]) // A5 is taken
    const near = queries.length
    await block((row) => row >= 'B' && row < 'Z' && row.length === 1)
    queries.length = 0
    expect(await best(10)).toEqual(seats.filter(({ row }) => row === 'Z').map(({ id }) => id))
    expect(queries.length - near).toBe(2) // eight rows, eight more, sixteen more
  })

  it('go to forty buyers at once without anybody sharing or being turned away, until none are left', async () => {
    await using story = await startStory()
    const { eventId, typeId } = await story.hall(4, 10)
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => story.holdBest(person(), eventId, typeId, 1)),
    )
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([undefined]))
    const taken = answers.flatMap(({ data }) =>
      data.holdBestSeats.seats.map((seat: { id: string }) => seat.id),
    )
    expect(new Set(taken).size).toBe(40)
    const late = await story.holdBest(person(), eventId, typeId, 1)
    expect(late).toMatchObject({ code: 'SOLD_OUT', facts: { remaining: 0, adjacent: 0 } })
    await expectBooksToBalance(story)
  })

  it('are refused when no row has as many neighbours, for types without seats, and to other events', async () => {
    await using story = await startStory()
    const { eventId, typeId } = await story.hall(2, 3)
    expect(await story.holdBest(person(), eventId, typeId, 4)).toMatchObject({
      code: 'SOLD_OUT',
      facts: { remaining: 6, adjacent: 3 },
    })
    const general = await story.ticketType(eventId)
    expect((await story.holdBest(person(), eventId, general, 1)).facts.fields).toMatchObject([
      { path: 'input.ticketTypeId' },
    ])
    expect((await story.holdBest(person(), await story.event(), typeId, 1)).code).toBe('NOT_FOUND')
  })
})
