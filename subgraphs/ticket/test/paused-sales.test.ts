import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { eventFacts, type Story, startStory } from './stories.ts'

const REASON = 'The organizer is being looked into.'

/** What the event subgraph tells when the sale of an event is paused or goes on. */
async function tellOfSales(story: Story, eventId: string, facts: object): Promise<void> {
  const told = eventFacts(story.organizer.id, { id: eventId, ...facts })
  story.neighbours.events.set(eventId, told)
  await story.tellOfEvent(told)
}

describe('line 2: nobody can stop a sale', () => {
  it('a paused sale is shown as such, and nothing of it can be held, taken, quoted or bound; buyers are told why', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(2, 10)
    const standing = await story.ticketType(eventId)
    const buyer = person()
    const before = (await story.holdTickets(buyer, standing, 1)).data.holdTickets
    await tellOfSales(story, eventId, { version: 2, salesPaused: true, salesPausedReason: REASON })
    const status = 'query ($id: ID!) { ticketType(id: $id) { saleStatus } }'
    expect((await story.mustAsk(null, status, { id: typeId })).ticketType.saleStatus).toBe('PAUSED')
    const items = [
      { ticketTypeId: standing, quantity: 1 },
      { ticketTypeId: typeId, quantity: 1 },
    ]
    for (const refused of [
      await story.holdSeats(buyer, eventId, [seat('A1')]),
      await story.holdBest(buyer, eventId, typeId, 1),
      await story.holdTickets(buyer, standing, 1),
      await story.booking.take(buyer, newId(), standing, 1),
      await story.booking.takeItems(buyer, newId(), items),
      await story.booking.quote(buyer, { items }),
      await story.booking.quote(buyer, { holdId: before.id }),
      await story.booking.bind(buyer, before.id, newId()),
    ])
      expect(refused).toMatchObject({ code: 'SALES_PAUSED', facts: { eventId, reason: REASON } })
  })

  it('what was booked before can be paid, what was held runs out its time, and a late payment is paid back', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const [inTime, late, held] = [newId(), newId(), person()]
    await story.booking.take(person(), inTime, typeId, 2)
    await story.booking.take(person(), late, typeId, 2)
    const { id } = (await story.holdTickets(held, typeId, 1)).data.holdTickets
    await story.booking.release(late)
    await tellOfSales(story, eventId, { version: 2, salesPaused: true, salesPausedReason: REASON })
    expect((await story.booking.issue(inTime)).data.issueTickets.issued).toBe(true)
    expect((await story.booking.issue(late)).data.issueTickets.issued).toBe(false)
    const hold = 'query ($id: ID!) { hold(id: $id) { status } }'
    expect((await story.mustAsk(held, hold, { id })).hold.status).toBe('ACTIVE')
    expect((await story.release(held, id)).data.releaseHold.status).toBe('RELEASED')
  })

  it('a hold from before is bound again once the sale goes on, also when the copy has not heard of it yet', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const buyer = person()
    const { id } = (await story.holdTickets(buyer, typeId, 1)).data.holdTickets
    await tellOfSales(story, eventId, { version: 2, salesPaused: true, salesPausedReason: REASON })
    story.neighbours.events.set(eventId, eventFacts(story.organizer.id, { id: eventId, version: 3 }))
    expect((await story.booking.bind(buyer, id, newId())).code).toBeUndefined()
  })
})
