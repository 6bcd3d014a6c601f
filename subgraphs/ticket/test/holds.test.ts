import { describe, expect, it } from 'vitest'
import { person, startStory } from './stories.ts'

describe('holding chosen seats', () => {
  it('keeps them for the buyer, counts them, and shows them as held', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat } = await story.hall(2, 10)
    const budi = person()
    const { data, code } = await story.holdSeats(budi, eventId, [seat('A1'), seat('A2')])
    expect(code).toBeUndefined()
    expect(data.holdSeats).toMatchObject({
      eventId,
      status: 'ACTIVE',
      seats: [{ status: 'HELD' }, { status: 'HELD' }],
      items: [
        {
          quantity: 1,
          unitPrice: 100_000,
          currency: 'IDR',
          seat: { id: seat('A1') },
          ticketType: { id: typeId },
        },
        { quantity: 1, seat: { id: seat('A2') } },
      ],
    })
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 0, held: 2, available: 18 })
  })
})
