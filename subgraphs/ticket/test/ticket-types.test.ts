import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { saleStatus } from '../src/domain/inventory/ticket-type.ts'
import { expectBooksToBalance, takeOutGuard } from './races.ts'
import { eventFacts, startStory } from './stories.ts'

const CREATE = `mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) {
  id name kind price currency quota sold held available saleStatus seated maxPerUser saleStartsAt saleEndsAt section event { id } } }`
const UPDATE = `mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) {
  name price quota available maxPerUser saleEndsAt section } }`
const DELETE = 'mutation ($id: ID!) { deleteTicketType(id: $id) { id } }'

describe('a ticket type', () => {
  it('is made by the organizer of its event, in the currency of the event', async () => {
    await using story = await startStory()
    const eventId = await story.event({ currency: 'USD' })
    const input = {
      eventId,
      name: ' Early bird ',
      kind: 'PAID',
      price: 1250,
      quota: 50,
      maxPerUser: 4,
      saleStartsAt: '2026-11-01T10:00:00+07:00',
      saleEndsAt: '2126-11-01T10:00:00+07:00',
      section: 'Lawn',
    }
    const { data } = await story.ask(story.organizer, CREATE, { input })
    expect(data.createTicketType).toMatchObject({
      name: 'Early bird',
      kind: 'PAID',
      price: 1250,
      currency: 'USD',
      quota: 50,
      sold: 0,
      held: 0,
      available: 50,
      saleStatus: 'ON_SALE',
      seated: false,
      maxPerUser: 4,
      saleStartsAt: '2026-11-01T03:00:00.000Z',
      section: 'Lawn',
      event: { id: eventId },
    })
    expect((await story.ask(story.admin, CREATE, { input })).code).toBeUndefined()
    expect((await story.ask(person({ role: 'ORGANIZER' }), CREATE, { input })).code).toBe('FORBIDDEN')
    expect((await story.ask(person(), CREATE, { input })).code).toBe('FORBIDDEN')
    expect((await story.ask(null, CREATE, { input })).code).toBe('UNAUTHENTICATED')
    expect((await story.ask(story.organizer, CREATE, { input: { ...input, eventId: newId() } })).code).toBe(
      'NOT_FOUND',
    )
    const over = await story.event({ endsAt: new Date(Date.now() - 1000).toISOString() })
    expect((await story.ask(story.organizer, CREATE, { input: { ...input, eventId: over } })).code).toBe(
      'EVENT_NOT_BOOKABLE',
    )
  })

  it('is checked field by field, all at once', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const paths = async (input: object) => {
      const { code, facts } = await story.ask(story.organizer, CREATE, {
        input: { eventId, name: 'X', kind: 'PAID', price: 1, quota: 1, ...input },
      })
      return [code, ...(facts.fields ?? []).map((field: { path: string }) => field.path)]
    }
    expect(await paths({ eventId: 'x', name: ' ', quota: 0, maxPerUser: 0, price: -1 })).toEqual([
      'BAD_USER_INPUT',
      ...['name', 'quota', 'maxPerUser', 'eventId', 'price'].map((field) => `input.${field}`),
    ])
    expect(await paths({ price: 0 })).toEqual(['BAD_USER_INPUT', 'input.price'])
    expect(await paths({ kind: 'FREE', price: 5 })).toEqual(['BAD_USER_INPUT', 'input.price'])
    expect(await paths({ saleStartsAt: '2026-01-02T00:00:00Z', saleEndsAt: '2026-01-01T00:00:00Z' })).toEqual(
      ['BAD_USER_INPUT', 'input.saleEndsAt'],
    )
    expect(await paths({ kind: 'FREE', price: undefined })).toEqual([undefined])
    expect(await paths({ kind: 'DONATION', price: 0 })).toEqual([undefined])
  })

  it('can be changed, what is left out stays, and null clears', async () => {
    await using story = await startStory()
    const id = await story.ticketType(await story.event(), { maxPerUser: 3, section: 'Lawn' })
    const change = async (input: object) =>
      await story.ask(story.organizer, UPDATE, { input: { id, ...input } })
    expect((await change({ name: 'Late', maxPerUser: null })).data.updateTicketType).toEqual({
      name: 'Late',
      price: 100_000,
      quota: 100,
      available: 100,
      maxPerUser: null,
      saleEndsAt: null,
      section: 'Lawn',
    })
    expect((await change({ price: 0 })).facts.fields).toMatchObject([{ path: 'input.price' }])
    expect((await story.ask(person({ role: 'ORGANIZER' }), UPDATE, { input: { id } })).code).toBe('FORBIDDEN')
    expect((await story.ask(story.organizer, UPDATE, { input: { id: newId() } })).code).toBe('NOT_FOUND')
  })

  it('has a price that the event subgraph is told of, as far as buyers see it; a sale tells of none', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const told = async () => {
      const rows = await story.sql(
        `SELECT payload->'priceFrom' AS low, payload->'priceTo' AS high FROM kit.outbox
         WHERE type = 'ticket.prices-changed' AND consumer = 'event' AND aggregate_id = '${eventId}' ORDER BY seq`,
      )
      return rows.map(({ low, high }) => [low, high])
    }
    const cheap = await story.ticketType(eventId, { price: 50_000 })
    const dear = await story.ticketType(eventId, { price: 200_000 })
    await story.ticketType(eventId, { price: 900_000, hidden: true })
    const change = (input: object) => story.ask(story.organizer, UPDATE, { input })
    await change({ id: dear, price: 300_000 })
    await change({ id: cheap, name: 'Cheap', quota: 90 })
    await story.holdTickets(person(), cheap, 1)
    await change({ id: dear, hidden: true })
    await story.ask(story.organizer, DELETE, { id: dear })
    expect(await told()).toEqual([
      [50_000, 50_000],
      [50_000, 200_000],
      [50_000, 200_000],
      [50_000, 300_000],
      [50_000, 50_000],
      [50_000, 50_000],
    ])
    const ASK = 'query($ids: [ID!]!) { priceRanges(eventIds: $ids) { eventId currency priceFrom priceTo } }'
    const { data } = await story.ask(null, ASK, { ids: [eventId, newId()] }, 'event')
    expect(data.priceRanges).toEqual([{ eventId, currency: 'IDR', priceFrom: 50_000, priceTo: 50_000 }])
    expect((await story.ask(null, ASK, { ids: [eventId] })).code).toBe('FORBIDDEN')
  })

  it('never has a quota below what is sold and held, also when both come at once', async () => {
    await using story = await startStory()
    const id = await story.ticketType(await story.event(), { quota: 20 })
    const outcomes = await Promise.all([
      ...Array.from({ length: 10 }, () => story.holdTickets(person(), id, 2)),
      story.ask(story.organizer, UPDATE, { input: { id, quota: 7 } }),
    ])
    expect(outcomes.length).toBe(11)
    const { held, quota, available } = await story.stock(id)
    expect(held + available).toBe(quota)
    const { code, facts } = await story.ask(story.organizer, UPDATE, { input: { id, quota: 1 } })
    expect({ code, facts }).toEqual({ code: 'CONFLICT', facts: { least: held } })
    await expectBooksToBalance(story)
  })

  it('can be deleted while nothing is sold or held (guard: the DELETE asks)', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const [free, held, seated] = [
      await story.ticketType(eventId),
      await story.ticketType(eventId),
      (await story.hall(1, 2)).typeId,
    ]
    const { id } = (await story.holdTickets(person(), held, 1)).data.holdTickets
    expect((await story.ask(person({ role: 'ORGANIZER' }), DELETE, { id: free })).code).toBe('FORBIDDEN')
    expect((await story.ask(story.organizer, DELETE, { id: free })).data.deleteTicketType.id).toBe(free)
    expect((await story.ask(story.organizer, DELETE, { id: free })).code).toBe('NOT_FOUND')
    expect((await story.ask(story.organizer, DELETE, { id: held })).code).toBe('CONFLICT')
    expect((await story.ask(story.organizer, DELETE, { id: seated })).code).toBe('CONFLICT')
    await story.lapse(id)
    expect((await story.ask(story.organizer, DELETE, { id: held })).code).toBeUndefined()

    const other = await story.ticketType(eventId)
    await story.holdTickets(person(), other, 1)
    const guard = takeOutGuard(story.deps, 'AND sold = 0 AND held = 0', '')
    expect((await story.ask(story.organizer, DELETE, { id: other })).code).toBeUndefined()
    expect(guard.count).toBe(1)
  })

  it('is on sale by its own window and by its event', () => {
    const at = (hours: number) => new Date(Date.UTC(2026, 0, 1, hours))
    const terms = {
      eventStatus: 'APPROVED',
      eventEndsAt: at(20),
      salesPaused: false,
      saleStartsAt: at(8),
      saleEndsAt: at(18),
      available: 1,
    }
    expect(saleStatus(terms, at(7))).toBe('UPCOMING')
    expect(saleStatus(terms, at(8))).toBe('ON_SALE')
    expect(saleStatus({ ...terms, available: 0 }, at(9))).toBe('SOLD_OUT')
    expect(saleStatus(terms, at(18))).toBe('ENDED')
    expect(saleStatus({ ...terms, saleEndsAt: null }, at(19))).toBe('ON_SALE')
    expect(saleStatus({ ...terms, saleEndsAt: null }, at(20))).toBe('ENDED')
    expect(saleStatus({ ...terms, eventStatus: 'PENDING' }, at(9))).toBe('CLOSED')
  })

  it('follows its event: what is newer counts, what is older is passed by', async () => {
    await using story = await startStory()
    const eventId = await story.event({ version: 5 })
    const id = await story.ticketType(eventId)
    const status = async () =>
      (await story.mustAsk(null, 'query ($id: ID!) { ticketType(id: $id) { saleStatus } }', { id }))
        .ticketType.saleStatus
    await story.tellOfEvent(eventFacts(story.organizer.id, { id: eventId, version: 4, status: 'PENDING' }))
    expect(await status()).toBe('ON_SALE')
    await story.tellOfEvent(eventFacts(story.organizer.id, { id: eventId, version: 6, status: 'CANCELLED' }))
    expect(await status()).toBe('CLOSED')
  })
})
