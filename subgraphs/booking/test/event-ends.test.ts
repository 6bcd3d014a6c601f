import { newId } from '@karcis/kit/ids'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { createStandIn } from '@karcis/testkit/stand-in'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { pendingBooking } from './money.ts'
import { CANCEL, PAY, READ } from './operations.ts'

let booking: BookingProcess

beforeAll(async () => {
  booking = await startBooking()
})

afterAll(() => booking[Symbol.asyncDispose]())

/** Tells booking how an event is, as the event subgraph does. */
async function tellOf(id: string, change: Record<string, unknown> = {}): Promise<void> {
  const payload = {
    id,
    organizerId: newId(),
    title: 'Konser',
    status: 'APPROVED',
    startsAt: new Date(Date.now() - 3_600_000).toISOString(),
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    currency: 'IDR',
    timezone: 'Asia/Jakarta',
    roomId: null,
    version: 1,
    ...change,
  }
  await tell(booking.subgraph, 'event', { type: 'event.changed', aggregateId: id, payload })
}

const soon = (ms: number) => new Date(Date.now() + ms).toISOString()
const PENDING_BOOKING = { status: 'PENDING' }

describe('line 3: money after the end', () => {
  it('a booking can be paid until its hold ends or until its event does, whichever is first', async () => {
    const buyer = await booking.buyer()
    const payableUntil = new Date(Date.now() + 60_000)
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000, { payableUntil })
    const { data } = await booking.ask(buyer, READ, { id })
    expect(Date.parse(data.booking.expiresAt)).toBe(payableUntil.getTime())

    const over = await pendingBooking(booking.db, buyer.id, 1_000, { payableUntil: new Date() })
    const late = await booking.ask(buyer, PAY, { id: over.id })
    expect(late.errors[0]?.extensions).toEqual({ code: 'BOOKING_NOT_PAYABLE', status: 'EXPIRED' })
  })

  it.for([
    { why: 'ends earlier than it was to', change: () => ({ endsAt: soon(-1) }) },
    { why: 'is cancelled', change: () => ({ status: 'CANCELLED' }) },
    { why: 'is deleted', change: () => ({ status: 'DELETED' }) },
  ])('nor once the event $why: what was booked before expires at once', async ({ change }) => {
    const buyer = await booking.buyer()
    const { id, eventId } = await pendingBooking(booking.db, buyer.id, 1_000)
    await tellOf(eventId)
    expect((await booking.ask(buyer, READ, { id })).data.booking).toMatchObject(PENDING_BOOKING)
    await tellOf(eventId, { version: 2, ...change() })
    expect((await booking.ask(buyer, PAY, { id })).code).toBe('BOOKING_NOT_PAYABLE')
    expect((await booking.ask(buyer, READ, { id })).data.booking).toMatchObject({ status: 'EXPIRED' })
    await eventually(async () =>
      expect(await booking.db.booking.findUnique({ where: { id } })).toMatchObject({ status: 'EXPIRED' }),
    )
  })

  it('guard payable_until of event_copies: an end that nobody has acted on yet; without it the booking is paid', async () => {
    const buyer = await booking.buyer()
    const { id, eventId } = await pendingBooking(booking.db, buyer.id, 1_000)
    await booking.db
      .$executeRaw`INSERT INTO event_copies VALUES (${eventId}::uuid, ${newId()}::uuid, 'APPROVED', now(), 1)`
    expect((await booking.ask(buyer, PAY, { id })).code).toBe('BOOKING_NOT_PAYABLE')
    const guard = '(SELECT payable_until FROM event_copies WHERE event_copies.event_id = bookings.event_id)'
    await withMutant(booking.subgraph.deps, [guard, 'NULL'], async () => {
      expect((await booking.ask(buyer, PAY, { id })).data.confirmPayment.status).toBe('PAID')
    })
  })

  it('what was heard late never undoes what is newer', async () => {
    const buyer = await booking.buyer()
    const { id, eventId } = await pendingBooking(booking.db, buyer.id, 1_000)
    await tellOf(eventId, { status: 'CANCELLED', version: 3 })
    await tellOf(eventId, { version: 2 })
    expect((await booking.ask(buyer, PAY, { id })).code).toBe('BOOKING_NOT_PAYABLE')
  })

  it('a sweep expires it too, where the job was lost', async () => {
    const { id, eventId } = await pendingBooking(booking.db, newId(), 1_000)
    await tellOf(eventId, { endsAt: soon(-1) })
    await booking.db.$executeRaw`SELECT graphile_worker.remove_job(${`expire-booking:${id}`})`
    await booking.db.$executeRaw`SELECT graphile_worker.add_job('sweep-bookings', '{}')`
    await eventually(async () =>
      expect(await booking.db.booking.findUnique({ where: { id } })).toMatchObject({ status: 'EXPIRED' }),
    )
  })
})

describe('line 10: the event of a booking', () => {
  const EVENT_OF = 'query ($id: ID!) { booking(id: $id) { id event { id } } }'

  it('is null once it is gone, or hidden from who asks', async () => {
    const [buyer, organizer, admin] = [person(), person({ role: 'ORGANIZER' }), person({ role: 'ADMIN' })]
    const { id, eventId } = await pendingBooking(booking.db, buyer.id, 1_000)
    const seenBy = async (viewer: typeof buyer) =>
      (await booking.ask(viewer, EVENT_OF, { id })).data.booking.event
    expect(await seenBy(buyer)).toEqual({ id: eventId }) // nothing is known of it: the event subgraph decides
    await tellOf(eventId, { organizerId: organizer.id, status: 'REJECTED' })
    expect(await seenBy(buyer)).toBeNull()
    for (const viewer of [organizer, admin]) expect(await seenBy(viewer)).toEqual({ id: eventId })
    await tellOf(eventId, { organizerId: organizer.id, status: 'CANCELLED', version: 2 })
    expect(await seenBy(buyer)).toEqual({ id: eventId })
    await tellOf(eventId, { organizerId: organizer.id, status: 'DELETED', version: 3 })
    for (const viewer of [buyer, organizer, admin]) expect(await seenBy(viewer)).toBeNull()
  })
})

describe('users missed: the organizer of an event', () => {
  const LIST = `query ($id: ID!, $status: BookingStatus, $after: String) {
    eventBookings(eventId: $id, status: $status, first: 2, after: $after) {
      totalCount edges { node { id } } pageInfo { endCursor hasNextPage } } }`

  it('lists its bookings, looks into them, and gives up those that are not paid', async () => {
    const [organizer, buyer] = [person({ role: 'ORGANIZER' }), await booking.buyer()]
    const event = { organizerId: organizer.id, eventId: newId() }
    const made = []
    for (let n = 0; n < 3; n += 1) made.unshift(await pendingBooking(booking.db, buyer.id, 1_000, event))
    const ids = made.map(({ id }) => id)
    await booking.ask(buyer, PAY, { id: ids[0] })
    const list = async (viewer: typeof organizer, variables = {}) =>
      booking.ask(viewer, LIST, { id: event.eventId.toUpperCase(), ...variables })

    const first = (await list(organizer)).data.eventBookings
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
    const after = first.pageInfo.endCursor
    const second = (await list(organizer, { after })).data.eventBookings
    const seen = [...first.edges, ...second.edges].map((edge: { node: { id: string } }) => edge.node.id)
    expect(seen).toEqual(ids)
    expect((await list(organizer, { status: 'PAID' })).data.eventBookings.edges).toEqual([
      { node: { id: ids[0] } },
    ])
    expect((await list(person({ role: 'ADMIN' }))).data.eventBookings.totalCount).toBe(3)
    for (const stranger of [buyer, person({ role: 'ORGANIZER' })])
      expect((await list(stranger)).code).toBe('FORBIDDEN')
    expect((await booking.ask(organizer, LIST, { id: newId() })).code).toBe('FORBIDDEN')
    expect((await booking.ask(organizer, LIST, { id: '' })).code).toBe('BAD_USER_INPUT')
    // A cursor is of one list only.
    const mine = `{ myBookings(after: "${after}") { totalCount } }`
    expect((await booking.ask(buyer, mine)).code).toBe('BAD_USER_INPUT')

    expect((await booking.ask(organizer, READ, { id: ids[1] })).data.booking.status).toBe('PENDING')
    expect((await booking.ask(organizer, CANCEL, { id: ids[1] })).data.cancelBooking.status).toBe('CANCELLED')
    expect((await booking.ask(organizer, CANCEL, { id: ids[0] })).code).toBe('REFUND_NOT_ALLOWED')
    expect((await booking.ask(person({ role: 'ORGANIZER' }), CANCEL, { id: ids[2] })).code).toBe('FORBIDDEN')
    expect((await booking.ask(organizer, PAY, { id: ids[2] })).code).toBe('FORBIDDEN')
  })

  it('is whoever the event was handed over to', async () => {
    const [before, now] = [person({ role: 'ORGANIZER' }), person({ role: 'ORGANIZER' })]
    const { id, eventId } = await pendingBooking(booking.db, newId(), 1_000, { organizerId: before.id })
    await tellOf(eventId, { organizerId: now.id })
    expect((await booking.ask(now, READ, { id })).data.booking.id).toBe(id)
    expect((await booking.ask(before, READ, { id })).code).toBe('FORBIDDEN')
    expect((await booking.ask(before, LIST, { id: eventId })).code).toBe('FORBIDDEN')
    expect((await booking.ask(now, LIST, { id: eventId })).data.eventBookings.totalCount).toBe(1)
  })
})

describe('an event that has not changed since booking is told of events', () => {
  it('is asked for before its organizer is refused, and only then', async () => {
    const [organizer, eventId] = [person({ role: 'ORGANIZER' }), newId()]
    const asked: string[] = []
    await using event = await createStandIn({
      eventForSale({ id }) {
        asked.push(id)
        const times = {
          startsAt: new Date().toISOString(),
          endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        }
        const facts = {
          title: 'Konser',
          status: 'APPROVED',
          currency: 'IDR',
          timezone: 'Asia/Jakarta',
          version: 3,
        }
        return id === eventId ? { id, organizerId: organizer.id, ...facts, ...times } : null
      },
    })
    await using process = await startBooking({ EVENT_URL: event.url })
    const list = async (viewer: typeof organizer, id = eventId) =>
      process.ask(viewer, 'query ($id: ID!) { eventBookings(eventId: $id) { totalCount } }', { id })
    expect((await list(person())).code).toBe('FORBIDDEN')
    expect(asked).toEqual([])
    for (const _ of [1, 2]) expect((await list(organizer)).data.eventBookings.totalCount).toBe(0)
    expect(asked).toEqual([eventId])
    expect((await list(person({ role: 'ORGANIZER' }))).code).toBe('FORBIDDEN')
    expect((await list(organizer, newId())).code).toBe('FORBIDDEN')
    expect(asked).toHaveLength(3)
  })
})
