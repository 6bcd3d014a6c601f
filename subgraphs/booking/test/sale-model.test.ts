import { whenReached } from '@karcis/kit/fault-points'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { sweepHolds } from '@karcis/ticket/domain/allocation/bound-hold-ender'
import { describe, expect, it } from 'vitest'
import { issueTickets } from '../src/domain/fulfilment/issue-tickets.ts'
import { sweepBookings } from '../src/domain/fulfilment/release-booking.ts'
import { listEnding } from '../src/domain/refunds/booking-refund-store.ts'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { finishRefund } from '../src/domain/refunds/refund-tickets.ts'
import { audit } from './money.ts'
import { CANCEL, PAY } from './operations.ts'
import { boughtAt, knownEvent, REQUEST, setPolicy } from './refund-stories.ts'
import { loseIssueJobs, startWorld } from './world.ts'

// Counterexamples of docs/model/sale.pml that no other test replays; docs/model/README.md names the tests of the others.

/** A booking that is paid, whose places were given up and are a rival's by now, and for which no job is left. */
async function paidAndGone() {
  await using stack = new AsyncDisposableStack()
  const world = stack.use(await startWorld())
  const type = await world.ticketType(await world.eventOnSale(), { price: 10_000, quota: 1 })
  const [buyer, rival] = [await world.buyer(), await world.buyer()]
  const id = await world.book(buyer, { ticketTypeId: type, quantity: 1 })
  await world.stopTicket()
  await world.ask(buyer, PAY, { id })
  await loseIssueJobs(world, id)
  await world.lines.toBooking.refuse() // for longer than ticket waits for word
  await world.restartTicket()
  const ticket = world.ticket().deps
  await ticket.db.$executeRaw`UPDATE holds SET expires_at = now() - interval '1 day'`
  expect(await sweepHolds(ticket)).toBe(1)
  await world.lines.toBooking.restore()
  const taken = await world.book(rival, { ticketTypeId: type, quantity: 1 })
  const rest = stack.move()
  return {
    world,
    id,
    ticket,
    async statusOf() {
      const [row] = await world.db.$queryRaw<{ status: string }[]>`
        SELECT status FROM bookings WHERE id = ${id}::uuid`
      return row?.status
    },
    /** The rival gives the places back. */
    free: () => world.ask(rival, CANCEL, { id: taken }),
    async validTickets() {
      const [row] = await ticket.db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM tickets
        WHERE booking_id = ${id}::uuid AND status = 'VALID'`
      return row?.n ?? 0
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

describe('tickets that are asked for again after they were cancelled', () => {
  /**
   * A run asks for tickets; while it is on its way, another is told that the places are gone, and refunds. Then the places are free again,
   * the question arrives, and the run that has sent it dies (issue-tickets/issued).
   * @returns how many tickets there are of the booking that was refunded.
   */
  async function askedTooLate(guarded: boolean): Promise<number> {
    await using story = await paidAndGone()
    const { world, id, ticket } = story
    const { deps } = world.subgraph
    const { tickets } = deps
    deps.tickets = {
      ...tickets,
      async issue(bookingId) {
        deps.tickets = tickets
        await issueTickets(deps, bookingId) // the other run
        expect(await story.statusOf()).toBe('REFUNDED')
        await tickets.cancel(id) // as its job does
        await tickets.release(id)
        await story.free()
        return tickets.issue(bookingId)
      },
    }
    let asked = 0
    using _ = whenReached((point) => {
      if (point === 'issue-tickets/issued' && ++asked === 2) throw new Error('dies')
    })
    const run = () => issueTickets(deps, id).catch((error: Error) => error.message)
    const guard = ['SELECT status, revoked FROM', 'SELECT status, false AS revoked FROM'] as const
    expect(guarded ? await run() : await withMutant(ticket, guard, run)).toBe('dies')
    expect(await audit(world.db)).toEqual([])
    return story.validTickets()
  }

  it('are not issued', async () => {
    expect(await askedTooLate(true)).toBe(0)
  })

  it('without the guard (revoked, under the lock of the hold) stay with a buyer who has the money back', async () => {
    expect(await askedTooLate(false)).toBe(1)
  })
})

describe('a run that was told that the places are gone, while another has got them again', () => {
  async function toldBefore(guarded: boolean): Promise<unknown> {
    await using story = await paidAndGone()
    const { world, id } = story
    const { deps } = world.subgraph
    let asked = 0
    using _ = whenReached(async (point) => {
      if (point !== 'issue-tickets/issued' || ++asked > 1) return
      await story.free()
      await issueTickets(deps, id) // the other run
      expect(await story.validTickets()).toBe(1)
    })
    const guard = [' AND fulfilled = ', ' AND true OR false AND fulfilled = '] as const
    const run = () => issueTickets(deps, id)
    await (guarded ? run() : withMutant(deps, guard, run))
    return story.statusOf()
  }

  it('refunds nothing', async () => {
    expect(await toldBefore(true)).toBe('PAID')
  })

  it('without the guard (fulfilled, of moveToRefunded) refunds somebody who has tickets', async () => {
    expect(await toldBefore(false)).toBe('REFUNDED')
  })
})

describe('a refund of all that was paid, while a ticket of it is being refunded by itself', () => {
  /** @returns what the refund of the ticket comes to, when an admin gives everything back once the ticket is out of use and before its money has moved. */
  async function inTheMidst(guarded: boolean): Promise<unknown> {
    await using world = await startWorld()
    const event = await knownEvent(world)
    await setPolicy(world, event, {})
    const { bookingId, buyer, tickets } = await boughtAt(world, event, 2)
    const { deps } = world.subgraph
    const whole = () => refundInFull(deps, bookingId, 'Rain.', { fulfilled: true })
    const guard = ["booking_refunds.status = 'ENDING'", 'false'] as const
    using _ = whenReached(async (point) => {
      if (point === 'request-refund/written') throw new Error('dies')
      if (point === 'refund-tickets/ended') await (guarded ? whole() : withMutant(deps, guard, whole))
    })
    await world.ask(buyer, REQUEST, { input: { bookingId, ticketIds: [tickets[0]], reason: 'Ill.' } })
    await world.db.$executeRaw`DELETE FROM graphile_worker._private_jobs WHERE key LIKE 'refund-tickets:%'`
    const [refundId = ''] = await listEnding(world.db, bookingId)
    const refund = await finishRefund(deps, refundId).catch((error: Error) => error.message)
    return typeof refund === 'string' ? refund : refund?.status
  }

  it('waits for it', async () => {
    expect(await inTheMidst(true)).toBe('MADE')
  })

  it('without the guard (nothing open, of moveToRefunded) leaves a refund that can never be made', async () => {
    expect(await inTheMidst(false)).toMatch(/cannot give 10000 back/)
  })
})

describe('a run that dies before it has asked for tickets', () => {
  /** The job is gone with it. @param swept whether the sweep looks for what was left. */
  async function leftAlone(swept: boolean): Promise<number> {
    await using world = await startWorld()
    const type = await world.ticketType(await world.eventOnSale(), { price: 10_000, quota: 1 })
    const buyer = await world.buyer()
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 1 })
    await world.stopTicket()
    await world.ask(buyer, PAY, { id })
    await loseIssueJobs(world, id)
    await world.restartTicket()
    const { deps } = world.subgraph
    await world.db.$executeRaw`UPDATE bookings SET updated_at = now() - interval '1 hour'`
    const sweep = () => sweepBookings(deps)
    await (swept ? sweep() : withMutant(deps, ['WHERE NOT fulfilled AND', 'WHERE false AND'], sweep))
    await eventually(async () =>
      expect(
        await world.db.$queryRaw`SELECT id FROM graphile_worker.jobs WHERE task_identifier = 'issue-tickets'`,
      ).toEqual([]),
    )
    expect(await world.db.booking.findUnique({ where: { id } })).toMatchObject({ status: 'PAID' })
    const issued = await world.db.bookingTicket.count()
    return issued
  }

  it('is made up for by the sweep', async () => {
    expect(await leftAlone(true)).toBe(1)
  })

  it('without the guards (the job, and the sweep for what is not fulfilled) leaves a PAID booking without tickets', async () => {
    expect(await leftAlone(false)).toBe(0)
  })
})
