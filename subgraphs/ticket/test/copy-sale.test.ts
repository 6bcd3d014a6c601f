import { COPY_SALE } from '@karcis/kit/contracts/copied-sale'
import type { Loose } from '@karcis/testkit/gql'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectBooksToBalance } from './races.ts'
import { type Story, startStory } from './stories.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const DAY = 86_400_000
const TYPES = `query ($eventId: ID!) { ticketTypesByEvent(eventId: $eventId) { id name kind price quota sold held available heldBack
  maxPerUser saleStartsAt saleEndsAt hidden hiddenUntilSoldOut accessCodeRequired } }`
const MAP = `query ($eventId: ID!) { seatMap(eventId: $eventId) { layoutUrl sections { name ticketType { name } } seats { id section row number status } } }`
const typesOf = async (eventId: string): Promise<Loose[]> =>
  (await story.mustAsk(story.organizer, TYPES, { eventId })).ticketTypesByEvent
const copy = (fromEventId: string, toEventId: string) =>
  story.ask(null, COPY_SALE, { fromEventId, toEventId }, 'event')

it('gives an event what is sold of another, with everything free but what is blocked by hand', async () => {
  const startsAt = new Date(Date.now() + 30 * DAY)
  const times = {
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + DAY / 12).toISOString(),
  }
  const { eventId, seat, typeId } = await story.hall(2, 5, times)
  const blocked =
    'mutation ($eventId: ID!, $seatIds: [ID!]!) { blockSeats(eventId: $eventId, seatIds: $seatIds) { id } }'
  await story.mustAsk(story.organizer, blocked, { eventId, seatIds: [seat('B5')] })
  await story.mustAsk(
    story.organizer,
    'mutation ($input: HoldBackSeatsInput!) { holdBackSeats(input: $input) { id } }',
    { input: { eventId, seatIds: [seat('B1')], name: 'Sponsor' } },
  )
  const buyer = person()
  expect((await story.holdSeats(buyer, eventId, [seat('A1'), seat('A2')])).code).toBe(undefined)
  const early = await story.ticketType(eventId, {
    name: 'Early',
    quota: 40,
    maxPerUser: 4,
    saleStartsAt: new Date(startsAt.getTime() - 20 * DAY).toISOString(),
    saleEndsAt: new Date(startsAt.getTime() - 10 * DAY).toISOString(),
  })
  await story.ticketType(eventId, { name: 'Late', quota: 10, hiddenUntilSoldOut: early })
  await story.ticketType(eventId, { name: 'Presale', quota: 5, accessCodes: ['RAHASIA'] })
  await story.mustAsk(
    story.organizer,
    'mutation ($input: SetQuestionsInput!) { setQuestions(input: $input) { id } }',
    { input: { eventId, questions: [{ text: 'Shirt size?', kind: 'TEXT', required: false }] } },
  )

  const later = 70 * DAY
  const to = await story.event({
    startsAt: new Date(startsAt.getTime() + later).toISOString(),
    endsAt: new Date(startsAt.getTime() + later + DAY / 12).toISOString(),
  })
  expect((await copy(eventId, to)).data).toEqual({ copySale: true })
  expect((await copy(eventId, to)).data).toEqual({ copySale: false })

  const [seats, first, second, third] = await typesOf(to)
  const moved = (days: number) => new Date(startsAt.getTime() + later - days * DAY).toISOString()
  expect(seats).toMatchObject({
    name: 'Seat',
    quota: 9,
    sold: 0,
    held: 0,
    available: 9,
    heldBack: 0,
    saleStartsAt: null,
    saleEndsAt: null,
  })
  expect(first).toMatchObject({ name: 'Early', quota: 40, maxPerUser: 4, hidden: false })
  expect([first?.saleStartsAt, first?.saleEndsAt].map((one) => new Date(one).toISOString())).toEqual([
    moved(20),
    moved(10),
  ])
  expect(second).toMatchObject({ name: 'Late', hidden: true, hiddenUntilSoldOut: first?.id })
  expect(third).toMatchObject({ name: 'Presale', hidden: true, accessCodeRequired: false })
  expect([typeId, early]).not.toContain(first?.id)

  const [of, ofCopy] = [
    await story.mustAsk(null, MAP, { eventId }),
    await story.mustAsk(null, MAP, { eventId: to }),
  ]
  expect(ofCopy.seatMap.layoutUrl).toBe(of.seatMap.layoutUrl)
  expect(ofCopy.seatMap.sections).toEqual([{ name: 'Stalls', ticketType: { name: 'Seat' } }])
  const statusOf = (map: Loose) =>
    map.seatMap.seats.map(({ row, number, status }: Loose) => `${row}${number} ${status}`)
  expect(statusOf(ofCopy)).toEqual(
    statusOf(of).map((one: string) =>
      one === 'B5 BLOCKED' ? one : one.replace(/HELD|BLOCKED/, 'AVAILABLE'),
    ),
  )
  const free = ofCopy.seatMap.seats.find((one: Loose) => one.status === 'AVAILABLE')
  expect((await story.holdSeats(buyer, to, [free.id])).code).toBe(undefined)
  const asked = await story.mustAsk(
    null,
    `query ($representations: [_Any!]!) { _entities(representations: $representations) {
    ... on Event { questions { text } } } }`,
    { representations: [{ __typename: 'Event', id: to }] },
  )
  expect(asked._entities[0].questions).toEqual([{ text: 'Shirt size?' }])
  await expectBooksToBalance(story)
})

it('copies once, however many ask at the same moment, which without the lock of the event would be more', async () => {
  const from = await story.event()
  for (const name of ['One', 'Two']) await story.ticketType(from, { name })
  async function race(): Promise<number> {
    const to = await story.event()
    await Promise.all(Array.from({ length: 6 }, () => copy(from, to)))
    return (await typesOf(to)).length
  }
  expect(await withMutant(story.deps, ['::uuid FOR NO KEY UPDATE', '::uuid'], race)).toBeGreaterThan(2)
  expect(await race()).toBe(2)
})

it('is for the event subgraph alone', async () => {
  const [from, to] = [await story.event(), await story.event()]
  for (const service of ['router', 'booking', 'user'] as const) {
    const answer = await story.ask(story.admin, COPY_SALE, { fromEventId: from, toEventId: to }, service)
    expect(answer.code).toBe('FORBIDDEN')
  }
  expect((await copy(from, to)).data).toEqual({ copySale: true }) // of nothing
})
