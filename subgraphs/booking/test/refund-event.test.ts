import { whenReached } from '@karcis/kit/fault-points'
import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { describe, expect, it } from 'vitest'
import { paceOf } from '../src/domain/bookings/pace.ts'
import { cancelManyTickets } from '../src/domain/fulfilment/issue-tickets.ts'
import { refundEvent, sweepEventRefunds } from '../src/domain/refunds/refund-event.ts'
import { refundTogether } from '../src/domain/refunds/refund-together.ts'
import { balanceOf } from './booking-process.ts'
import { audit } from './money.ts'
import {
  boughtAt,
  GRANT,
  knownEvent,
  PRICE,
  refundAlone,
  REQUEST,
  setPolicy,
  tellOf,
} from './refund-stories.ts'
import { type OnSale, startWorld, type World } from './world.ts'

const READ = `query ($id: ID!) { booking(id: $id) { status refundedAmount refundReason
  refunds { amount reason } refundRequests { status } } }`

const callOff = (world: World, event: OnSale) =>
  tellOf(world, event, { status: 'CANCELLED', cancellationReason: 'The singer is ill.' })

const stateOf = ({ db }: World, { eventId }: OnSale) => db.eventRefund.findUnique({ where: { eventId } })

/** As if it had been called off long ago, and time for another pass. */
async function passAgain({ db, subgraph }: World, { eventId }: OnSale) {
  await db.$executeRaw`UPDATE event_refunds SET created_at = now() - interval '1 hour' WHERE event_id = ${eventId}::uuid`
  await refundAlone(subgraph.deps, eventId)
}

const notRefunded = async ({ db }: World, { eventId }: OnSale): Promise<number> =>
  db.booking.count({ where: { eventId, status: { not: 'REFUNDED' } } })

describe('an event that is called off', () => {
  it('gives everybody all their money back, whatever they have asked for or had back before', async () => {
    await using world = await startWorld()
    const event = await knownEvent(world)
    await setPolicy(world, event, { approval: 'ORGANIZER' })
    const whole = await boughtAt(world, event)
    const asked = await boughtAt(world, event)
    const input = { bookingId: asked.bookingId, ticketIds: [asked.tickets[0]], reason: 'Ill.' }
    await world.ask(asked.buyer, REQUEST, { input })
    await setPolicy(world, event, { tiers: [{ hoursBeforeStart: 0, percent: 50 }] })
    const part = await boughtAt(world, event)
    const half = { bookingId: part.bookingId, ticketIds: [part.tickets[0]], reason: 'Ill.' }
    expect((await world.ask(part.buyer, REQUEST, { input: half })).data.requestRefund.amount).toBe(PRICE / 2)
    const unpaid = await world.book(await world.buyer(), { ticketTypeId: whole.type, quantity: 2 })

    await callOff(world, event)
    await eventually(async () => expect(await stateOf(world, event)).toMatchObject({ refunded: 3 }))
    const reason = 'The event was cancelled: The singer is ill.'
    const see = async ({ buyer, bookingId }: typeof whole) =>
      (await world.ask(buyer, READ, { id: bookingId })).data.booking
    expect(await see(whole)).toMatchObject({ status: 'REFUNDED', refundReason: reason })
    expect(await see(asked)).toMatchObject({
      status: 'REFUNDED',
      refundRequests: [{ status: 'APPROVED' }],
      refunds: [{ amount: 3 * PRICE, reason }],
    })
    expect(await see(part)).toMatchObject({
      refunds: [{ amount: PRICE / 2 }, { amount: 2.5 * PRICE, reason }],
    })
    for (const { buyer } of [whole, asked, part]) expect(await balanceOf(world, buyer)).toBe(GRANT)
    await eventually(async () => {
      const row = await world.db.booking.findUnique({ where: { id: unpaid } })
      expect(row?.status).toBe('EXPIRED')
      for (const { type } of [whole, asked, part])
        expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 10 })
    })
    const tickets = await world.ticket().deps.db.$queryRaw`SELECT DISTINCT status FROM tickets`
    expect(tickets).toEqual([{ status: 'REFUNDED' }])
    await passAgain(world, event)
    expect(await stateOf(world, event)).toMatchObject({ status: 'DONE', refunded: 3 })
    expect(await audit(world.db)).toEqual([])
  })

  it('goes on from where it was broken off, and refunds nobody twice', async () => {
    await using world = await startWorld()
    const event = await knownEvent(world)
    for (let n = 0; n < 5; n += 1) await boughtAt(world, event, 1)
    const { deps } = world.subgraph
    const { db } = deps
    // The process dies in the middle of a batch: the third booking comes to nothing, and nothing is noted.
    await db.$executeRaw`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN IF (SELECT count(*) FROM booking_refunds) >= 2 THEN RAISE EXCEPTION ''killed''; END IF; RETURN NEW; END'`
    await db.$executeRaw`CREATE TRIGGER die BEFORE INSERT ON booking_refunds FOR EACH ROW EXECUTE FUNCTION die()`
    await callOff(world, event)
    await expect(refundAlone(world.subgraph.deps, event.eventId)).rejects.toThrow(/killed/)
    expect(await notRefunded(world, event)).toBeGreaterThan(0)
    await db.$executeRaw`DROP FUNCTION die() CASCADE`
    await db.$executeRaw`DELETE FROM graphile_worker._private_jobs WHERE key LIKE 'refund-event:%' AND locked_at IS NULL`
    await db.$executeRaw`UPDATE event_refunds SET updated_at = now() - interval '1 hour'`
    await sweepEventRefunds(deps)
    await eventually(async () => expect(await notRefunded(world, event)).toBe(0))
    expect(await audit(db)).toEqual([])
  })

  it('ends the tickets of many in one go, however often it is begun, and goes on when the ticket subgraph is back', async () => {
    await using world = await startWorld()
    const event = await knownEvent(world)
    const sold = [
      await boughtAt(world, event, 1),
      await boughtAt(world, event, 2),
      await boughtAt(world, event, 1),
    ]
    const { deps } = world.subgraph
    const ids = sold.map(({ bookingId }) => bookingId)
    await world.stopTicket()
    expect(await refundTogether(deps, ids, 'Rain.')).toEqual(new Set(ids))
    await expect(cancelManyTickets(deps, ids)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    await world.restartTicket()
    const jobs = await world.db.$queryRaw`SELECT job.payload->'bookingIds' AS ids, job.priority
      FROM graphile_worker._private_jobs job JOIN graphile_worker._private_tasks task ON task.id = job.task_id
      WHERE task.identifier = 'cancel-many-tickets'`
    expect(jobs).toEqual([{ ids, priority: 10 }])
    await parallel(3, () => cancelManyTickets(deps, ids))
    const tickets = await world.ticket().deps.db
      .$queryRaw`SELECT status, count(*)::int AS n FROM tickets GROUP BY status`
    expect(tickets).toEqual([{ status: 'REFUNDED', n: 4 }])
    for (const { type } of sold) expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 10 })
    expect(await world.db.booking.count({ where: { status: 'REFUNDED', fulfilled: true } })).toBe(3)
    expect(await audit(world.db)).toEqual([])
  })

  it('has its tickets ended with the money, and its job only where that failed; slowly while others buy', async () => {
    await using world = await startWorld()
    const event = await knownEvent(world)
    const { deps } = world.subgraph
    expect(await paceOf(deps.db)).toMatchObject({ piece: 100, rest: expect.closeTo(0, 0) })
    for (let n = 0; n < 3; n += 1) await boughtAt(world, event, 1)
    expect(await paceOf(deps.db)).toMatchObject({ piece: 25 })
    await callOff(world, event)
    const isOver = { status: 'REFUNDED', fulfilled: true } as const
    await eventually(async () => expect(await world.db.booking.count({ where: isOver })).toBe(3))
    const due = await world.db.$queryRaw`SELECT job.run_at > now() AS later
      FROM graphile_worker._private_jobs job JOIN graphile_worker._private_tasks task ON task.id = job.task_id
      WHERE task.identifier = 'cancel-many-tickets'`
    expect(due).toEqual([{ later: true }])
    const tickets = await world.ticket().deps.db.$queryRaw`SELECT DISTINCT status FROM tickets`
    expect(tickets).toEqual([{ status: 'REFUNDED' }])
  })

  it('rests for longer, the more others Postgres is at work for, while somebody buys', async () => {
    await using world = await startWorld()
    const { db } = world.subgraph.deps
    const idle = (await paceOf(db)).rest
    await boughtAt(world, await knownEvent(world), 1)
    const rests: number[] = []
    for (const sessions of [0, 2]) {
      const work = Promise.all(
        Array.from({ length: sessions }, () => db.$queryRaw`SELECT pg_sleep(0.5)::text`),
      )
      await eventually(async () => {
        const [row] = await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%' AND state = 'active'`
        expect(row?.n).toBe(sessions)
      })
      rests.push((await paceOf(db)).rest)
      await work
    }
    const [alone = 0, beside = 0] = rests
    expect(alone).toBeGreaterThan(10 * idle)
    expect(beside).toBeGreaterThan(alone)
  })

  it('is refunded beside others in one job of a process, piece by piece in turn', async () => {
    await using world = await startWorld()
    const { deps } = world.subgraph
    const due = { ...deps, eventRefundsDue: new Set<string>() }
    const events = [await knownEvent(world), await knownEvent(world)]
    const [first, second] = events.map(({ eventId }) => eventId)
    if (!first || !second) throw new Error('two events')
    for (const event of events) for (let n = 0; n < 2; n += 1) await boughtAt(world, event, 1)
    await world.db
      .$executeRaw`INSERT INTO event_refunds (event_id, reason) VALUES (${first}::uuid, 'Rain.'), (${second}::uuid, 'Rain.')`
    const seen: string[] = []
    using _ = whenReached(async (point) => {
      if (point !== 'refund-event/noted') return
      const refunded = await Promise.all(events.map((event) => notRefunded(world, event)))
      seen.push(refunded.join())
      // The job of the second one comes while that of the first is at work: it ends at once, and its event is taken along.
      if (seen.length === 1) await refundEvent(due, second)
    })
    await refundEvent(due, first)
    expect(seen).toEqual(['0,2', '0,0'])
    expect(due.eventRefundsDue.size).toBe(0)
    expect(await audit(world.db)).toEqual([])
  })

  it('by several processes at once, and told twice, refunds each booking once', async () => {
    await using world = await startWorld()
    const event = await knownEvent(world)
    for (let n = 0; n < 4; n += 1) await boughtAt(world, event, 1)
    await callOff(world, event)
    await callOff(world, event)
    await parallel(4, () => refundAlone(world.subgraph.deps, event.eventId))
    await eventually(async () => expect(await notRefunded(world, event)).toBe(0))
    expect(await world.db.bookingRefund.count()).toBe(4)
    expect(await audit(world.db)).toEqual([])
  })

  it('refunds many in one transaction, but for those of which a ticket is being refunded by itself', async () => {
    await using world = await startWorld()
    const event = await knownEvent(world)
    await setPolicy(world, event, { tiers: [{ hoursBeforeStart: 0, percent: 50 }] })
    const [whole, part, ending] = [
      await boughtAt(world, event),
      await boughtAt(world, event),
      await boughtAt(world, event),
    ]
    const { deps } = world.subgraph
    const ask = ({ buyer, bookingId, tickets }: typeof whole) =>
      world.ask(buyer, REQUEST, { input: { bookingId, ticketIds: [tickets[0]], reason: 'Ill.' } })
    await ask(part)
    await world.stopTicket()
    await ask(ending)
    const ids = [whole, part, ending].map(({ bookingId }) => bookingId)
    expect(await refundTogether(deps, ids, 'Rain.')).toEqual(new Set(ids.slice(0, 2)))
    expect(await refundTogether(deps, ids, 'Rain.')).toEqual(new Set())
    expect(await balanceOf(world, whole.buyer)).toBe(GRANT)
    expect(await balanceOf(world, part.buyer)).toBe(GRANT)
    expect(await audit(world.db)).toEqual([])
    await world.restartTicket()
  })
})
