import type { Viewer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { sweepHolds } from '@karcis/ticket/domain/allocation/bound-hold-ender'
import { describe, expect, it } from 'vitest'
import { cancelTickets, issueTickets } from '../src/domain/fulfilment/issue-tickets.ts'
import { sweepBookings } from '../src/domain/fulfilment/release-booking.ts'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { audit } from './money.ts'
import { CANCEL, CREATE, PAY, READ, REFUND } from './operations.ts'
import { loseIssueJobs, startWorld, type World } from './world.ts'

// The ticket subgraph goes away in the middle of things. Money and tickets agree again when it is back.

const bookingOf = async (world: World, viewer: Viewer, id: string) =>
  (await world.ask(viewer, READ, { id })).data.booking

/** Does now what the minute's sweep would: brings forward whatever is left to do. */
const sweep = async ({ db }: World) => {
  await db.$executeRaw`UPDATE bookings SET updated_at = now() - interval '1 hour' WHERE NOT fulfilled`
  await db.$executeRaw`SELECT graphile_worker.add_job('sweep-bookings', '{}')`
}

/** Two of five places are booked and paid; the ticket subgraph has stopped in between. */
async function paidWhileTicketIsAway() {
  await using stack = new AsyncDisposableStack()
  const world = stack.use(await startWorld())
  const event = await world.eventOnSale()
  const type = await world.ticketType(event, { price: 10_000, quota: 5 })
  const buyer = await world.buyer()
  const id = await world.book(buyer, { ticketTypeId: type, quantity: 2 })
  await world.stopTicket()
  const { data } = await world.ask(buyer, PAY, { id })
  expect(data.confirmPayment).toMatchObject({ status: 'PAID', tickets: [], payment: { amount: 20_000 } })
  const rest = stack.move()
  return { world, type, buyer, id, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

describe('the ticket subgraph dies between payment and tickets', () => {
  it('and the job issues them when it is back', async () => {
    await using story = await paidWhileTicketIsAway()
    const { world, type, buyer, id } = story
    await world.restartTicket()
    await eventually(async () => expect((await bookingOf(world, buyer, id)).tickets).toHaveLength(2))
    expect(await bookingOf(world, buyer, id)).toMatchObject({ status: 'PAID' })
    expect(await world.stock(type)).toEqual({ sold: 2, held: 0, available: 3 })
    expect(await audit(world.db)).toEqual([])
  })

  it('and the sweep finds what even the job has lost', async () => {
    await using story = await paidWhileTicketIsAway()
    const { world, type, buyer, id } = story
    await loseIssueJobs(world, id)
    await world.restartTicket()
    await sweep(world)
    await eventually(async () => expect((await bookingOf(world, buyer, id)).tickets).toHaveLength(2))
    expect(await world.stock(type)).toEqual({ sold: 2, held: 0, available: 3 })
  })

  it('and when its places were given up and sold to others by then, all the money goes back', async () => {
    await using story = await paidWhileTicketIsAway()
    const { world, type, buyer, id } = story
    await loseIssueJobs(world, id)
    await world.lines.toBooking.refuse() // for longer than ticket waits for word
    await world.restartTicket()
    await world.ticket().deps.db.$executeRaw`UPDATE holds SET expires_at = now() - interval '1 day'`
    expect(await sweepHolds(world.ticket().deps)).toBe(1)
    await world.lines.toBooking.restore()
    const other = await world.buyer()
    await world.ask(other, PAY, { id: await world.book(other, { ticketTypeId: type, quantity: 5 }) })
    expect(await bookingOf(world, buyer, id)).toMatchObject({ status: 'PAID', tickets: [] })

    await sweep(world)
    await eventually(async () => expect((await bookingOf(world, buyer, id)).status).toBe('REFUNDED'))
    expect(await bookingOf(world, buyer, id)).toMatchObject({
      tickets: [],
      refundedAmount: 20_000,
      refundReason: 'The places were gone before the tickets could be issued.',
      payment: { status: 'REFUNDED' },
    })
    expect(await world.stock(type)).toEqual({ sold: 5, held: 0, available: 0 })
    expect(await audit(world.db)).toEqual([])
  })
})

describe('the ticket subgraph is away', () => {
  it('while a booking is cancelled: its places are free when it is back', async () => {
    await using world = await startWorld()
    const type = await world.ticketType(await world.eventOnSale(), { price: 10_000, quota: 5 })
    const buyer = person()
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 2 })
    await world.stopTicket()
    expect((await world.ask(buyer, CANCEL, { id })).data.cancelBooking.status).toBe('CANCELLED')
    await world.restartTicket()
    await eventually(async () => expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 5 }))
  })

  it('line 7: while a booking is refunded: its tickets end when it is back, and its watchers hear of that', async () => {
    await using world = await startWorld()
    const type = await world.ticketType(await world.eventOnSale(), { price: 10_000, quota: 5 })
    const buyer = await world.buyer()
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 2 })
    expect((await world.ask(buyer, PAY, { id })).data.confirmPayment.tickets).toHaveLength(2)
    const next = await world.watch(buyer, 'subscription ($id: ID!) { bookingChanged(id: $id) { status } }', {
      id,
    })
    expect((await next()).data.bookingChanged.status).toBe('PAID')
    await world.stopTicket()
    const { data } = await world.ask(person({ role: 'ADMIN' }), REFUND, { id, reason: 'Rain.' })
    expect(data.refundBooking).toMatchObject({ status: 'REFUNDED', payment: { status: 'REFUNDED' } })
    expect((await next()).data.bookingChanged.status).toBe('REFUNDED')
    await world.restartTicket()
    expect((await next()).data.bookingChanged.status).toBe('REFUNDED') // again, with its tickets out of use
    expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 5 })
    expect(await audit(world.db)).toEqual([])
  })

  it('while someone books: nothing is written, and the same key goes on afterwards', async () => {
    await using world = await startWorld()
    const type = await world.ticketType(await world.eventOnSale(), { price: 10_000, quota: 5 })
    const buyer = person()
    const input = { ticketTypeId: type, quantity: 2, idempotencyKey: 'patience' }
    await world.stopTicket()
    expect((await world.ask(buyer, CREATE, { input })).code).toBe('SERVICE_UNAVAILABLE')
    expect(await world.db.booking.count()).toBe(0)
    await world.restartTicket()
    await world.book(buyer, input)
    expect(await world.stock(type)).toEqual({ sold: 0, held: 2, available: 3 })
  })
})

describe('issuing', () => {
  async function twentyTimes(story: Awaited<ReturnType<typeof paidWhileTicketIsAway>>) {
    const { world, id } = story
    await loseIssueJobs(world, id)
    await world.restartTicket()
    await parallel(20, () => issueTickets(world.subgraph.deps, id))
    return world.db.bookingTicket.count()
  }

  it('twenty times at once, without guards (NOT fulfilled, booking_tickets_pkey), counts tickets twice', async () => {
    await using story = await paidWhileTicketIsAway()
    const { db, subgraph } = story.world
    await db.$executeRawUnsafe(`ALTER TABLE booking_tickets
      DROP CONSTRAINT booking_tickets_pkey CASCADE, DROP CONSTRAINT booking_tickets_booking_id_position_key`)
    await withMutant(subgraph.deps, [" AND status = 'PAID' AND NOT fulfilled"], async () => {
      expect(await twentyTimes(story)).toBeGreaterThan(2)
    })
  })

  it('twenty times at once gives one set of tickets', async () => {
    await using story = await paidWhileTicketIsAway()
    expect(await twentyTimes(story)).toBe(2)
    expect((await bookingOf(story.world, story.buyer, story.id)).tickets).toHaveLength(2)
    expect(await story.world.stock(story.type)).toEqual({ sold: 2, held: 0, available: 3 })
  })

  /**
   * Tickets are asked for, for a booking that was refunded meanwhile.
   * @param cancelled whether its tickets were cancelled as well, before there were any: then none come of it any more.
   */
  async function tooLate(
    { world, id }: Awaited<ReturnType<typeof paidWhileTicketIsAway>>,
    cancelled: boolean,
  ) {
    await loseIssueJobs(world, id)
    await world.restartTicket()
    const { deps } = world.subgraph
    const { tickets } = deps
    let late: { issued: boolean } | undefined
    deps.tickets = {
      ...tickets,
      async issue(bookingId) {
        // Another run was told that the places are gone. It refunds before this one gets its tickets.
        await refundInFull(deps, bookingId, 'gone', { fulfilled: false })
        if (cancelled) await cancelTickets(deps, bookingId)
        late = await tickets.issue(bookingId)
        return late as Awaited<ReturnType<typeof tickets.issue>>
      },
    }
    await issueTickets(deps, id)
    expect(late).toMatchObject({ issued: !cancelled })
  }

  it('that comes too late, for a booking that was refunded, leaves no ticket', async () => {
    await using story = await paidWhileTicketIsAway()
    const { world, type, buyer, id } = story
    await tooLate(story, true)
    expect(await bookingOf(world, buyer, id)).toMatchObject({ status: 'REFUNDED', tickets: [] })
    await eventually(async () => expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 5 }))
    expect(await audit(world.db)).toEqual([])
  })

  it('that comes too late leaves none either when the job that cancels it is lost (line 27)', async () => {
    await using story = await paidWhileTicketIsAway()
    const { db, subgraph, stock } = story.world
    await db.$executeRaw`CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`
    await db.$executeRaw`CREATE TRIGGER lose BEFORE INSERT ON graphile_worker._private_jobs
      FOR EACH ROW EXECUTE FUNCTION lose()`
    await tooLate(story, false)
    await db.$executeRaw`DROP FUNCTION lose() CASCADE`
    expect(await stock(story.type)).toEqual({ sold: 2, held: 0, available: 3 })
    await db.$executeRaw`UPDATE bookings SET updated_at = updated_at - interval '1 minute'`
    await sweepBookings(subgraph.deps)
    await eventually(async () => expect(await stock(story.type)).toEqual({ sold: 0, held: 0, available: 5 }))
  })
})
