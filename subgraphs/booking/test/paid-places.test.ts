import { EXPIRE_BOOKINGS, MOST_LAPSED_HOLDS } from '@karcis/kit/contracts/bound-hold'
import { ServiceUnavailable } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { eventually } from '@karcis/testkit/eventually'
import { mutantOf } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { expireHold, sweepHolds } from '@karcis/ticket/domain/allocation/bound-hold-ender'
import { describe, expect, it } from 'vitest'
import { startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { pileUp } from './mutants.ts'
import { CREATE, PAY, READ } from './operations.ts'
import { startWorld, type World } from './world.ts'

// Nobody is told PAID whose places can still go to another, whichever of the two subgraphs dies or stands still, and when.

/** Two of five places, booked by somebody who can pay. */
async function twoOfFive(world: World) {
  const type = await world.ticketType(await world.eventOnSale(), { price: 10_000, quota: 5 })
  const buyer = await world.buyer()
  const id = await world.book(buyer, { ticketTypeId: type, quantity: 2 })
  return { type, buyer, id, holdId: await holdOf(world, id) }
}

const holdOf = async ({ ticket }: World, bookingId: string): Promise<string> =>
  (await ticket().deps.db.hold.findFirstOrThrow({ where: { bookingId } })).id

/** The time of everything that is held is up, and the job that ends it runs. @returns how many holds ended. */
async function timeIsUp(world: World, holdId: string): Promise<number> {
  const { deps } = world.ticket()
  await deps.db.$executeRaw`UPDATE holds SET expires_at = now() - interval '1 second' WHERE status = 'ACTIVE'`
  return expireHold(deps, holdId)
}

const bookingOf = async ({ ask }: World, viewer: Parameters<World['ask']>[0], id: string) =>
  (await ask(viewer, READ, { id })).data.booking

/** What another buyer is answered who wants all five. */
const takeAll = async ({ ask }: World, ticketTypeId: string) =>
  (await ask(person(), CREATE, { input: { ticketTypeId, quantity: 5 } })).code

const payingWithoutAnswer = async (world: World, buyer: Parameters<World['ask']>[0], id: string) => {
  await world.stopTicket()
  const { data } = await world.ask(buyer, PAY, { id })
  expect(data.confirmPayment).toMatchObject({ status: 'PAID', tickets: [] })
  await world.db
    .$executeRaw`UPDATE graphile_worker._private_jobs SET run_at = now() + interval '1 hour' WHERE key LIKE 'issue-tickets%'`
}

const issueNow = ({ db }: World) => db.$executeRaw`SELECT graphile_worker.reschedule_jobs(
  (SELECT array_agg(id) FROM graphile_worker.jobs WHERE key LIKE 'issue-tickets%'), run_at => now())`

describe('line 29: the ticket subgraph dies between payment and tickets, and is away past the hold', () => {
  async function story(world: World): Promise<{ code: string | undefined; status: string; tickets: number }> {
    const { type, buyer, id, holdId } = await twoOfFive(world)
    await payingWithoutAnswer(world, buyer, id)
    await world.restartTicket()
    const { deps } = world.ticket()
    if (guard) deps.db = guard(deps.db)
    await timeIsUp(world, holdId)
    await sweepHolds(deps)
    const code = await takeAll(world, type)
    await issueNow(world)
    return eventually(async () => {
      const booking = await bookingOf(world, buyer, id)
      if (booking.status === 'PAID' && booking.tickets.length === 0) throw new Error('still to be issued')
      return { code, status: booking.status, tickets: booking.tickets.length }
    })
  }
  type Db = ReturnType<World['ticket']>['deps']['db']
  let guard: ((db: Db) => Db) | null = null

  it('without the guard (a bound hold does not end by its time) they are told PAID and refunded', async () => {
    await using world = await startWorld()
    guard = (db) => {
      const lapsed = mutantOf(
        db,
        "h.status = 'ACTIVE' AND h.booking_id IS NULL AND",
        "h.status = 'ACTIVE' AND",
      )
      return mutantOf(lapsed.db, ' OR h.booking_id IS NULL)', ' OR true)').db
    }
    expect(await story(world)).toEqual({ code: undefined, status: 'REFUNDED', tickets: 0 })
    guard = null
    expect(await audit(world.db)).toEqual([])
  })

  it('with it the places wait, nobody else gets them, and the tickets come', async () => {
    await using world = await startWorld()
    expect(await story(world)).toEqual({ code: 'SOLD_OUT', status: 'PAID', tickets: 2 })
    expect(await audit(world.db)).toEqual([])
  })
})

describe('line 29: the booking subgraph', () => {
  it('stands still while its places are asked for: they wait, and what was not paid is freed when it answers', async () => {
    await using world = await startWorld()
    const { type, holdId, id } = await twoOfFive(world)
    world.lines.toBooking.stall(true)
    expect(await timeIsUp(world, holdId)).toBe(0)
    expect(await world.stock(type)).toEqual({ sold: 0, held: 2, available: 3 })
    expect(await takeAll(world, type)).toBe('SOLD_OUT')
    world.lines.toBooking.stall(false)
    expect(await sweepHolds(world.ticket().deps)).toBe(0) // by its own clock there is still time to pay
    await world.db.$executeRaw`UPDATE bookings SET expires_at = now()`
    await eventually(async () => {
      await sweepHolds(world.ticket().deps) // which asks nobody as long as the circuit breaker is open
      expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 5 })
    })
    expect((await world.db.booking.findUniqueOrThrow({ where: { id } })).status).toBe('EXPIRED')
  })

  it('freezes with the payment made and the tickets not asked for: they come when it goes on', async () => {
    await using world = await startWorld()
    const { type, buyer, id, holdId } = await twoOfFive(world)
    const { tickets } = world.subgraph.deps
    world.lines.toTicket.stall(true)
    const paying = world.ask(buyer, PAY, { id })
    await eventually(async () =>
      expect((await world.db.booking.findUniqueOrThrow({ where: { id } })).status).toBe('PAID'),
    )
    world.lines.toBooking.stall(true)
    expect(await timeIsUp(world, holdId)).toBe(0)
    world.lines.toBooking.stall(false)
    world.lines.toTicket.stall(false)
    await paying
    await eventually(async () => expect((await bookingOf(world, buyer, id)).tickets).toHaveLength(2))
    expect(world.subgraph.deps.tickets).toBe(tickets)
    expect(await world.stock(type)).toEqual({ sold: 2, held: 0, available: 3 })
  })

  it('died before it wrote the booking: places that it bound are free again after their time', async () => {
    await using world = await startWorld()
    const type = await world.ticketType(await world.eventOnSale(), { price: 10_000, quota: 5 })
    const [buyer, bookingId] = [person(), newId()]
    await world.subgraph.deps.tickets.keep(buyer, bookingId, {
      items: [{ ticketTypeId: type, quantity: 2 }],
      accessCode: null,
    })
    expect(await timeIsUp(world, await holdOf(world, bookingId))).toBe(1)
    expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 5 })
  })

  it('names only what is over for good', async () => {
    await using booking = await startBooking()
    const { db, askAs } = booking
    const buyer = await booking.buyer()
    const [waiting, late, paid, gone] = await Promise.all(
      [1, 2, 3, 4].map(() => pendingBooking(db, buyer.id, 1_000)),
    )
    if (!waiting || !late || !paid || !gone) throw new Error('not booked')
    await booking.ask(buyer, PAY, { id: paid.id })
    await db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id IN (${late.id}::uuid, ${paid.id}::uuid)`
    await booking.ask(buyer, 'mutation ($id: ID!) { cancelBooking(id: $id) { id } }', { id: gone.id })
    const [neverWritten, soonWritten] = [newId(), newId()]
    const [past, future] = [-1_000, 60_000].map((ms) => new Date(Date.now() + ms).toISOString())
    const ids = [waiting, late, paid, gone].map(({ id }) => id)
    const holds = [...ids, neverWritten].map((bookingId) => ({ bookingId, expiresAt: past }))
    const asked = { holds: [...holds, { bookingId: soonWritten, expiresAt: future }] }
    for (const _ of [1, 2]) {
      const { data } = await askAs('ticket', EXPIRE_BOOKINGS, asked)
      expect(new Set(data.expireBookings)).toEqual(new Set([late.id, gone.id, neverWritten]))
    }
    expect((await askAs('user', EXPIRE_BOOKINGS, asked)).code).toBe('FORBIDDEN')
    const many = Array.from({ length: MOST_LAPSED_HOLDS + 1 }, () => ({
      bookingId: newId(),
      expiresAt: past,
    }))
    expect((await askAs('ticket', EXPIRE_BOOKINGS, { holds: many })).code).toBe('BAD_USER_INPUT')
  })
})

describe('line 29: a payment under way at the very moment that its places are asked for', () => {
  /** The payment has moved the booking and waits with the rest, its time runs out, the hold's too, and ticket asks. */
  async function race(withGuard: boolean): Promise<{ ended: number; status: string; tickets: number }> {
    await using world = await startWorld()
    const { buyer, id, holdId } = await twoOfFive(world)
    const { deps } = world.subgraph
    if (!withGuard) {
      deps.db = mutantOf(
        deps.db,
        'SELECT id FROM bookings WHERE id = ANY(',
        'SELECT id FROM bookings WHERE false AND id = ANY(',
      ).db
      deps.db = mutantOf(deps.db, "WHERE status IN ('EXPIRED',", "WHERE status IN ('PENDING', 'EXPIRED',").db
    }
    await world.db.$executeRaw`UPDATE bookings SET expires_at = now() + interval '1 second'`
    let asking: Promise<number> | undefined
    const { tickets } = deps
    const issue = () => Promise.reject(new ServiceUnavailable())
    deps.tickets = { ...tickets, issue } // tickets are asked for when all is decided
    const paying = await pileUp(
      world.db,
      'payments',
      1,
      async () => world.ask(buyer, PAY, { id }),
      async (tx) => {
        await tx.$executeRaw`SELECT pg_sleep(1.1)`
        asking = timeIsUp(world, holdId)
        await tx.$executeRaw`SELECT pg_sleep(0.5)`
      },
    )
    expect(paying.data.confirmPayment.status).toBe('PAID')
    const ended = await (asking as Promise<number>)
    deps.tickets = tickets
    return await eventually(async () => {
      const { status, tickets } = await bookingOf(world, buyer, id)
      if (status === 'PAID' && tickets.length === 0 && ended === 0) throw new Error('still to be issued')
      return { ended, status, tickets: tickets.length }
    })
  }

  it('without the guard (expiring on the locked row before saying so) the places are given away', async () => {
    expect((await race(false)).ended).toBe(1)
  })

  it('with it the answer waits for the payment, and the places stay', async () => {
    expect(await race(true)).toEqual({ ended: 0, status: 'PAID', tickets: 2 })
  })
})

describe('line 29: tickets that could not be issued', () => {
  it('are tried again within seconds, each time after twice as long', async () => {
    await using world = await startWorld()
    const { buyer, id } = await twoOfFive(world)
    const { deps } = world.subgraph
    const { tickets } = deps
    const at: number[] = []
    deps.tickets = {
      ...tickets,
      async issue(bookingId) {
        at.push(Date.now())
        if (at.length <= 4) throw new ServiceUnavailable()
        return tickets.issue(bookingId)
      },
    }
    expect((await world.ask(buyer, PAY, { id })).data.confirmPayment.tickets).toEqual([])
    await eventually(async () => expect((await bookingOf(world, buyer, id)).tickets).toHaveLength(2))
    // At once, by the job at once, and after 1, 2 and 4 s; a job is looked for each second. By its usual pauses graphile-worker would wait for 20 s at last.
    const waits = at.slice(2).map((time, n) => time - (at[n + 1] as number))
    for (const [n, least] of [1_000, 2_000, 4_000].entries()) {
      expect(waits[n]).toBeGreaterThan(least - 100)
      expect(waits[n]).toBeLessThan(least + 5_000)
    }
    expect(
      await world.db.$queryRaw`SELECT id FROM graphile_worker.jobs WHERE task_identifier = 'issue-tickets'`,
    ).toEqual([])
  })
})
