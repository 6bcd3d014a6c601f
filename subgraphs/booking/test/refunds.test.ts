import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { findIssued } from '../src/domain/refunds/booking-refund-store.ts'
import { cutTo, partOf } from '../src/domain/refunds/refund.ts'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { beginRefund, finishRefund } from '../src/domain/refunds/refund-tickets.ts'
import { sweepPayments } from '../src/domain/refunds/send-refund.ts'
import { balanceOf } from './booking-process.ts'
import { heldBy, providerKit } from './provider-kits.ts'
import { startShop } from './provider-shop.ts'
import { audit } from './money.ts'
import { dropTriggers, pileUp } from './mutants.ts'
import { BOOKING, PAY, REFUND } from './operations.ts'
import { startWorld, type World } from './world.ts'

const READ = `query ($id: ID!) { booking(id: $id) { ...B
  refunds { id status amount toWallet reason createdAt tickets { id } } } } ${BOOKING}`
const PRICE = 10_000
const GRANT = 1_000_000

const bookingOf = async ({ ask }: World, viewer: Viewer, id: string) =>
  (await ask(viewer, READ, { id })).data.booking

/** A paid booking of three places of ten, and the ids of its tickets. */
async function threeTickets(world: World, price = PRICE) {
  const event = await world.eventOnSale()
  const type = await world.ticketType(event, { price, quota: 10, kind: price === 0 ? 'FREE' : 'PAID' })
  const buyer = await world.buyer()
  const bookingId = await world.book(buyer, { ticketTypeId: type, quantity: 3 })
  const { data } = await world.ask(buyer, PAY, { id: bookingId })
  const tickets = data.confirmPayment.tickets.map(({ id }: { id: string }) => id) as [string, string, string]
  return { event, type, buyer, bookingId, tickets }
}

/** Begins a refund of tickets at their whole price, as whatever decides on one does. */
async function begin({ db }: World, bookingId: string, wanted: string[], toWallet = false): Promise<string> {
  const id = newId()
  await transaction(db, async (tx) => {
    const part = partOf(await findIssued(tx, bookingId), wanted, { percent: 100, keepFees: false })
    await beginRefund(tx, { id, bookingId, ...part, toWallet, reason: 'Ill.' })
  })
  return id
}

/** As the door will do it: whoever has the ticket's row first has it. */
const checkIn = (world: World, ticketId: string): Promise<number> =>
  world.ticket().deps.db.$executeRaw`UPDATE tickets SET status = 'USED', checked_in_at = now()
    WHERE id = ${ticketId}::uuid AND status = 'VALID'`

const loseJobs = ({ db }: World) =>
  db.$executeRaw`DELETE FROM graphile_worker._private_jobs WHERE key LIKE 'refund-tickets:%'`

describe('what goes back for tickets', () => {
  const places = [
    { unitPrice: 1_000, quantity: 3, discount: 100 },
    { unitPrice: 50, quantity: 1, discount: 50 },
  ]
  const ticketIds = ['a', 'b', 'c', 'd']
  const issued = (refunded: string[] = []) => ({
    items: places,
    fees: [],
    ticketIds,
    refunded: new Set(refunded),
  })
  const terms = { percent: 100, keepFees: false }

  it('is their unit price less their share of the discount; step by step it sums to the total', () => {
    const whole = partOf(issued(), ticketIds, terms)
    expect(whole).toMatchObject({ amount: 2_900, sales: 2_900, tax: 0, platformFees: 0 })
    expect(whole.tickets.map(({ amount }) => amount)).toEqual([967, 967, 966, 0])
    const steps = ['c', 'a', 'd', 'b'].map(
      (id, at, order) => partOf(issued(order.slice(0, at)), [id], terms).amount,
    )
    expect(steps).toEqual([967, 967, 0, 966])
  })

  it('is given back by per cent in whole units, half a unit and more rounded up, or cut to an amount', () => {
    const half = partOf(issued(['a']), ['b'], { percent: 50, keepFees: false })
    expect(half).toEqual({
      amount: 484,
      price: 484,
      sales: 484,
      tax: 0,
      platformFees: 0,
      tickets: [{ ticketId: 'b', amount: 484, price: 484 }],
    })
    expect(cutTo({ ...half, sales: 400, tax: 60, platformFees: 24 }, 121, issued())).toMatchObject({
      amount: 121,
      sales: 100,
      tax: 15,
      platformFees: 6,
    })
    expect(() => partOf({ ...issued(), ticketIds: ['a'] }, ['a'], terms)).toThrow(
      /1 tickets were issued for 4/,
    )
  })
})

describe('a refund of single tickets', () => {
  it('takes them out of use, frees their places, and gives their price back; the others stay', async () => {
    await using world = await startWorld()
    const { type, buyer, bookingId, tickets } = await threeTickets(world)
    const [first, ...others] = tickets
    await finishRefund(world.subgraph.deps, await begin(world, bookingId, [first]))
    expect(await bookingOf(world, buyer, bookingId)).toMatchObject({
      status: 'PARTIALLY_REFUNDED',
      refundedAmount: PRICE,
      refundReason: 'Ill.',
      payment: { status: 'PARTIALLY_REFUNDED' },
      refunds: [{ status: 'DONE', amount: PRICE, toWallet: false, reason: 'Ill.', tickets: [{ id: first }] }],
    })
    expect(await balanceOf(world, buyer)).toBe(GRANT - 2 * PRICE)
    expect(await world.stock(type)).toEqual({ sold: 2, held: 0, available: 8 })

    await finishRefund(world.subgraph.deps, await begin(world, bookingId, others))
    expect(await bookingOf(world, buyer, bookingId)).toMatchObject({
      status: 'REFUNDED',
      refundedAmount: 3 * PRICE,
      payment: { status: 'REFUNDED' },
    })
    expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 10 })
    expect(await audit(world.db)).toEqual([])
  })

  it('of tickets that cost nothing moves no money, and ends the booking with the last of them', async () => {
    await using world = await startWorld()
    const { buyer, bookingId, tickets } = await threeTickets(world, 0)
    const [first, ...others] = tickets
    await finishRefund(world.subgraph.deps, await begin(world, bookingId, [first]))
    expect(await bookingOf(world, buyer, bookingId)).toMatchObject({ status: 'PAID', refundedAmount: 0 })
    await finishRefund(world.subgraph.deps, await begin(world, bookingId, others))
    expect(await bookingOf(world, buyer, bookingId)).toMatchObject({
      status: 'REFUNDED',
      payment: { status: 'REFUNDED' },
    })
    expect(await audit(world.db)).toEqual([])
  })

  it('goes back to the provider that took the money, or into the wallet', async () => {
    await using shop = await startShop(providerKit('STRIPE'), (settings) => startWorld({}, settings))
    const { booking: world } = shop
    const type = await world.ticketType(await world.eventOnSale(), { price: PRICE, quota: 10 })
    const buyer = await world.buyer()
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 3 })
    const pay = `mutation ($id: ID!) { confirmPayment(id: $id, input: { method: STRIPE }) { payment { id } } }`
    const order = (await world.ask(buyer, pay, { id })).data.confirmPayment.payment.id
    shop.pay(order)
    const tickets: string[] = await eventually(async () => {
      const { tickets: issued } = await bookingOf(world, buyer, id)
      expect(issued).toHaveLength(3)
      return issued.map((ticket: { id: string }) => ticket.id)
    })
    await finishRefund(world.subgraph.deps, await begin(world, id, [tickets[0] as string]))
    await finishRefund(world.subgraph.deps, await begin(world, id, [tickets[1] as string], true))
    expect(await balanceOf(world, buyer)).toBe(GRANT + PRICE)
    await eventually(async () =>
      expect((await bookingOf(world, buyer, id)).refunds).toMatchObject([
        { status: 'DONE', toWallet: false },
        { status: 'DONE', toWallet: true },
      ]),
    )
    expect(heldBy(shop.standIn)).toBe(2 * PRICE)
    expect(await audit(world.db)).toEqual([])
  })

  it('is refused for a ticket that was used, and nothing moves', async () => {
    await using world = await startWorld()
    const { type, buyer, bookingId, tickets } = await threeTickets(world)
    expect(await checkIn(world, tickets[0])).toBe(1)
    const refundId = await begin(world, bookingId, [tickets[0], tickets[1]])
    expect(await finishRefund(world.subgraph.deps, refundId)).toMatchObject({ status: 'REFUSED' })
    expect(await bookingOf(world, buyer, bookingId)).toMatchObject({
      status: 'PAID',
      refundedAmount: 0,
      refunds: [],
    })
    expect(await world.stock(type)).toEqual({ sold: 3, held: 0, available: 7 })
    // The other is refundable still.
    await finishRefund(world.subgraph.deps, await begin(world, bookingId, [tickets[1]]))
    expect(await world.stock(type)).toEqual({ sold: 2, held: 0, available: 8 })
    expect(await audit(world.db)).toEqual([])
  })

  it('is not of a booking that is not paid, nor of one that is refunded', async () => {
    await using world = await startWorld()
    const { bookingId, tickets } = await threeTickets(world)
    await refundInFull(world.subgraph.deps, bookingId, 'Rain.', { fulfilled: true })
    const nothing = {
      amount: 0,
      sales: 0,
      tax: 0,
      platformFees: 0,
      tickets: [{ ticketId: tickets[0] ?? '', amount: 0, price: 0 }],
    }
    const again = transaction(world.db, (tx) =>
      beginRefund(tx, { id: newId(), bookingId, ...nothing, toWallet: false, reason: 'Ill.' }),
    )
    await expect(again).rejects.toMatchObject({ code: 'REFUND_NOT_ALLOWED' })
  })

  it('leaves the rest to an admin, who gives it back with the used tickets too', async () => {
    await using world = await startWorld()
    const { type, buyer, bookingId, tickets } = await threeTickets(world)
    await finishRefund(world.subgraph.deps, await begin(world, bookingId, [tickets[0]]))
    await checkIn(world, tickets[1])
    const left = await begin(world, bookingId, [tickets[2]]) // under way, and finished first
    const { data } = await world.ask(person({ role: 'ADMIN' }), REFUND, { id: bookingId, reason: 'Rain.' })
    expect(data.refundBooking).toMatchObject({ status: 'REFUNDED', refundedAmount: 3 * PRICE })
    const { refunds } = await bookingOf(world, buyer, bookingId)
    expect(refunds).toMatchObject([
      { amount: PRICE },
      { id: left, amount: PRICE },
      { amount: PRICE, reason: 'Rain.', tickets: [{ id: tickets[1] }] },
    ])
    expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 10 })
    expect(await audit(world.db)).toEqual([])
  })
})

describe('a refund of single tickets that is broken off', () => {
  it('before its tickets end: the job goes on when the ticket subgraph is back', async () => {
    await using world = await startWorld()
    const { buyer, bookingId, tickets } = await threeTickets(world)
    await world.stopTicket()
    const refundId = await begin(world, bookingId, [tickets[0]])
    await expect(finishRefund(world.subgraph.deps, refundId)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
    expect(await bookingOf(world, buyer, bookingId)).toMatchObject({
      status: 'PAID',
      refunds: [{ status: 'PENDING' }],
    })
    await world.restartTicket()
    await world.db.$executeRaw`UPDATE booking_refunds SET updated_at = now() - interval '1 minute'`
    await loseJobs(world)
    await sweepPayments(world.subgraph.deps) // what even the job has lost
    await eventually(async () =>
      expect(await bookingOf(world, buyer, bookingId)).toMatchObject({ status: 'PARTIALLY_REFUNDED' }),
    )
    expect(await audit(world.db)).toEqual([])
  })

  it('after its tickets have ended: it goes on, and no place is freed twice', async () => {
    await using world = await startWorld()
    const { type, buyer, bookingId, tickets } = await threeTickets(world)
    const refundId = await begin(world, bookingId, [tickets[0]])
    const { deps } = world.subgraph
    await deps.tickets.refund(bookingId, refundId, [tickets[0]]) // and the process died
    expect(await world.stock(type)).toEqual({ sold: 2, held: 0, available: 8 })
    await parallel(8, () => finishRefund(deps, refundId))
    expect(await bookingOf(world, buyer, bookingId)).toMatchObject({ refundedAmount: PRICE })
    expect(await world.stock(type)).toEqual({ sold: 2, held: 0, available: 8 })
    expect(await audit(world.db)).toEqual([])
  })
})

describe('two refunds at the same moment', () => {
  /** Eight refunds of the same ticket, decided at once. Gives how much went back of one that cost `PRICE`. */
  async function sameTicket(world: World): Promise<number> {
    const { buyer, bookingId, tickets } = await threeTickets(world)
    const outcomes = await pileUp(world.db, 'booking_refunds', 2, () =>
      Promise.allSettled(Array.from({ length: 8 }, () => begin(world, bookingId, [tickets[0]]))),
    )
    const begun = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    for (const refused of outcomes.filter(({ status }) => status === 'rejected'))
      expect(refused).toMatchObject({ reason: { code: 'REFUND_NOT_ALLOWED' } })
    for (const refundId of begun) await finishRefund(world.subgraph.deps, refundId).catch(() => undefined)
    return (await bookingOf(world, buyer, bookingId)).refundedAmount
  }

  it('without guards (refund_items_pkey, refund_id of tickets) give the same ticket back again and again', async () => {
    await using world = await startWorld()
    await world.db.$executeRaw`ALTER TABLE refund_items DROP CONSTRAINT refund_items_pkey`
    await world.ticket().deps.db.$executeRaw`CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN NEW.status = ''VALID''; NEW.refund_id = NULL; RETURN NEW; END'`
    await world.ticket().deps.db.$executeRaw`CREATE TRIGGER again BEFORE UPDATE ON tickets
      FOR EACH ROW EXECUTE FUNCTION again()`
    expect(await sameTicket(world)).toBeGreaterThan(PRICE)
  })

  it('give it back once', async () => {
    await using world = await startWorld()
    expect(await sameTicket(world)).toBe(PRICE)
    expect(await audit(world.db)).toEqual([])
  })

  /** The same refund finished eight times at once. Gives what an auditor finds, and how much went back. */
  async function finishedAtOnce(world: World): Promise<number> {
    const { buyer, bookingId, tickets } = await threeTickets(world)
    const refundId = await begin(world, bookingId, [tickets[0]])
    await loseJobs(world)
    await pileUp(world.db, 'bookings', 4, () =>
      parallel(8, () => finishRefund(world.subgraph.deps, refundId).catch(() => undefined)),
    )
    return (await bookingOf(world, buyer, bookingId)).refundedAmount
  }

  it("without guards (status = 'ENDING', booking_refunds_add_up, sale_changes_refund_id_key, the ledger's reference) make one refund several times", async () => {
    await using world = await startWorld()
    await dropTriggers(
      world.db,
      'booking_refunds.booking_refunds_add_up',
      'booking_refunds.booking_refunds_once',
      'booking_refunds.booking_refunds_noted',
    )
    await dropTriggers(
      world.db,
      'bookings.bookings_money_agrees',
      'ledger_entries.ledger_entries_money_agrees',
    )
    const { deps } = world.subgraph
    const wallet = deps.providers.WALLET
    let at = 0
    deps.providers = {
      ...deps.providers,
      WALLET: {
        ...wallet,
        refund: (tx, booking, { key, share }) =>
          wallet.refund(tx, booking, { key: `${key}:${(at += 1)}`, share }),
      },
    }
    await withMutant(deps, [" AND status = 'ENDING'"], async () => {
      expect(await finishedAtOnce(world)).toBeGreaterThan(PRICE)
    })
  })

  it('make one refund once, however often it is finished', async () => {
    await using world = await startWorld()
    expect(await finishedAtOnce(world)).toBe(PRICE)
    expect(await audit(world.db)).toEqual([])
  })

  it('of two admins: one gives everything back, and both are told so', async () => {
    await using world = await startWorld()
    const { buyer, bookingId } = await threeTickets(world)
    const admin = person({ role: 'ADMIN' })
    const answers = await pileUp(world.db, 'bookings', 2, () =>
      Promise.all([1, 2, 3, 4].map(() => world.ask(admin, REFUND, { id: bookingId, reason: 'Rain.' }))),
    )
    for (const { data } of answers) expect(data.refundBooking).toMatchObject({ status: 'REFUNDED' })
    expect((await bookingOf(world, buyer, bookingId)).refunds).toHaveLength(1)
    expect(await balanceOf(world, buyer)).toBe(GRANT)
    expect(await audit(world.db)).toEqual([])
  })

  it('one in full, one of a ticket: all the money goes back, once', async () => {
    await using world = await startWorld()
    const { type, buyer, bookingId, tickets } = await threeTickets(world)
    const admin = person({ role: 'ADMIN' })
    await pileUp(world.db, 'bookings', 2, () =>
      parallel(6, async (n) => {
        if (n % 2 === 0) await world.ask(admin, REFUND, { id: bookingId, reason: 'Rain.' })
        else {
          const refundId = await begin(world, bookingId, [tickets[(n - 1) / 2] as string]).catch(() => null)
          if (refundId !== null) await finishRefund(world.subgraph.deps, refundId)
        }
      }),
    )
    await world.ask(admin, REFUND, { id: bookingId, reason: 'Rain.' }) // SERVICE_UNAVAILABLE before: tried again
    expect(await bookingOf(world, buyer, bookingId)).toMatchObject({ status: 'REFUNDED' })
    expect(await balanceOf(world, buyer)).toBe(GRANT)
    await eventually(async () => expect(await world.stock(type)).toEqual({ sold: 0, held: 0, available: 10 }))
    expect(await audit(world.db)).toEqual([])
  })
})

describe('the guards of refunds', () => {
  it('keep what went back, and what was decided (bookings_refunds_rise, booking_refunds_once, booking_refunds_add_up)', async () => {
    await using world = await startWorld()
    const { bookingId, tickets } = await threeTickets(world)
    const refundId = await begin(world, bookingId, [tickets[0]])
    await finishRefund(world.subgraph.deps, refundId)
    const { db } = world
    await expect(db.$executeRaw`UPDATE bookings SET refunded_amount = 1`).rejects.toThrow(/back already/)
    await expect(db.$executeRaw`UPDATE booking_refunds SET amount = 1`).rejects.toThrow(/made once/)
    await expect(db.$executeRaw`UPDATE booking_refunds SET status = 'REFUSED'`).rejects.toThrow(/made once/)
    await expect(
      db.$executeRaw`INSERT INTO booking_refunds (id, booking_id, status, amount, reason)
        VALUES (${newId()}::uuid, ${bookingId}::uuid, 'MADE', 1, 'Twice.')`,
    ).rejects.toThrow(/went 10000 back, its refunds are of 10001/)
    await expect(
      db.$executeRaw`INSERT INTO refund_items (ticket_id, refund_id, amount)
        VALUES (${tickets[1]}::uuid, ${refundId}::uuid, 1)`,
    ).rejects.toThrow(/come to more/)
  })
})
