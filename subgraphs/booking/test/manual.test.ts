import { EXPIRE_BOOKINGS } from '@karcis/kit/contracts/bound-hold'
import type { Viewer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { tell } from '@karcis/testkit/ask'
import { createStandIn } from '@karcis/testkit/stand-in'
import { sweepHolds } from '@karcis/ticket/domain/allocation/bound-hold-ender'
import { describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { sendRefund, sweepPayments } from '../src/domain/refunds/send-refund.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { audit, markIssued } from './money.ts'
import { CANCEL, CREATE, PAY, READ, REFUND } from './operations.ts'
import { act, providerKit } from './provider-kits.ts'
import { becomes, started, startShop } from './provider-shop.ts'
import { type OnSale, startWorld, toldOf } from './world.ts'

const PRICE = 150_000
const INSTRUCTIONS = 'Transfer to BCA 123 456, with your booking’s id.'
const HOUR = 3_600_000

const SET = `mutation ($input: SetManualPaymentInput!) { setManualPayment(input: $input) { event { id } instructions } }`
const START = `mutation ($id: ID!, $key: String) { confirmPayment(id: $id, input: { method: MANUAL, idempotencyKey: $key }) {
  status expiresAt payment { method status instructions expiresAt } } }`
const CONFIRM = `mutation ($id: ID!) { confirmManualPayment(bookingId: $id) { status payment { method status instructions } } }`
const METHODS = 'query ($id: ID!) { paymentMethods(bookingId: $id) }'
const WAITING = `query ($eventId: ID) { manualRefunds(eventId: $eventId) { totalCount edges { node {
  id amount currency method reason booking { id } } } } }`
const GIVEN_BACK = 'mutation ($id: ID!) { confirmManualRefund(id: $id) { id amount } }'
const admin = person({ role: 'ADMIN' })

/** A world in which the event subgraph says when events start. */
async function startShopping(startsInHours = 240) {
  await using stack = new AsyncDisposableStack()
  const told: OnSale[] = []
  const events = stack.use(
    await createStandIn({
      eventForSale: () =>
        told.map((event) => ({
          ...toldOf(event, 'IDR'),
          startsAt: new Date(Date.now() + startsInHours * HOUR).toISOString(),
        }))[0],
    }),
  )
  const world = stack.use(await startWorld({}, { EVENT_URL: events.url }))
  const event = await world.eventOnSale()
  told.push(event)
  const { organizer } = event
  const ticketTypeId = await world.ticketType(event, { price: PRICE, quota: 1 })
  const buyer = await world.buyer()
  const book = () => world.book(buyer, { ticketTypeId, quantity: 1 })
  const set = (
    instructions: string | null,
    eventId: string | null = event.eventId,
    viewer: Viewer = organizer,
  ) => world.ask(viewer, SET, { input: { eventId, instructions } })
  const all = stack.move()
  return {
    world,
    event,
    organizer,
    ticketTypeId,
    buyer,
    book,
    set,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** What stands in the account of what an organizer holds themself; below zero by that. */
async function heldBy({ db }: BookingProcess, { organizer }: Pick<OnSale, 'organizer'>): Promise<number> {
  const [row] = await db.$queryRaw<
    { sum: bigint }[]
  >`SELECT coalesce(sum(e.amount), 0)::bigint AS sum FROM ledger_entries e
    JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind = 'CLEARING:MANUAL' AND a.owner_id = ${organizer.id}::uuid`
  return Number(row?.sum)
}

describe('paying the organizer themself', () => {
  it('is offered where they say so: for an event, or for all of theirs but one', async () => {
    await using shop = await startShopping()
    const { world, event, organizer, buyer, book, set } = shop
    const id = await book()
    const offered = async () => (await world.ask(buyer, METHODS, { id })).data.paymentMethods
    expect(await offered()).toEqual(['WALLET'])
    expect((await world.ask(buyer, START, { id })).code).toBe('PAYMENT_DECLINED')
    expect((await set(INSTRUCTIONS)).data.setManualPayment).toMatchObject({ instructions: INSTRUCTIONS })
    expect(await offered()).toEqual(['WALLET', 'MANUAL'])
    await set(INSTRUCTIONS, null)
    await set(null)
    expect(await offered()).toEqual(['WALLET'])
    const terms = 'query ($eventId: ID) { manualPayment(eventId: $eventId) { event { id } instructions } }'
    const { data } = await world.ask(organizer, terms, {})
    expect(data.manualPayment).toEqual({ event: null, instructions: INSTRUCTIONS })
    expect((await set(INSTRUCTIONS, event.eventId, person({ role: 'ORGANIZER' }))).code).toBe('FORBIDDEN')
    expect((await set(INSTRUCTIONS, null, buyer)).code).toBe('FORBIDDEN')
    expect((await set('x'.repeat(2_001))).code).toBe('BAD_USER_INPUT')
  })

  it('keeps the places until they say that they have the money, and the tickets follow', async () => {
    await using shop = await startShopping()
    const { world, event, organizer, ticketTypeId, buyer, book, set } = shop
    await set(INSTRUCTIONS)
    const id = await book()
    const answers = await parallel(5, () => world.ask(buyer, START, { id, key: 'k' }))
    for (const answer of answers) expect(answer).toMatchObject({ status: 'fulfilled', value: { errors: [] } })
    const { data } = await world.ask(buyer, START, { id, key: 'k' })
    expect(data.confirmPayment).toMatchObject({
      status: 'PENDING',
      payment: { method: 'MANUAL', status: 'REQUIRES_ACTION', instructions: INSTRUCTIONS },
    })
    expect(Date.parse(data.confirmPayment.expiresAt)).toBeGreaterThan(Date.now() + 23 * HOUR)
    expect(data.confirmPayment.payment.expiresAt).toBe(data.confirmPayment.expiresAt)
    expect(await world.db.payment.count()).toBe(1)
    const awaited = await world.db
      .$queryRaw`SELECT payload FROM kit.outbox WHERE type = 'booking.payment-awaited'`
    const { expiresAt: payUntil } = data.confirmPayment
    expect(awaited).toEqual([
      {
        payload: {
          bookingId: id,
          userId: buyer.id,
          eventId: event.eventId,
          amount: PRICE,
          currency: 'IDR',
          payUntil,
        },
      },
    ]) // the buyer is told once

    // The hold's own time is long over.
    const { deps } = world.ticket()
    await deps.db
      .$executeRaw`UPDATE holds SET expires_at = now() - interval '5 hours' WHERE status = 'ACTIVE'`
    await sweepHolds(deps)
    expect(await world.stock(ticketTypeId)).toEqual({ sold: 0, held: 1, available: 0 })

    expect((await world.ask(buyer, CONFIRM, { id })).code).toBe('FORBIDDEN')
    const confirmed = await parallel(5, () => world.ask(organizer, CONFIRM, { id }))
    for (const answer of confirmed)
      expect(answer).toMatchObject({ value: { data: { confirmManualPayment: { status: 'PAID' } } } })
    await eventually(async () =>
      expect((await world.ask(buyer, READ, { id })).data.booking).toMatchObject({
        status: 'PAID',
        tickets: [{}],
      }),
    )
    expect(await heldBy(world, event)).toBe(-PRICE)
    expect(await audit(world.db)).toEqual([])
  })

  it('is told to nobody any more once the organizer is erased', async () => {
    await using shop = await startShopping()
    const { world, buyer, organizer } = shop
    await shop.set(INSTRUCTIONS)
    await shop.set(INSTRUCTIONS, null)
    const id = await shop.book()
    const { data } = await world.ask(buyer, START, { id })
    expect(data.confirmPayment.payment.instructions).toBe(INSTRUCTIONS)
    const payload = { userId: organizer.id, role: 'CUSTOMER', suspended: false, erased: true }
    await tell(world.subgraph, 'user', { type: 'user.rights-changed', aggregateId: organizer.id, payload })
    const { db } = world
    expect(await db.$queryRaw`SELECT FROM manual_terms`).toEqual([])
    expect(await db.$queryRaw`SELECT FROM payments WHERE action IS NOT NULL`).toEqual([])
    const look = 'query ($id: ID!) { booking(id: $id) { payment { method instructions } } }'
    const seen = (await world.ask(buyer, look, { id })).data.booking
    expect(seen).toEqual({ payment: { method: 'MANUAL', instructions: null } })
  })

  it('goes on no longer than until the event starts', async () => {
    await using shop = await startShopping(2)
    const { world, buyer, book, set } = shop
    await set(INSTRUCTIONS)
    const { data } = await world.ask(buyer, START, { id: await book() })
    const until = Date.parse(data.confirmPayment.expiresAt)
    expect(until).toBeLessThanOrEqual(Date.now() + 2 * HOUR)
    expect(until).toBeGreaterThan(Date.now() + 1.9 * HOUR)
  })

  it('ends when the buyer pays otherwise, gives up, or lets the time pass', async () => {
    await using shop = await startShopping()
    const { world, ticketTypeId, organizer, buyer, book, set } = shop
    await set(INSTRUCTIONS)
    const late = await book()
    await world.ask(buyer, START, { id: late })
    await world.db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id = ${late}::uuid`
    const holds = [{ bookingId: late, expiresAt: new Date().toISOString() }]
    await world.askAs('ticket', EXPIRE_BOOKINGS, { holds })
    await eventually(async () => {
      await expireBooking(world.subgraph.deps, late)
      expect(await world.stock(ticketTypeId)).toEqual({ sold: 0, held: 0, available: 1 })
    })
    await becomes(world, buyer, late, 'EXPIRED', 'FAILED')
    const given = await book()
    await world.ask(buyer, START, { id: given })
    const { data } = await world.ask(buyer, CANCEL, { id: given })
    expect(data.cancelBooking).toMatchObject({ status: 'CANCELLED', payment: { status: 'FAILED' } })
    const other = await book()
    await world.ask(buyer, START, { id: other })
    expect((await world.ask(buyer, PAY, { id: other })).data.confirmPayment.payment.method).toBe('WALLET')
    expect((await world.ask(organizer, CONFIRM, { id: other })).code).toBe('BOOKING_NOT_PAYABLE')
    expect(await audit(world.db)).toEqual([])
  })

  it('brings late money to the tickets, or back by hand where the places are gone', async () => {
    await using shop = await startShopping()
    const { world, event, organizer, ticketTypeId, buyer, book, set } = shop
    await set(INSTRUCTIONS)
    const id = await book()
    await world.ask(buyer, START, { id })
    await world.db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id = ${id}::uuid`
    await expireBooking(world.subgraph.deps, id)
    await eventually(async () => expect((await world.stock(ticketTypeId)).available).toBe(1))
    await world.ask(await world.buyer(), CREATE, { input: { ticketTypeId, quantity: 1 } })
    await world.ask(organizer, CONFIRM, { id })
    await becomes(world, buyer, id, 'REFUNDED', 'REFUNDED')
    const { data } = await eventually(async () => {
      const waiting = await world.ask(organizer, WAITING, { eventId: event.eventId })
      expect(waiting.data.manualRefunds).toMatchObject({ totalCount: 1, edges: [{}] })
      return waiting
    })
    const [{ node }] = data.manualRefunds.edges
    expect(node).toMatchObject({ amount: PRICE, currency: 'IDR', method: 'MANUAL', booking: { id } })
    expect(await heldBy(world, event)).toBe(-PRICE)
    // Nobody else tries, however often it is looked for.
    await sweepPayments(world.subgraph.deps)
    await sendRefund(world.subgraph.deps, node.id)
    expect((await world.ask(buyer, GIVEN_BACK, { id: node.id })).code).toBe('FORBIDDEN')
    await parallel(3, () => world.ask(organizer, GIVEN_BACK, { id: node.id }))
    expect(await world.db.refund.findMany()).toMatchObject([{ status: 'DONE' }])
    expect(await heldBy(world, event)).toBe(0)
    expect((await world.ask(organizer, GIVEN_BACK, { id: node.id })).code).toBe('NOT_FOUND')
    expect(await audit(world.db)).toEqual([])
  })
})

describe.each(['MIDTRANS', 'XENDIT'] as const)('what was paid at %s by bank transfer', (method) => {
  it('goes back by hand, out of our bank, when an admin says so', async () => {
    const kit = providerKit(method)
    await using shop = await startShop(kit, (settings) => startBooking(settings))
    const { booking, standIn } = shop
    const { buyer, id, order } = await started(shop)
    act(standIn, order, 'pay', { method: method === 'XENDIT' ? 'BANK_TRANSFER' : 'bank_transfer' })
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    await markIssued(booking.db, id)
    await booking.ask(admin, REFUND, { id, reason: 'Rained off.' })
    const { data } = await eventually(async () => {
      const waiting = await booking.ask(admin, WAITING, {})
      expect(waiting.data.manualRefunds).toMatchObject({ totalCount: 1, edges: [{}] })
      return waiting
    })
    const [{ node }] = data.manualRefunds.edges
    expect(node).toMatchObject({
      amount: PRICE,
      method,
      reason: expect.stringContaining(kit.cancelled === 'cancel' ? 'bank_transfer' : 'REFUND_NOT_SUPPORTED'),
    })
    expect((await booking.ask(person({ role: 'ORGANIZER' }), GIVEN_BACK, { id: node.id })).code).toBe(
      'FORBIDDEN',
    )
    expect((await booking.ask(admin, GIVEN_BACK, { id: node.id })).data.confirmManualRefund.amount).toBe(
      PRICE,
    )
    const [bank] = await booking.db.$queryRaw<
      { sum: bigint }[]
    >`SELECT sum(e.amount)::bigint AS sum FROM ledger_entries e
      JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind = 'BANK'`
    expect(Number(bank?.sum)).toBe(PRICE)
    expect(await audit(booking.db)).toEqual([])
  })
})
