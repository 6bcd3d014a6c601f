import { postgresErrorOf } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { endHolds } from '../src/domain/allocation/hold-ender.ts'
import { BookingHoldsAlready, LimitExceeded, SeatsUnavailable } from '../src/domain/errors.ts'
import type { Hold } from '../src/domain/allocation/hold.ts'
import type { SeatRequest } from '../src/domain/allocation/seat-allocator.ts'
import { expectBooksToBalance, imbalances, pileUp, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

const ALL_SEATS = 'LOCK TABLE seats IN EXCLUSIVE MODE'
const ROWS = Array.from('ABCDEFGHIJ')
const CHANGES = `subscription ($eventId: ID!) { seatMapChanged(eventId: $eventId, sinceRevision: 1) {
  revision seats { id status } } }`

/** A hall of two ticket types: ten rows in front, of which one person may have two, and ten at the back. */
async function twoTiers(story: Story) {
  const eventId = await story.event()
  const front = await story.ticketType(eventId, { name: 'Front', quota: 1, maxPerUser: 2 })
  const back = await story.ticketType(eventId, { name: 'Back', quota: 1 })
  const section = (name: string, ticketTypeId: string) => ({ name, ticketTypeId, rows: 10, seatsPerRow: 10 })
  const { createSeatMap } = await story.mustAsk(
    story.organizer,
    'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { seats { id section row number } } }',
    { input: { eventId, sections: [section('Front', front), section('Back', back)] } },
  )
  const labels = new Map<string, { id: string; ticketTypeId: string }>()
  for (const { id, section: name, row, number } of createSeatMap.seats)
    labels.set(`${name} ${row}${number}`, { id, ticketTypeId: name === 'Front' ? front : back })
  const seat = (label: string) => {
    const found = labels.get(label)
    if (!found) throw new Error(`no seat ${label}`)
    return found
  }
  const request = (labels: string[], facts: Partial<SeatRequest> = {}): SeatRequest => ({
    holdId: newId(),
    userId: newId(),
    bookingId: null,
    seats: labels.map(seat),
    places: [],
    ...facts,
  })
  /** The status of a seat, with the counters that every change of it raises. */
  const state = async (label: string) =>
    (await story.sql(`SELECT status, version, revision FROM seats WHERE id = '${seat(label).id}'`))[0]
  const revision = async (): Promise<number> =>
    (await story.sql(`SELECT revision FROM seat_maps WHERE event_id = '${eventId}'`))[0].revision
  return { eventId, front, back, seat, request, state, revision }
}

type Outcome = Hold | Error

/** Requests that arrive at once, in this order, after an earlier buyer's for `Back J10`: all are one batch, as far as one takes them. */
async function together(story: Story, hall: Awaited<ReturnType<typeof twoTiers>>, requests: SeatRequest[]) {
  const submit = (request: SeatRequest): Promise<Outcome> =>
    story.deps.seatAllocator.submit(hall.eventId, request).catch((error: Error) => error)
  const [outcomes] = await pileUp<Outcome[]>(story, ALL_SEATS, {
    waiting: 1,
    start: () => Promise.all([hall.request(['Back J10']), ...requests].map(submit)),
  })
  return (outcomes ?? []).slice(1)
}

/** Makes Postgres refuse every hold of a user. */
async function curse({ sql }: Story, userId: string): Promise<void> {
  await sql(`CREATE FUNCTION curse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.user_id = '${userId}' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$`)
  await sql('CREATE TRIGGER curse BEFORE INSERT ON holds FOR EACH ROW EXECUTE FUNCTION curse()')
}

const lost = (outcome: Outcome | undefined): unknown =>
  outcome instanceof SeatsUnavailable ? outcome.facts.seatIds : outcome

describe('requests for seats of one event that wait together', () => {
  it('are held as one change, which every watcher hears as one', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const watch = await story.watch(CHANGES, { eventId: hall.eventId })
    const requests = Array.from({ length: 30 }, (_, at) =>
      hall.request([`Back ${ROWS[at % 10]}${1 + Math.floor(at / 10)}`]),
    )
    const outcomes = await together(story, hall, requests)
    expect(outcomes.map((outcome) => (outcome as Hold).id)).toEqual(requests.map(({ holdId }) => holdId))
    expect(await hall.revision()).toBe(2)
    await watch.until(({ data }) => data.seatMapChanged.revision === 2)
    const heard = watch.received.map(({ data }) => data.seatMapChanged)
    const seen = heard.flatMap(({ seats }) => seats as { id: string; status: string }[])
    expect(seen.map(({ id }) => id).toSorted()).toEqual(
      [hall.seat('Back J10'), ...requests.flatMap(({ seats }) => seats)].map(({ id }) => id).toSorted(),
    )
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set(['HELD']))
    await expectBooksToBalance(story)
  })

  it('are each granted whole or refused whole, and a refused one leaves no trace', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const siti = person()
    await story.holdSeats(siti, hall.eventId, [hall.seat('Front A1').id, hall.seat('Front A2').id])
    const outcomes = await together(story, hall, [
      hall.request(['Front B1', 'Front B2']),
      hall.request(['Front B2', 'Front B3']), // wants what the one before it gets
      hall.request(['Front A2', 'Front C1']), // wants what somebody has
      hall.request(['Front D1', 'Back A1', 'Back A2'], { userId: siti.id }), // may have no more in front
      hall.request(['Back B1']),
    ])
    const [first, overlapping, late, over, last] = outcomes
    for (const outcome of [first, last]) expect(outcome).toMatchObject({ status: 'ACTIVE' })
    expect((first as Hold).items.map(({ seatId }) => seatId)).toEqual([
      hall.seat('Front B1').id,
      hall.seat('Front B2').id,
    ])
    expect(lost(overlapping)).toEqual([hall.seat('Front B2').id])
    expect(lost(late)).toEqual([hall.seat('Front A2').id])
    expect(over).toBeInstanceOf(LimitExceeded)
    expect((over as LimitExceeded).facts).toMatchObject({ limit: 2, remaining: 0 })
    const untouched = { status: 'AVAILABLE', version: 1, revision: 1 }
    for (const label of ['Front B3', 'Front C1', 'Front D1', 'Back A1', 'Back A2'])
      expect(await hall.state(label)).toEqual(untouched)
    expect(await hall.state('Front A2')).toEqual({ status: 'HELD', version: 2, revision: 2 })
    expect(await hall.state('Back B1')).toEqual({ status: 'HELD', version: 2, revision: 3 })
    expect(await hall.revision()).toBe(3)
    await expectBooksToBalance(story)
  })

  it('would leave the refused with part of an allowance (guard: it is given back)', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const siti = person()
    await story.holdSeats(siti, hall.eventId, [hall.seat('Front A1').id, hall.seat('Front A2').id])
    const guard = takeOutGuard(story.deps, 'SET taken = a.taken - b.quantity', 'SET taken = a.taken')
    await together(story, hall, [
      hall.request(['Front D1', 'Back A1'], { userId: siti.id }),
      hall.request(['Back B1']),
    ])
    expect(guard.count).toBeGreaterThan(0)
    expect(await imbalances(story)).toMatchObject([{ name: 'allowance' }])
  })

  it('have a seat that the first who wanted it could not have after all', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const siti = person()
    await story.holdSeats(siti, hall.eventId, [hall.seat('Front A1').id, hall.seat('Front A2').id])
    const [over, late, second, third, fourth] = await together(story, hall, [
      hall.request(['Front D1'], { userId: siti.id }), // over the limit: D1 stays free
      hall.request(['Front A2', 'Front C1']), // A2 is gone: C1 stays free
      hall.request(['Front C1', 'Front D1']),
      hall.request(['Front D1', 'Front D2']),
      hall.request(['Front D2']),
    ])
    expect(over).toBeInstanceOf(LimitExceeded)
    expect(lost(late)).toEqual([hall.seat('Front A2').id])
    expect(second).toMatchObject({ status: 'ACTIVE' })
    expect(lost(third)).toEqual([hall.seat('Front D1').id])
    expect(fourth).toMatchObject({ status: 'ACTIVE' })
    await expectBooksToBalance(story)
  })

  it('are served in order of arrival, a hundred at a time', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const requests = Array.from({ length: 120 }, (_, at) =>
      hall.request([`${at < 60 ? 'Back' : 'Front'} ${ROWS[at % 10]}${1 + Math.floor((at % 60) / 10)}`]),
    )
    const outcomes = await together(story, hall, [
      ...requests,
      ...requests.map(({ seats }) => hall.request([], { seats })),
    ])
    for (const outcome of outcomes.slice(0, 120)) expect(outcome).toMatchObject({ status: 'ACTIVE' })
    for (const [at, outcome] of outcomes.slice(120).entries())
      expect(lost(outcome)).toEqual(requests[at]?.seats.map(({ id }) => id))
    expect(await hall.revision()).toBe(1 + 2)
    await expectBooksToBalance(story)
  })

  it('fail alone: what Postgres refuses to one does not affect the others', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const [cursed, bookingId] = [newId(), newId()]
    await curse(story, cursed)
    await story.deps.seatAllocator.submit(hall.eventId, hall.request(['Back A10'], { bookingId }))
    const [first, repeated, unlucky, last] = await together(story, hall, [
      hall.request(['Back A1']),
      hall.request(['Back B1'], { bookingId }),
      hall.request(['Back C1'], { userId: cursed }),
      hall.request(['Back D1']),
    ])
    for (const outcome of [first, last]) expect(outcome).toMatchObject({ status: 'ACTIVE' })
    expect(repeated).toBeInstanceOf(BookingHoldsAlready)
    expect(postgresErrorOf(unlucky).sqlState).toBe('P0001')
    for (const label of ['Back B1', 'Back C1']) expect(await hall.state(label)).toMatchObject({ version: 1 })
    await expectBooksToBalance(story)
  })

  it('keep what they were granted when those that have to come again fail', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const [siti, cursed] = [person(), newId()]
    await story.holdSeats(siti, hall.eventId, [hall.seat('Front A1').id, hall.seat('Front A2').id])
    await curse(story, cursed)
    const [over, granted, unlucky, last] = await together(story, hall, [
      hall.request(['Front D1'], { userId: siti.id }), // over the limit: D1 stays free
      hall.request(['Back A1']),
      hall.request(['Front D1'], { userId: cursed }), // has its turn after the first
      hall.request(['Front D1', 'Front D2']),
    ])
    expect(over).toBeInstanceOf(LimitExceeded)
    expect(postgresErrorOf(unlucky).sqlState).toBe('P0001')
    for (const outcome of [granted, last]) expect(outcome).toMatchObject({ status: 'ACTIVE' })
    await expectBooksToBalance(story)
  })

  it('of one person come one after the other, within the limit', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const userId = newId()
    const labels = ['Front A1', 'Front B1', 'Front C1', 'Front D1']
    const outcomes = await together(
      story,
      hall,
      labels.map((label) => hall.request([label], { userId })),
    )
    expect(outcomes.map((outcome) => outcome instanceof LimitExceeded)).toEqual([false, false, true, true])
    await expectBooksToBalance(story)
  })
})

describe('holds that end together', () => {
  it('are freed as one change, each answered for its own', async () => {
    await using story = await startStory()
    const hall = await twoTiers(story)
    const requests = Array.from({ length: 12 }, (_, at) =>
      hall.request([`Back ${ROWS[at % 10]}${1 + Math.floor(at / 10)}`]),
    )
    const holds = (await together(story, hall, requests)) as Hold[]
    const release = ({ id }: Hold) =>
      endHolds(story.deps, { eventId: hall.eventId, holdIds: [id], to: 'RELEASED' })
    const before = await hall.revision()
    const [ended] = await pileUp(story, ALL_SEATS, {
      waiting: 1,
      start: () => Promise.all([...holds, ...holds.slice(0, 1)].map(release)),
    })
    expect(ended).toEqual([...holds.map(({ id }) => [id]), []])
    expect(await hall.revision()).toBe(before + 2) // the first, and all that came meanwhile
    expect((await story.stock(hall.back)).held).toBe(1) // the earlier buyer's
    await expectBooksToBalance(story)
  })
})
