import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expectBooksToBalance, pileUp, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

const CREATE =
  'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id name saleEndsAt } }'
const UPDATE =
  'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { id name price quota } }'
const MAP = `mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) {
  sections { name seatCount ticketType { name } } seats { section row number accessible x y } } }`
const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()

/** The fields that are refused, with what is said of each. */
const problems = ({
  code,
  facts,
}: {
  code: string | undefined
  facts: { fields?: { path: string; message: string }[] }
}) => (code === 'BAD_USER_INPUT' ? facts.fields?.map(({ path, message }) => `${path}: ${message}`) : code)

const words = (story: Story) => ({
  create: async (eventId: string, input: object) =>
    problems(
      await story.ask(story.organizer, CREATE, {
        input: { eventId, name: 'A', kind: 'PAID', price: 5, quota: 1, ...input },
      }),
    ),
  update: async (id: string, input: object) =>
    problems(await story.ask(story.organizer, UPDATE, { input: { id, ...input } })),
  map: async (input: object) => problems(await story.ask(story.organizer, MAP, { input })),
})

describe('line 5: prices that can be held but never booked', () => {
  const most = Number.MAX_SAFE_INTEGER

  it('ten of a type, and all of them, come to a number that can be told', async () => {
    await using story = await startStory()
    const { create, update, map } = words(story)
    const eventId = await story.event()
    const tenth = Math.floor(most / 10)
    expect(await create(eventId, { price: most })).toEqual([
      `input.price: must be at most ${tenth} for so many tickets`,
    ])
    expect(await create(eventId, { price: tenth })).toBeUndefined()
    const many = Math.floor(most / 1_000_000)
    expect(await create(eventId, { price: many + 1, quota: 1_000_000 })).toEqual([
      `input.price: must be at most ${many} for so many tickets`,
    ])
    const id = await story.ticketType(eventId, { price: many, quota: 1_000 })
    expect(await update(id, { quota: 1_000_000 })).toBeUndefined()
    expect(await update(id, { quota: 1_000_001 })).toEqual(['input.quota: is too many at this price'])
    expect(await update(id, { price: many + 1 })).toEqual([
      `input.price: must be at most ${many} for so many tickets`,
    ])
    const seated = await story.ticketType(eventId, { name: 'Dear', price: tenth, quota: 10 })
    expect(
      await map({ eventId, sections: [{ name: 'A', ticketTypeId: seated, rows: 2, seatsPerRow: 6 }] }),
    ).toEqual([`input.sections: has too many seats for the price of Dear: at most ${Math.floor(most / 12)}`])
  })

  it('an error names only fields that were sent', async () => {
    await using story = await startStory()
    const { update } = words(story)
    const id = await story.ticketType(await story.event(), {
      saleStartsAt: inHours(2),
      saleEndsAt: inHours(4),
    })
    expect(await update(id, { saleStartsAt: inHours(5) })).toEqual([
      'input.saleStartsAt: must be before saleEndsAt',
    ])
    expect(await update(id, { saleEndsAt: inHours(1) })).toEqual([
      'input.saleEndsAt: must be after saleStartsAt',
    ])
    await story.sql(
      `UPDATE ticket_types SET sale_ends_at = NULL, sale_starts_at = now() + interval '90 days'`,
    )
    expect(await update(id, { name: 'Still' })).toBeUndefined()
  })
})

describe('line 12: null, texts and numbers, in plain words', () => {
  it('null clears what may be empty, and is refused where it would mean nothing', async () => {
    await using story = await startStory()
    const { update, create } = words(story)
    const eventId = await story.event()
    const id = await story.ticketType(eventId)
    const refused = 'cannot be null; leave it out to keep it'
    expect(await update(id, { name: null, price: null, quota: null })).toEqual(
      expect.arrayContaining(['name', 'price', 'quota'].map((field) => `input.${field}: ${refused}`)),
    )
    expect(
      await update(id, { section: null, maxPerUser: null, saleStartsAt: null, saleEndsAt: null }),
    ).toBeUndefined()
    expect(await create(eventId, { quota: 0, maxPerUser: 0, price: -1, name: '' })).toEqual([
      'input.name: must not be empty',
      'input.quota: must be at least 1',
      'input.maxPerUser: must be at least 1',
      'input.price: must not be negative',
    ])
    expect(await create(eventId, { saleStartsAt: '0001-01-01T00:00:00Z', section: 'a\u0007b' })).toEqual([
      'input.saleStartsAt: must be from 1900 to 2200',
      'input.section: must be one line without control characters',
    ])
  })

  it('ids mean the same in every case, in every operation', async () => {
    await using story = await startStory()
    const { update, create } = words(story)
    const eventId = await story.event()
    const id = await story.ticketType(eventId)
    const buyer = person()
    expect(await create(eventId.toUpperCase(), {})).toBeUndefined()
    expect(await update(id.toUpperCase(), { name: 'B' })).toBeUndefined()
    const bookingId = newId()
    const taken = await story.booking.take(buyer, bookingId.toUpperCase(), id.toUpperCase(), 1)
    expect((await story.booking.take(buyer, bookingId, id, 1)).data).toEqual(taken.data)
    const [ticketId] = (await story.booking.issue(bookingId.toUpperCase())).data.issueTickets.ticketIds
    const query = `query ($t: ID!, $e: ID!, $k: ID!) { ticketType(id: $t) { id } ticketTypesByEvent(eventId: $e) { id } ticket(id: $k) { id } }`
    const data = await story.mustAsk(buyer, query, {
      t: id.toUpperCase(),
      e: eventId.toUpperCase(),
      k: ticketId.toUpperCase(),
    })
    expect(data).toMatchObject({ ticketType: { id }, ticketTypesByEvent: [{}, {}], ticket: { id: ticketId } })
  })
})

describe('line 13: texts', () => {
  it('names are seen, turned by nobody, and stored in one form', async () => {
    await using story = await startStory()
    const { create, map } = words(story)
    const eventId = await story.event()
    for (const name of ['\u200B\u2060', '\u202Elive', 'a\u2066b', '\uD800', 'x'.repeat(121)])
      expect(await create(eventId, { name })).toEqual([expect.stringMatching(/^input\.name: must /)])
    const { data } = await story.ask(story.organizer, CREATE, {
      input: { eventId, name: '  Cafe\u0301   row ', kind: 'FREE', quota: 1 },
    })
    expect(data.createTicketType.name).toBe('Caf\u00E9 row')
    const ticketTypeId = data.createTicketType.id
    expect(
      await map({
        eventId,
        sections: [
          { name: 'A\u202E', ticketTypeId, rows: 1, seatsPerRow: 2, rowLabels: ['\u200B'] },
          { name: 'B', ticketTypeId, rows: 1, seatsPerRow: 2, blocked: [{ row: '\u0007', number: 1 }] },
        ],
      }),
    ).toEqual([
      'input.sections.0.name: must not contain characters that turn the direction of text',
      'input.sections.0.rowLabels.0: must not be empty',
      'input.sections.1.blocked.0.row: must be one line without control characters',
    ])
  })
})

describe('line 14: plans that make no sense', () => {
  it('a sale begins before the event ends, and ends with it at the latest', async () => {
    await using story = await startStory()
    const { create, update } = words(story)
    const endsAt = inHours(26)
    const eventId = await story.event({ endsAt })
    expect(await create(eventId, { saleStartsAt: endsAt })).toEqual([
      'input.saleStartsAt: must be before the event ends',
    ])
    const { data } = await story.ask(story.organizer, CREATE, {
      input: { eventId, name: 'A', kind: 'FREE', quota: 1, saleEndsAt: inHours(900) },
    })
    expect(data.createTicketType.saleEndsAt).toBe(endsAt)
    expect(await update(data.createTicketType.id, { saleStartsAt: inHours(30) })).toEqual([
      'input.saleStartsAt: must be before the event ends',
    ])
  })

  it('an event is never planned for more people than its room holds, however many plan at once', async () => {
    await using story = await startStory()
    const { create, update, map } = words(story)
    const eventId = await story.event({ capacity: 100 })
    const planned = await Promise.all(Array.from({ length: 6 }, () => create(eventId, { quota: 30 })))
    expect(planned.filter((outcome) => outcome === undefined)).toHaveLength(3)
    expect(planned.find((outcome) => outcome !== undefined)).toEqual([
      'input.quota: must be at most 10: the room holds 100, and 90 are planned already',
    ])
    const [first] = await story.sql('SELECT id FROM ticket_types ORDER BY id LIMIT 1')
    expect(await update(first.id, { quota: 41 })).toEqual([
      'input.quota: must be at most 40: the room holds 100, and 60 are planned already',
    ])
    const section = { name: 'A', ticketTypeId: first.id, rows: 1, seatsPerRow: 41 }
    expect(await map({ eventId, sections: [section] })).toEqual([
      'input.sections: must have at most 40 seats in all: the room holds 100, and 60 are planned already',
    ])
    expect(await map({ eventId, sections: [{ ...section, seatsPerRow: 40 }] })).toBeUndefined()
    expect(await create(eventId, { quota: 1 })).toEqual([
      'input.quota: must be at most 0: the room holds 100, and 100 are planned already',
    ])
    await expectBooksToBalance(story)
  })

  it('of two who plan at once the second finds what the first has planned (guard: the lock on the event)', async () => {
    const both = async (story: Story) => {
      const { create } = words(story)
      const eventId = await story.event({ capacity: 100 })
      await story.ticketType(eventId, { quota: 1 })
      const start = () => create(eventId, { quota: 60 })
      const steps = [1, 2].map((waiting) => ({ start, waiting }))
      return pileUp(story, 'LOCK TABLE ticket_types IN SHARE MODE', ...steps)
    }
    await using story = await startStory()
    expect((await both(story)).filter((outcome) => outcome === undefined)).toHaveLength(1)
    const guard = takeOutGuard(story.deps, '::uuid FOR NO KEY UPDATE', '::uuid')
    expect((await both(story)).filter((outcome) => outcome === undefined)).toHaveLength(2)
    expect(guard.count).toBeGreaterThan(0)
  })

  it('what was planned for a larger room may be lowered', async () => {
    await using story = await startStory()
    const { update } = words(story)
    const eventId = await story.event()
    const id = await story.ticketType(eventId, { quota: 500 })
    await story.sql(`UPDATE event_copies SET capacity = 100 WHERE id = '${eventId}'`)
    expect(await update(id, { quota: 300 })).toBeUndefined()
    expect(await update(id, { quota: 301 })).toEqual([
      'input.quota: must be at most 100: the room holds 100, and 0 are planned already',
    ])
  })

  it('an event has a hundred ticket types at most (line 15: every list is bounded)', async () => {
    await using story = await startStory()
    const { create } = words(story)
    const eventId = await story.event()
    await story.ticketType(eventId)
    await story.sql(`INSERT INTO ticket_types (id, event_id, name, kind, price, currency, quota, available)
      SELECT gen_random_uuid(), event_id, name, kind, price, currency, quota, available FROM ticket_types, generate_series(1, 98)`)
    expect(await create(eventId, {})).toBeUndefined()
    expect(await create(eventId, {})).toBe('CONFLICT')
  })

  it('two sections never stand in one place', async () => {
    await using story = await startStory()
    const { map } = words(story)
    const eventId = await story.event()
    const ticketTypeId = await story.ticketType(eventId)
    const section = (name: string, origin?: object) => ({
      name,
      ticketTypeId,
      rows: 3,
      seatsPerRow: 4,
      origin,
    })
    const at = (x: number, y: number) => ({ x, y })
    expect(await map({ eventId, sections: [section('A', at(0, 0)), section('B', at(3, 2))] })).toEqual([
      'input.sections.1.origin: puts seats where A has some',
    ])
    expect(
      await map({ eventId, sections: [section('A'), section('B', at(-2, 0)), section('C', at(-2, 5))] }),
    ).toEqual(['input.sections.1.origin: puts seats where A has some'])
    expect(
      await map({
        eventId,
        sections: [section('A', at(0, 0)), section('B', at(4, 0)), section('C', at(0, 3)), section('D')],
      }),
    ).toBeUndefined()
  })
})

describe("users missed: a seat map from the room's own layout", () => {
  const layout = {
    sections: [
      {
        name: 'Front',
        rows: 1,
        seatsPerRow: 4,
        rowLabels: ['A'],
        accessibleSeats: [{ row: 'A', number: 2 }],
        priceTier: 'VIP',
      },
      { name: 'Back', rows: 2, seatsPerRow: 6, rowLabels: ['B', 'C'], accessibleSeats: [], priceTier: null },
    ],
  }

  async function theatre(story: Story) {
    const roomId = newId()
    story.neighbours.layouts.set(roomId, layout)
    const eventId = await story.event({ roomId, capacity: 16 })
    return { roomId, eventId }
  }

  it('has its sections, rows and accessible seats; sections are sold as the tiers say, or as their price tier is called', async () => {
    await using story = await startStory()
    const { eventId } = await theatre(story)
    await story.ticketType(eventId, { name: 'vip', quota: 1 })
    const regular = await story.ticketType(eventId, { name: 'Regular', quota: 1 })
    const { map } = words(story)
    expect(await map({ eventId })).toEqual(['input.tiers: must say as what these sections are sold: Back'])
    expect(
      await map({
        eventId,
        tiers: [
          { section: 'Balcony', ticketTypeId: regular },
          { section: 'Back', ticketTypeId: newId() },
        ],
      }),
    ).toEqual([
      "input.tiers.0.section: is not a section of the event's room",
      'input.tiers.1.ticketTypeId: is not a ticket type of this event',
    ])
    const tiers = [{ section: 'Back', ticketTypeId: regular }]
    const { createSeatMap } = await story.mustAsk(story.organizer, MAP, { input: { eventId, tiers } })
    expect(createSeatMap.sections).toEqual([
      { name: 'Front', seatCount: 4, ticketType: { name: 'vip' } },
      { name: 'Back', seatCount: 12, ticketType: { name: 'Regular' } },
    ])
    expect(createSeatMap.seats[1]).toMatchObject({ section: 'Front', row: 'A', number: 2, accessible: true })
  })

  it('is sold as the only type that there is, and needs a room that has one', async () => {
    await using story = await startStory()
    const { eventId } = await theatre(story)
    await story.ticketType(eventId, { name: 'All', quota: 1 })
    const { map } = words(story)
    expect(await map({ eventId })).toBeUndefined()
    const bare = await story.event()
    await story.ticketType(bare)
    expect(await map({ eventId: bare })).toBe('CONFLICT')
    const other = await theatre(story)
    story.neighbours.layouts.delete(other.roomId)
    expect(await map({ eventId: other.eventId })).toBe('CONFLICT')
    story.neighbours.away = true
    expect(await map({ eventId: other.eventId })).toBe('SERVICE_UNAVAILABLE')
  })
})
