import { CLOSE_UNSOLD } from '@karcis/kit/contracts/unsold-event'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
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

const CLOSE = (eventId: string) => story.ask(null, CLOSE_UNSOLD, { eventId }, 'event')

it('takes an event out of sale of which nothing was ever sold, and no other', async () => {
  const { eventId, ids, seat } = await story.hall(1, 4)
  const standing = await story.ticketType(eventId, { name: 'Standing', quota: 50 })
  await story.mustAsk(
    story.organizer,
    'mutation ($input: HoldBackSeatsInput!) { holdBackSeats(input: $input) { id } }',
    { input: { eventId, seatIds: [seat('A4')], name: 'Sponsor' } },
  )
  const buyer = person()
  const { data } = await story.holdTickets(buyer, standing, 1)
  expect((await CLOSE(eventId)).data).toEqual({ closeUnsold: false })
  await story.release(buyer, data.holdTickets.id)
  expect((await CLOSE(eventId)).data).toEqual({ closeUnsold: true })
  expect((await CLOSE(eventId)).data).toEqual({ closeUnsold: true })
  expect((await story.holdTickets(buyer, standing, 1)).code).toBe('SOLD_OUT')
  expect((await story.holdSeats(buyer, eventId, ids.slice(0, 1))).code).toBe('SEATS_UNAVAILABLE')
  await expectBooksToBalance(story)
  for (const service of ['router', 'booking'] as const)
    expect((await story.ask(story.admin, CLOSE_UNSOLD, { eventId }, service)).code).toBe('FORBIDDEN')
})

it('without the lock of its counters, would close beside a hold of the same moment, and does not with it', async () => {
  async function race(): Promise<[boolean, boolean]> {
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    let asked: Promise<[boolean, boolean]> | undefined
    await story.deps.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT FROM ticket_types WHERE id = ${typeId}::uuid FOR UPDATE`
      const holding = story.holdTickets(person(), typeId, 1)
      await untilBlocked(tx, 1)
      const closing = CLOSE(eventId)
      await untilBlocked(tx, 2)
      asked = Promise.all([
        holding.then(({ code }) => code === undefined),
        closing.then(({ data }) => data.closeUnsold === true),
      ])
    })
    return (await asked) ?? [false, false]
  }
  const GUARD = ['::uuid ORDER BY id FOR NO KEY UPDATE', '::uuid ORDER BY id'] as const
  expect(await withMutant(story.deps, GUARD, race)).toEqual([true, true])
  expect(await race()).toEqual([true, false])
})
