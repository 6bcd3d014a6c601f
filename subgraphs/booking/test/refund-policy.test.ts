import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bestOffer,
  DEFAULT_POLICY,
  FULL_RIGHT,
  offerFor,
  offerOf,
} from '../src/domain/refunds/refund-policy.ts'
import {
  boughtAt,
  HOUR_MS,
  knownEvent,
  PRICE,
  REQUEST,
  SET_POLICY,
  setPolicy,
  tellOf,
} from './refund-stories.ts'
import { startWorld, type World } from './world.ts'

const startsAt = new Date('2027-01-10T12:00:00Z')
const before = (hours: number) => new Date(startsAt.getTime() - hours * HOUR_MS)
const tiers = [
  { hoursBeforeStart: 168, percent: 100 },
  { hoursBeforeStart: 24, percent: 50 },
]

describe('what a policy gives', () => {
  it.for([
    { hours: 200, percent: 100 },
    { hours: 168, percent: 100 },
    { hours: 167.9, percent: 50 },
    { hours: 24, percent: 50 },
    { hours: 23.9, percent: undefined },
    { hours: -1, percent: undefined },
  ])('$hours hours before the start is $percent %', ({ hours, percent }) => {
    expect(offerOf({ ...DEFAULT_POLICY, tiers }, startsAt, before(hours))?.percent).toBe(percent)
  })

  it('is nothing without tiers, and by default everything until the start', () => {
    expect(offerOf({ ...DEFAULT_POLICY, tiers: [] }, startsAt, before(500))).toBeNull()
    expect(offerOf(DEFAULT_POLICY, startsAt, startsAt)).toMatchObject({ percent: 100, approval: 'ORGANIZER' })
  })

  it('is the best of several for the buyer: more money, then at once, then with the fees', () => {
    const slow = { ...FULL_RIGHT, approval: 'ORGANIZER' as const }
    const half = { ...FULL_RIGHT, percent: 50 }
    const kept = { ...FULL_RIGHT, feesKept: true }
    expect(bestOffer([half, slow])).toBe(slow)
    expect(bestOffer([slow, kept])).toBe(kept)
    expect(bestOffer([kept, FULL_RIGHT])).toBe(FULL_RIGHT)
    expect(bestOffer([null, null])).toBeNull()
  })

  it('counts for nothing while an event that was moved, after it was booked, can be given back; nor of one that is off', () => {
    const none = [{ ...DEFAULT_POLICY, tiers: [] }]
    const moved = { status: 'APPROVED', startsAt, rescheduledAt: before(100), refundUntil: before(50) }
    expect(offerFor(none, moved, before(200), before(51))).toBe(FULL_RIGHT)
    expect(offerFor(none, moved, before(200), before(49))).toBeNull()
    expect(offerFor(none, moved, before(99), before(51))).toBeNull()
    expect(offerFor(none, { ...moved, status: 'CANCELLED' }, before(1), before(1))).toBe(FULL_RIGHT)
  })
})

describe('a refund policy', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const policyOf = async (eventId: string) => {
    const query = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Event { refundPolicy {
      tiers { hoursBeforeStart percent } approval reviewHours whenUndecided feesKept } } } }`
    const { data } = await world.ask(null, query, { refs: [{ __typename: 'Event', id: eventId }] })
    return data._entities[0].refundPolicy
  }

  it('is the platform’s own until the organizer sets one, and is seen before buying', async () => {
    const event = await knownEvent(world)
    expect(await policyOf(event.eventId)).toEqual({
      tiers: [{ hoursBeforeStart: 0, percent: 100 }],
      approval: 'ORGANIZER',
      reviewHours: 72,
      whenUndecided: 'APPROVE',
      feesKept: false,
    })
    await setPolicy(world, event, { tiers: tiers.toReversed(), feesKept: true, whenUndecided: 'REJECT' })
    expect(await policyOf(event.eventId)).toEqual({
      tiers,
      approval: 'AUTOMATIC',
      reviewHours: 72,
      whenUndecided: 'REJECT',
      feesKept: true,
    })
  })

  it('is set by the organizer and admins, for an event that there is', async () => {
    const { eventId, organizer } = await knownEvent(world)
    const input = { eventId, tiers: [] }
    const code = async (viewer: Parameters<World['ask']>[0], over: Record<string, unknown> = {}) =>
      (await world.ask(viewer, SET_POLICY, { input: { ...input, ...over } })).code
    expect(await code(null)).toBe('UNAUTHENTICATED')
    expect(await code(person())).toBe('FORBIDDEN')
    expect(await code(person({ role: 'ORGANIZER' }))).toBe('FORBIDDEN')
    expect(await code(person({ role: 'ADMIN' }), { eventId: newId() })).toBe('NOT_FOUND')
    expect(await code(person({ role: 'ADMIN' }))).toBeUndefined()
    expect(await code(organizer)).toBeUndefined()
  })

  it.for([
    [{ tiers: [{ hoursBeforeStart: -1, percent: 50 }] }, 'input.tiers.0.hoursBeforeStart'],
    [{ tiers: [{ hoursBeforeStart: 1, percent: 101 }] }, 'input.tiers.0.percent'],
    [{ tiers: [1, 1].map((hoursBeforeStart) => ({ hoursBeforeStart, percent: 50 })) }, 'input.tiers'],
    [
      {
        tiers: [[1, 90] as const, [2, 50] as const].map(([hoursBeforeStart, percent]) => ({
          hoursBeforeStart,
          percent,
        })),
      },
      'input.tiers',
    ],
    [{ tiers: Array.from({ length: 11 }, (_, at) => ({ hoursBeforeStart: at, percent: 1 })) }, 'input.tiers'],
    [{ reviewHours: 0 }, 'input.reviewHours'],
  ] as const)('is refused as %j', async ([policy, path]) => {
    const { eventId, organizer } = await knownEvent(world)
    const { errors } = await world.ask(organizer, SET_POLICY, { input: { eventId, tiers: [], ...policy } })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] })
  })

  it('stays with the booking that was bought under it, unless it becomes better for the buyer', async () => {
    const event = await knownEvent(world)
    await setPolicy(world, event, { tiers: [{ hoursBeforeStart: 1, percent: 50 }] })
    const { buyer, bookingId, tickets } = await boughtAt(world, event)
    const ask = async (ticketId: string | undefined) =>
      (await world.ask(buyer, REQUEST, { input: { bookingId, ticketIds: [ticketId], reason: 'Ill.' } })).data
        .requestRefund

    await setPolicy(world, event, { tiers: [] })
    expect(await ask(tickets[0])).toMatchObject({ status: 'APPROVED', percent: 50, amount: PRICE / 2 })
    await setPolicy(world, event, { tiers: [{ hoursBeforeStart: 1, percent: 80 }] })
    expect(await ask(tickets[1])).toMatchObject({ status: 'APPROVED', percent: 80, amount: 0.8 * PRICE })

    const read = '{ myBookings { edges { node { refundPolicy { tiers { percent } } } } } }'
    expect((await world.ask(buyer, read)).data.myBookings.edges[0].node.refundPolicy).toEqual({
      tiers: [{ percent: 50 }],
    })
    await expect(
      world.db.$executeRaw`UPDATE bookings SET refund_policy_id = NULL WHERE id = ${bookingId}::uuid`,
    ).rejects.toThrow(/keeps the refund policy/)
    await expect(world.db.$executeRaw`UPDATE refund_policies SET tiers = '[]'`).rejects.toThrow(/append only/)
  })

  it('gives nothing after its last tier, and everything of an event that was moved, until the date', async () => {
    const event = await knownEvent(world, 2)
    await setPolicy(world, event, { tiers: [{ hoursBeforeStart: 3, percent: 100 }] })
    const { buyer, bookingId, tickets } = await boughtAt(world, event)
    const input = { bookingId, ticketIds: [tickets[0]], reason: 'Ill.' }
    const refused = await world.ask(buyer, REQUEST, { input })
    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'REFUND_NOT_ALLOWED', status: 'PAID' })

    await tellOf(world, event, {
      rescheduledAt: new Date().toISOString(),
      refundUntil: new Date(Date.now() + HOUR_MS).toISOString(),
    })
    expect((await world.ask(buyer, REQUEST, { input })).data.requestRefund).toMatchObject({
      status: 'APPROVED',
      percent: 100,
      refund: { status: 'DONE', amount: PRICE },
    })
    const later = await boughtAt(world, event) // knew of the new date
    const late = { bookingId: later.bookingId, reason: 'Ill.' }
    expect((await world.ask(later.buyer, REQUEST, { input: late })).data.requestRefund).toMatchObject({
      status: 'APPROVED', // by the policy: it starts a day from now
    })
    await tellOf(world, event, {
      rescheduledAt: new Date().toISOString(),
      refundUntil: new Date().toISOString(),
      startsAt: new Date(Date.now() + HOUR_MS).toISOString(),
    })
    expect((await world.ask(buyer, REQUEST, { input: { ...input, ticketIds: [tickets[1]] } })).code).toBe(
      'REFUND_NOT_ALLOWED',
    )
  })
})
