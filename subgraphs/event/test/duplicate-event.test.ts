import { newId } from '@karcis/kit/ids'
import type { Loose } from '@karcis/testkit/gql'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { copySale, sweepSalesToCopy } from '../src/domain/organizing/copy-sale.ts'
import {
  BLOCK,
  DELETE_EVENT,
  GET_EVENT,
  inHours,
  openHouse,
  type Story,
  standIn,
  startStory,
} from './stories.ts'

/** What the ticket subgraph was asked to copy; it is away while this is null. */
let copied: Loose[] | null = []
/** What it says when it is asked to close an event. */
let unsold = true
let ticket: Awaited<ReturnType<typeof standIn>>
let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
beforeAll(async () => {
  ticket = await standIn('ticket', (variables) => {
    if (!copied) return 'SERVICE_UNAVAILABLE'
    if (!('toEventId' in variables)) return { closeUnsold: unsold }
    copied.push(variables)
    return { copySale: true }
  })
  story = await startStory({ TICKET_URL: ticket.url })
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await ticket[Symbol.asyncDispose]()
})
beforeEach(async () => {
  copied = []
  house = await openHouse(story)
})

const FIELDS = 'id slug title description status startsAt endsAt room { id } organizer { id } staff { email }'
const DUPLICATE = `mutation($input: DuplicateEventInput!) { duplicateEvent(input: $input) { ${FIELDS} } }`
const REPEAT = `mutation($input: RepeatEventInput!) { repeatEvent(input: $input) { ${FIELDS} } }`
const at = (text: string): string => new Date(text).toISOString()
const startsOf = (events: Loose[]): string[] => events.map(({ startsAt }) => at(startsAt))
const countOf = async (): Promise<number> =>
  (
    await story.sql('SELECT count(*)::int AS n FROM events WHERE organizer_id = $1::uuid', house.organizer.id)
  )[0]?.n

it('copies an event to another time, once by its key, with what is sold of it, and nothing of what was sold', async () => {
  const event = await house.createApproved()
  const input = { id: event.id, startsAt: inHours(24 * 30), title: 'Konser Kedua', idempotencyKey: newId() }
  const copy = await story.does(house.organizer, DUPLICATE, { input })
  expect(copy).toMatchObject({
    title: 'Konser Kedua',
    description: event.description,
    status: 'DRAFT',
    room: { id: house.room.id },
    organizer: { id: house.organizer.id },
    staff: [],
  })
  expect(Date.parse(copy.endsAt) - Date.parse(copy.startsAt)).toBe(3 * 3_600_000)
  expect(copied).toContainEqual({ fromEventId: event.id, toEventId: copy.id })
  const again = await Promise.all([1, 2, 3].map(() => story.does(house.organizer, DUPLICATE, { input })))
  expect(again).toEqual([copy, copy, copy])
  const other = { input: { ...input, title: 'Other' } }
  expect((await story.refused(house.organizer, DUPLICATE, other)).code).toBe('IDEMPOTENCY_KEY_REUSED')
  const late = { input: { ...input, idempotencyKey: null, startsAt: inHours(-1) } }
  expect((await story.refused(house.organizer, DUPLICATE, late)).code).toBe('BAD_USER_INPUT')
  for (const by of [person({ role: 'ORGANIZER' }), person()])
    expect((await story.refused(by, DUPLICATE, { input })).code).toBe('FORBIDDEN')
  const byAdmin = await story.does(house.admin, DUPLICATE, { input: { id: event.id, startsAt: inHours(99) } })
  expect(byAdmin.organizer.id).toBe(house.organizer.id)
})

it('makes one copy of many who ask with one key at once, which without its claim would be many', async () => {
  const event = await house.createEvent()
  const race = async (key: string) => {
    const input = { id: event.id, startsAt: inHours(200), idempotencyKey: key }
    const copies = await Promise.all(
      Array.from({ length: 5 }, () => story.ask(house.organizer, DUPLICATE, { input })),
    )
    return new Set(copies.map(({ data }) => data?.duplicateEvent?.id).filter(Boolean)).size
  }
  const claim = [
    'ON CONFLICT DO NOTHING',
    'ON CONFLICT (user_id, key) DO UPDATE SET event_id = excluded.event_id',
  ] as const
  expect(await withMutant(story.subgraph.deps, claim, () => race(newId()))).toBeGreaterThan(1)
  expect(await race(newId())).toBe(1)
})

it('goes on copying what is sold while the ticket subgraph is away, however often it is run', async () => {
  const event = await house.createEvent()
  copied = null
  const copy = await story.does(house.organizer, DUPLICATE, {
    input: { id: event.id, startsAt: inHours(200) },
  })
  copied = []
  await story.sql(
    `UPDATE event_duplicates SET created_at = now() - interval '2 minutes' WHERE event_id = $1::uuid`,
    copy.id,
  )
  await sweepSalesToCopy(story.subgraph.deps)
  const done = { fromEventId: event.id, toEventId: copy.id }
  expect(copied.filter(({ toEventId }) => toEventId === copy.id)).toContainEqual(done)
  const before = copied.length
  await copySale(story.subgraph.deps, copy.id)
  await sweepSalesToCopy(story.subgraph.deps)
  expect(copied).toHaveLength(before)
})

it('repeats an event by the clock of its place, over daylight saving and at the ends of months', async () => {
  const timezone = 'Europe/Berlin'
  const event = await house.createEvent({
    timezone,
    roomId: null,
    startsAt: '2031-03-27T20:00:00+01:00',
    endsAt: '2031-03-27T23:00:00+01:00',
  })
  const repeat = (input: Loose) => story.does(house.organizer, REPEAT, { input: { id: event.id, ...input } })
  const daily = await repeat({ every: 'DAY', count: 4 })
  expect(startsOf(daily)).toEqual([
    at('2031-03-28T20:00:00+01:00'),
    at('2031-03-29T20:00:00+01:00'),
    at('2031-03-30T20:00:00+02:00'), // the night before, clocks went forward
    at('2031-03-31T20:00:00+02:00'),
  ])
  expect(
    daily.every(({ startsAt, endsAt }: Loose) => Date.parse(endsAt) - Date.parse(startsAt) === 3 * 3_600_000),
  ).toBe(true)
  expect(startsOf(await repeat({ every: 'WEEK', count: 2, startsAt: '2031-10-20T20:00:00+02:00' }))).toEqual([
    at('2031-10-20T20:00:00+02:00'),
    at('2031-10-27T20:00:00+01:00'),
  ])
  expect(startsOf(await repeat({ every: 'MONTH', count: 3, startsAt: '2031-12-31T20:00:00+01:00' }))).toEqual(
    [at('2031-12-31T20:00:00+01:00'), at('2032-01-31T20:00:00+01:00'), at('2032-02-29T20:00:00+01:00')],
  )
  // A night that is an hour longer is an hour longer.
  const night = await repeat({ dates: ['2031-10-25T22:00:00+02:00', '2031-10-26T01:30:00+01:00'] })
  expect(startsOf(night)).toHaveLength(2)
  expect(new Set(night.map(({ slug }: Loose) => slug)).size).toBe(2)
})

it('names every date on which the room is taken, and then makes no copy at all', async () => {
  const event = await house.createApproved()
  const taken = inHours(24 * 10)
  await story.does(house.admin, BLOCK, {
    input: { roomId: house.room.id, startsAt: taken, endsAt: inHours(24 * 10 + 5), reason: 'Cleaning' },
  })
  const before = await countOf()
  const free = inHours(24 * 20)
  const dates = [free, taken, event.startsAt]
  const refused = await story.refused(house.organizer, REPEAT, { input: { id: event.id, dates } })
  expect(refused).toMatchObject({ code: 'ROOM_NOT_AVAILABLE', roomId: house.room.id })
  expect(refused.conflicts.map(({ date }: Loose) => at(date))).toEqual([at(taken), at(event.startsAt)])
  const meeting = { id: event.id, dates: [free, inHours(24 * 20 + 1)] }
  expect((await story.refused(house.organizer, REPEAT, { input: meeting })).conflicts).toHaveLength(1)
  for (const wrong of [
    {},
    { dates: [free], every: 'DAY', count: 1 },
    { every: 'DAY' },
    { every: 'DAY', count: 53 },
    { dates: Array.from({ length: 53 }, (_, n) => inHours(24 * (30 + n))) },
    { dates: [free, inHours(-1)] },
  ])
    expect((await story.refused(house.organizer, REPEAT, { input: { id: event.id, ...wrong } })).code).toBe(
      'BAD_USER_INPUT',
    )
  expect(await countOf()).toBe(before)

  const input = { id: event.id, every: 'WEEK', count: 52, idempotencyKey: newId() }
  const made = await story.does(house.organizer, REPEAT, { input })
  expect(made).toHaveLength(52)
  expect(startsOf(await story.does(house.organizer, REPEAT, { input }))).toEqual(startsOf(made))
  expect(await countOf()).toBe(before + 52)
  expect((await story.does(house.organizer, GET_EVENT, { id: made[51].id })).status).toBe('DRAFT')
})

it('is deleted though it was approved, once the ticket subgraph has closed it because nothing was sold', async () => {
  const event = await house.createApproved()
  unsold = false
  expect((await story.refused(house.organizer, DELETE_EVENT, { id: event.id })).code).toBe('CONFLICT')
  expect((await story.does(null, GET_EVENT, { id: event.id })).status).toBe('APPROVED')
  unsold = true
  copied = null
  expect((await story.refused(house.organizer, DELETE_EVENT, { id: event.id })).code).toBe(
    'SERVICE_UNAVAILABLE',
  )
  copied = []
  expect((await story.refused(person({ role: 'ORGANIZER' }), DELETE_EVENT, { id: event.id })).code).toBe(
    'FORBIDDEN',
  )
  expect((await story.does(house.organizer, DELETE_EVENT, { id: event.id })).id).toBe(event.id)
  expect(await story.does(null, GET_EVENT, { id: event.id })).toBe(null)
  const [told] = await story.sql(
    `SELECT payload FROM kit.outbox WHERE type = 'event.changed' AND aggregate_id = $1 ORDER BY seq DESC LIMIT 1`,
    event.id,
  )
  expect(told?.payload).toMatchObject({ status: 'DELETED', version: event.version + 1 })
  await house.createApproved() // in the room that is free again
})
