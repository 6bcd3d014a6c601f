import type { Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import { sweepHolds } from '@karcis/ticket/domain/allocation/bound-hold-ender'
import { retentions } from '@karcis/ticket/jobs'
import { expect, it } from 'vitest'
import { forgetKeysJob } from '../src/jobs.ts'
import { audit } from './money.ts'
import { CANCEL, CREATE, PAY, REFUND } from './operations.ts'
import { type OnSale, startWorld, type World } from './world.ts'

const MONTHS = 12

/** What goes by in a month: somebody pays, somebody changes their mind, somebody forgets, somebody only looks. */
async function aMonth(world: World, event: OnSale, type: string, month: number) {
  const key = `month ${month}`
  const buyer = await world.buyer()
  const input = { ticketTypeId: type, quantity: 2, idempotencyKey: key }
  const paid = await world.book(buyer, input)
  await world.ask(buyer, PAY, { id: paid, key })
  const undecided = person()
  await world.ask(undecided, CANCEL, { id: await world.book(undecided, { ticketTypeId: type, quantity: 3 }) })
  const forgetful = person()
  await world.book(forgetful, { ticketTypeId: type, quantity: 1, idempotencyKey: key })
  const hold = 'mutation ($id: ID!) { holdTickets(input: { ticketTypeId: $id, quantity: 4 }) { id } }'
  const looks = person()
  const { data } = await world.askTicket(looks, hold, { id: type })
  await world.askTicket(looks, 'mutation ($id: ID!) { releaseHold(id: $id) { id } }', {
    id: data.holdTickets.id,
  })
  await world.askTicket(person(), hold, { id: type })
  return { buyer, paid, input }
}

/** Moves the data, not the clock: everything has happened so much earlier. */
async function goBy(world: World, days: number): Promise<void> {
  const { db: ticket } = world.ticket().deps
  const span = `${days} days`
  await ticket.$executeRaw`UPDATE holds SET expires_at = expires_at - ${span}::interval, closed_at = closed_at - ${span}::interval,
    created_at = created_at - ${span}::interval`
  await ticket.$executeRaw`UPDATE allowances SET emptied_at = emptied_at - ${span}::interval`
  await ticket.$executeRaw`UPDATE open_places SET emptied_at = emptied_at - ${span}::interval`
  await world.db.$executeRaw`UPDATE idempotency_keys SET expires_at = expires_at - ${span}::interval`
  await world.db.$executeRaw`UPDATE bookings SET expires_at = expires_at - ${span}::interval,
    created_at = created_at - ${span}::interval, updated_at = updated_at - ${span}::interval`
}

async function forget(world: World): Promise<void> {
  await sweepHolds(world.ticket().deps)
  for (const job of retentions) await job.run(world.ticket().deps, {})
  await forgetKeysJob.run(world.subgraph.deps, {})
}

/** Rows of what grows with use alone, and of what is never deleted. */
async function sizes(world: World) {
  const { db: ticket } = world.ticket().deps
  const [holds, items, open, empty, keys] = await Promise.all([
    ticket.hold.count(),
    ticket.holdItem.count(),
    ticket.openPlaces.count(),
    ticket.allowance.count({ where: { taken: 0 } }),
    world.db.idempotencyKey.count(),
  ])
  const [allowances, tickets, bookings, entries] = await Promise.all([
    ticket.allowance.count(),
    ticket.ticket.count(),
    world.db.booking.count(),
    world.db.ledgerEntry.count(),
  ])
  return { passing: { holds, items, open, empty, keys }, lasting: { allowances, tickets, bookings, entries } }
}

/** Invariant 2, as the tables say it. */
const stockAgrees = async (world: World, type: string) => {
  const [row] = await world.ticket().deps.db.$queryRaw<
    { agrees: boolean }[]
  >`SELECT t.sold + t.held + t.available = t.quota
    AND t.sold = (SELECT count(*) FROM tickets k WHERE k.ticket_type_id = t.id AND k.status IN ('VALID', 'USED'))
    AND t.held = (SELECT coalesce(sum(i.quantity), 0) FROM holds h JOIN hold_items i ON i.hold_id = h.id
      WHERE h.status = 'ACTIVE' AND i.ticket_type_id = t.id) AS agrees FROM ticket_types t WHERE t.id = ${type}::uuid`
  return row?.agrees
}

const issuedFor = (world: World, id: string) => world.subgraph.deps.tickets.issue(id)

it('line 35: a year of sales leaves what is owned and owed, and no more than a month of the rest', async () => {
  await using world = await startWorld()
  const event = await world.eventOnSale()
  const type = await world.ticketType(event, { price: 10_000, quota: 1_000 })
  const bought: { buyer: Viewer; paid: string; input: object }[] = []
  for (let month = 0; month < MONTHS; month++) {
    const { buyer, paid, input } = await aMonth(world, event, type, month)
    bought.push({ buyer, paid, input })
    await forget(world) // while all of it is new: nothing that is needed goes
    const [hold] = await world.ticket().deps.db.$queryRaw<
      object[]
    >`SELECT id FROM holds WHERE booking_id = ${paid}::uuid`
    expect(hold).toBeDefined()
    expect((await world.ask(buyer, CREATE, { input })).data.createBooking.id).toBe(paid) // the promise of a day
    expect(
      (await world.ask(buyer, PAY, { id: paid, key: `month ${month}` })).data.confirmPayment.status,
    ).toBe('PAID')
    await goBy(world, 31)
    await forget(world)
    await goBy(world, 0.5)
    const { passing } = await sizes(world)
    // What ended only by this sweep has a month still to go.
    expect(Math.max(...Object.values(passing))).toBeLessThanOrEqual(6)
    expect(await stockAgrees(world, type)).toBe(true)
  }
  await goBy(world, 32)
  await forget(world)
  const { passing, lasting } = await sizes(world)
  expect(passing).toEqual({ holds: 0, items: 0, open: 0, empty: 0, keys: 0 })
  expect(lasting).toEqual({
    allowances: MONTHS,
    tickets: 2 * MONTHS,
    bookings: 3 * MONTHS,
    entries: 4 * MONTHS,
  })

  // The first of them, a year later: its tickets are told again, and its money comes back.
  const first = bought[0]?.paid ?? ''
  const { ticketIds } = await issuedFor(world, first)
  expect(ticketIds).toHaveLength(2)
  const refunded = await world.ask(person({ role: 'ADMIN' }), REFUND, { id: first, reason: 'Called off.' })
  expect(refunded.data.refundBooking).toMatchObject({ status: 'REFUNDED', refundedAmount: 20_000 })
  expect(await world.stock(type)).toEqual({
    sold: 2 * MONTHS - 2,
    held: 0,
    available: 1_000 - 2 * MONTHS + 2,
  })
  expect((await world.ask(bought[1]?.buyer ?? null, PAY, { id: bought[1]?.paid, key: 'late' })).code).toBe(
    'BOOKING_NOT_PAYABLE',
  )
  expect(await stockAgrees(world, type)).toBe(true)
  expect(await audit(world.db)).toEqual([])
})
