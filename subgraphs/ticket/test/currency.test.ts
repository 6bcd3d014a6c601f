import { priceRange } from '../src/domain/inventory/ticket-type.ts'
import { findTicketTypesOfEvents } from '../src/domain/inventory/ticket-type-store.ts'
import { describe, expect, it } from 'vitest'
import { eventFacts, type Story, startStory } from './stories.ts'

const CREATE = 'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id currency } }'

const create = (story: Story, eventId: string, input: object = {}) =>
  story.ask(story.organizer, CREATE, {
    input: { eventId, name: 'A', kind: 'PAID', price: 5, quota: 1, ...input },
  })

describe('line 4: two currencies in one price range', () => {
  it('the first ticket type fixes the currency where events are kept, and all others have the same', async () => {
    await using story = await startStory()
    const eventId = await story.event({ currency: 'USD' })
    // The organizer has just changed it, which the copy here has not heard of.
    story.neighbours.events.set(eventId, eventFacts(story.organizer.id, { id: eventId, version: 2 }))
    expect((await create(story, eventId)).data.createTicketType.currency).toBe('IDR')
    story.neighbours.events.set(
      eventId,
      eventFacts(story.organizer.id, { id: eventId, version: 3, currency: 'USD' }),
    )
    expect((await create(story, eventId)).data.createTicketType.currency).toBe('IDR')
    expect(story.neighbours.asked.filter((what) => what.startsWith('fixCurrency'))).toEqual([
      `fixCurrency ${eventId}`,
    ])
  })

  it('what nothing can charge is refused when the type is made, with what can be charged', async () => {
    await using story = await startStory()
    const eventId = await story.event({ currency: 'GBP' })
    for (const kind of ['PAID', 'DONATION']) {
      expect((await create(story, eventId, { kind })).facts.fields).toEqual([
        {
          path: 'input.eventId',
          message: 'is priced in GBP, which no payment method charges: IDR and USD can be charged',
        },
      ])
    }
    expect((await create(story, eventId, { kind: 'FREE', price: 0 })).code).toBeUndefined()
    expect((await create(story, await story.event({ currency: 'USD' }))).code).toBeUndefined()
    expect(story.neighbours.asked.filter((what) => what === 'chargeableCurrencies')).toHaveLength(1)
  })

  it('is told apart from a neighbour that does not answer', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    story.neighbours.away = true
    expect((await create(story, eventId)).code).toBe('SERVICE_UNAVAILABLE')
    story.neighbours.away = false
    expect((await create(story, eventId)).code).toBeUndefined()
  })

  it('a range of prices from before has one currency all the same', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    await create(story, eventId, { price: 150_000 })
    const dollars = (await create(story, eventId)).data.createTicketType.id
    await story.sql(`UPDATE ticket_types SET currency = 'USD' WHERE id = '${dollars}'`)
    const types = (await findTicketTypesOfEvents(story.deps.db, [eventId])).get(eventId) ?? []
    expect(priceRange(types)).toEqual({ min: 150_000, max: 150_000, currency: 'IDR' })
  })
})
