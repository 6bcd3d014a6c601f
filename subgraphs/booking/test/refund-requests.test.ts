import { newId } from '@karcis/kit/ids'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { decideRefund, sweepRequests } from '../src/domain/refunds/review-refund.ts'
import { balanceOf } from './booking-process.ts'
import { audit } from './money.ts'
import { dropTriggers, pileUp } from './mutants.ts'
import { boughtAt, GRANT, knownEvent, past, PRICE, REQUEST, REVIEW, setPolicy } from './refund-stories.ts'
import { type OnSale, startWorld, type World } from './world.ts'

const REQUESTS = `query ($eventId: ID!, $status: RefundRequestStatus) { refundRequests(eventId: $eventId, status: $status) {
  totalCount edges { node { id status booking { id } reason } } } }`
const MINE = `query ($id: ID!) { booking(id: $id) { status refundedAmount refundReason
  refundRequests { id status amount message } refunds { status amount reason } } }`

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A booking of three tickets, of an event whose organizer approves refunds, and a request for the first of them. */
async function asked(over: Record<string, unknown> = {}, policy: Record<string, unknown> = {}, at?: OnSale) {
  const event = at ?? (await knownEvent(world))
  if (!at) await setPolicy(world, event, { approval: 'ORGANIZER', ...policy })
  const bought = await boughtAt(world, event)
  const input = { bookingId: bought.bookingId, ticketIds: [bought.tickets[0]], reason: 'Ill.', ...over }
  const answer = await world.ask(bought.buyer, REQUEST, { input })
  return { event, ...bought, input, answer, request: answer.data.requestRefund }
}

const mine = async ({ buyer, bookingId }: { buyer: ReturnType<typeof person>; bookingId: string }) =>
  (await world.ask(buyer, MINE, { id: bookingId })).data.booking

const review = (event: OnSale, id: string, input: Record<string, unknown>, viewer = event.organizer) =>
  world.ask(viewer, REVIEW, { id, input })

describe('asking for a refund', () => {
  it('waits for the organizer, who sees it, and approves it', async () => {
    const story = await asked()
    const { event, request, buyer, bookingId, tickets } = story
    expect(request).toMatchObject({
      status: 'PENDING',
      percent: 100,
      amount: PRICE,
      reason: 'Ill.',
      decidedAt: null,
      tickets: [{ id: tickets[0] }],
      refund: null,
    })
    expect(Date.parse(request.reviewBy)).toBeGreaterThan(Date.now() + 71 * 3_600_000)
    const list = (await world.ask(event.organizer, REQUESTS, { eventId: event.eventId, status: 'PENDING' }))
      .data
    expect(list.refundRequests).toMatchObject({
      totalCount: 1,
      edges: [{ node: { id: request.id, booking: { id: bookingId }, reason: 'Ill.' } }],
    })
    const { data } = await review(event, request.id, { decision: 'APPROVED', message: 'Get well.' })
    expect(data.reviewRefund).toMatchObject({
      status: 'APPROVED',
      message: 'Get well.',
      reviewBy: null,
      refund: { status: 'DONE', amount: PRICE, reason: 'Get well.' },
    })
    expect(await mine(story)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundReason: 'Get well.' })
    expect(await balanceOf(world, buyer)).toBe(GRANT - 2 * PRICE)
    const none = (await world.ask(event.organizer, REQUESTS, { eventId: event.eventId, status: 'PENDING' }))
      .data
    expect(none.refundRequests).toMatchObject({ totalCount: 0, edges: [] })
  })

  it('of everything, where no approval is needed, gives it back at once', async () => {
    const { request, buyer, type } = await asked({ ticketIds: undefined }, { approval: 'AUTOMATIC' })
    expect(request).toMatchObject({
      status: 'APPROVED',
      amount: 3 * PRICE,
      refund: { status: 'DONE', reason: 'Refunded as you asked.' },
      booking: { status: 'REFUNDED' },
    })
    expect(await balanceOf(world, buyer)).toBe(GRANT)
    expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 10 })
  })

  it('with a key gives one request however often it is sent, and another input is refused', async () => {
    const { request, buyer, input, bookingId } = await asked({ idempotencyKey: 'once' })
    const again = await world.ask(buyer, REQUEST, { input })
    expect(again.data.requestRefund.id).toBe(request.id)
    const other = await world.ask(buyer, REQUEST, { input: { ...input, reason: 'Another.' } })
    expect(other.code).toBe('IDEMPOTENCY_KEY_REUSED')
    expect(await world.db.refundRequest.count({ where: { bookingId } })).toBe(1)
  })

  it('is the buyer’s, of tickets of the booking, once at a time, of what is paid', async () => {
    const { buyer, input, event, bookingId, tickets, type } = await asked()
    const code = async (over: Record<string, unknown>, viewer = buyer) =>
      (await world.ask(viewer, REQUEST, { input: { ...input, ...over } })).code
    expect(await code({})).toBe('REFUND_NOT_ALLOWED') // asked for already
    expect(await code({ ticketIds: [tickets[0], tickets[1]] })).toBe('REFUND_NOT_ALLOWED')
    expect(await code({ ticketIds: [newId()] })).toBe('BAD_USER_INPUT')
    expect(await code({ ticketIds: [] })).toBe('BAD_USER_INPUT')
    expect(await code({ reason: ' ' })).toBe('BAD_USER_INPUT')
    expect(await code({ bookingId: newId() })).toBe('NOT_FOUND')
    expect(await code({}, person())).toBe('FORBIDDEN')
    expect(await code({}, event.organizer)).toBe('FORBIDDEN')
    const pending = await world.book(await world.buyer(), { ticketTypeId: type, quantity: 1 })
    const [row] = await world.db.booking.findMany({ where: { id: pending } })
    const owner = { ...person(), id: row?.userId ?? '' }
    expect(await code({ bookingId: pending, ticketIds: undefined }, owner)).toBe('REFUND_NOT_ALLOWED')
    expect(await code({ bookingId, ticketIds: [tickets[1]] })).toBeUndefined()
  })

  it('ends as REJECTED where a ticket was used, and nothing moves', async () => {
    const event = await knownEvent(world)
    await setPolicy(world, event, {})
    const bought = await boughtAt(world, event)
    await world.ticket().deps.db
      .$executeRaw`UPDATE tickets SET status = 'USED' WHERE id = ${bought.tickets[0]}::uuid`
    const input = { bookingId: bought.bookingId, ticketIds: bought.tickets.slice(0, 2), reason: 'Ill.' }
    expect((await world.ask(bought.buyer, REQUEST, { input })).data.requestRefund).toMatchObject({
      status: 'REJECTED',
      message: expect.stringContaining('used'),
      refund: null,
      booking: { status: 'PAID', refundedAmount: 0 },
    })
    // The other may be asked for again.
    const other = { ...input, ticketIds: [bought.tickets[1]] }
    expect((await world.ask(bought.buyer, REQUEST, { input: other })).data.requestRefund.status).toBe(
      'APPROVED',
    )
  })
})

describe('reviewing a refund', () => {
  it('is for the organizer and admins', async () => {
    const { event, request, buyer } = await asked()
    const code = async (viewer: typeof buyer) =>
      (await review(event, request.id, { decision: 'APPROVED' }, viewer)).code
    expect(await code(buyer)).toBe('FORBIDDEN')
    expect(await code(person({ role: 'ORGANIZER' }))).toBe('FORBIDDEN')
    expect((await world.ask(buyer, REQUESTS, { eventId: event.eventId })).code).toBe('FORBIDDEN')
    expect((await review(event, newId(), { decision: 'APPROVED' })).code).toBe('NOT_FOUND')
    expect((await review(event, request.id, { decision: 'REJECTED', amount: 1 })).code).toBe('BAD_USER_INPUT')
    expect((await review(event, request.id, { decision: 'APPROVED', amount: PRICE + 1 })).code).toBe(
      'BAD_USER_INPUT',
    )
    expect(await code(person({ role: 'ADMIN' }))).toBeUndefined()
    const again = await review(event, request.id, { decision: 'REJECTED' })
    expect(again.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', status: 'APPROVED' })
  })

  it('may give another amount, or nothing; what was rejected may be asked for again', async () => {
    const story = await asked()
    const { event, request, buyer, input } = story
    const no = { decision: 'REJECTED', message: 'Too late.' }
    expect((await review(event, request.id, no)).data.reviewRefund).toMatchObject({
      status: 'REJECTED',
      message: 'Too late.',
      refund: null,
    })
    const second = (await world.ask(buyer, REQUEST, { input })).data.requestRefund
    await review(event, second.id, { decision: 'APPROVED', amount: 4_000 })
    expect(await mine(story)).toMatchObject({
      refundedAmount: 4_000,
      refundRequests: [
        { status: 'REJECTED', message: 'Too late.' },
        { status: 'APPROVED', amount: 4_000 },
      ],
      refunds: [{ amount: 4_000 }],
    })
  })

  it('is not needed any more once an admin has refunded the whole booking', async () => {
    const story = await asked()
    await refundInFull(world.subgraph.deps, story.bookingId, 'Rain.', { fulfilled: true })
    expect(await mine(story)).toMatchObject({
      status: 'REFUNDED',
      refundRequests: [{ status: 'APPROVED' }],
      refunds: [{ amount: 3 * PRICE, reason: 'Rain.' }],
    })
    const late = await review(story.event, story.request.id, { decision: 'REJECTED' })
    expect(late.code).toBe('CONFLICT')
  })
})

describe('a request that nobody reviews', () => {
  it.for([
    { whenUndecided: 'APPROVE', status: 'APPROVED', refundedAmount: PRICE },
    { whenUndecided: 'REJECT', status: 'REJECTED', refundedAmount: 0 },
  ])('is decided by the policy: $whenUndecided', async ({ whenUndecided, status, refundedAmount }) => {
    const story = await asked({}, { whenUndecided })
    await decideRefund(world.subgraph.deps, story.request.id) // not due yet
    expect(await mine(story)).toMatchObject({ refundRequests: [{ status: 'PENDING' }] })
    await past(world, `review_by = now() - interval '1 minute'`, story.request.id)
    await sweepRequests(world.subgraph.deps) // its job was lost
    await eventually(async () =>
      expect(await mine(story)).toMatchObject({ refundedAmount, refundRequests: [{ status }] }),
    )
  })

  it('forgets the buyer’s words half a year after it was decided', async () => {
    const story = await asked({}, { approval: 'AUTOMATIC' })
    const id = story.request.id
    await past(world, `decided_at = now() - interval '181 days'`, id)
    await sweepRequests(world.subgraph.deps)
    expect(await world.db.refundRequest.findUnique({ where: { id } })).toMatchObject({ reason: null })
  })
})

describe('decisions at the same moment', () => {
  /** An approval, two rejections and the deadline at once. Gives how the request ended, and how much went back. */
  async function race(at: World): Promise<{ status: string; refundedAmount: number; won: number }> {
    const event = await knownEvent(at)
    await setPolicy(at, event, { approval: 'ORGANIZER', whenUndecided: 'REJECT' })
    const { buyer, bookingId, tickets } = await boughtAt(at, event)
    const input = { bookingId, ticketIds: [tickets[0]], reason: 'Ill.' }
    const { id } = (await at.ask(buyer, REQUEST, { input })).data.requestRefund
    await past(at, `review_by = now()`, id)
    const answers = await pileUp(at.db, 'bookings', 4, () =>
      Promise.all([
        at.ask(event.organizer, REVIEW, { id, input: { decision: 'APPROVED' } }),
        at.ask(person({ role: 'ADMIN' }), REVIEW, { id, input: { decision: 'REJECTED' } }),
        at.ask(person({ role: 'ADMIN' }), REVIEW, { id, input: { decision: 'REJECTED' } }),
        decideRefund(at.subgraph.deps, id).then(() => null),
      ]),
    )
    const booking = (await at.ask(buyer, MINE, { id: bookingId })).data.booking
    const won = answers.filter((answer) => answer?.data?.reviewRefund).length
    return { status: booking.refundRequests[0].status, refundedAmount: booking.refundedAmount, won }
  }

  it("without guards (status = 'PENDING', refund_requests_once) several count", async () => {
    await using own = await startWorld()
    await dropTriggers(own.db, 'refund_requests.refund_requests_once')
    await withMutant(own.subgraph.deps, [" AND status = 'PENDING' AND (NOT", ' AND (NOT'], async () => {
      let harm = false
      for (let tries = 0; tries < 10 && !harm; tries += 1) {
        const { status, refundedAmount, won } = await race(own)
        harm = won > 1 || (status === 'REJECTED' && refundedAmount > 0)
      }
      expect(harm).toBe(true)
    })
  })

  it('count once: money goes back if and only if the request is APPROVED', async () => {
    for (let tries = 0; tries < 3; tries += 1) {
      const { status, refundedAmount, won } = await race(world)
      expect(won).toBeLessThanOrEqual(1)
      expect(refundedAmount).toBe(status === 'APPROVED' ? PRICE : 0)
    }
  })
})

it('keeps the books through all of this', async () => {
  expect(await audit(world.db)).toEqual([])
})
