import { EXPIRE_BOOKINGS } from '@karcis/kit/contracts/bound-hold'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { sendRefund } from '../src/domain/refunds/send-refund.ts'
import { balanceOf, type BookingProcess, startBooking } from './booking-process.ts'
import { audit, markIssued } from './money.ts'
import { CANCEL, CREATE, PAY, READ, REFUND } from './operations.ts'
import { eventOnSale, makePromo } from './promo-operations.ts'
import { act, type ProviderKit, PROVIDERS } from './provider-kits.ts'
import {
  becomes,
  bookProblems,
  LOOK,
  PRICE,
  type ProviderShop,
  refundsOf,
  runOut,
  START,
  started,
  startShop,
} from './provider-shop.ts'
import { startWorld, type World } from './world.ts'

// What holds for every outside provider: what becomes of bookings that run out of time, of late money, and of money that goes back.

const alone = (kit: ProviderKit) => startShop(kit, (settings) => startBooking(settings))
const inTheWorld = (kit: ProviderKit) => startShop(kit, (settings) => startWorld({}, settings))

describe.each(PROVIDERS)('a booking whose time ends with a payment under way at $method', (kit) => {
  it('asks the provider first, and lets go only then', async () => {
    await using shop = await alone(kit)
    const { booking, standIn } = shop
    const { buyer, id, order } = await started(shop)
    kit.makeCancellable(standIn, order)
    await standIn.quiet()
    await runOut(booking, id)
    shop.arm({ kind: 'refuse', on: 'status', times: 4 })
    await expect(expireBooking(booking.subgraph.deps, id)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
    const holds = [{ bookingId: id, expiresAt: new Date().toISOString() }]
    const { data } = await booking.askAs('ticket', EXPIRE_BOOKINGS, { holds })
    expect(data.expireBookings).toEqual([]) // ticket keeps the places
    standIn.disarm()
    await eventually(async () => {
      await expireBooking(booking.subgraph.deps, id)
      expect((await booking.db.booking.findUnique({ where: { id } }))?.status).toBe('EXPIRED')
    })
    expect((await booking.ask(buyer, LOOK, { id })).data.booking.payment.status).toBe('FAILED')
    expect(standIn.ledger()[0]).toMatchObject({ status: kit.cancelled })
    expect(await bookProblems(shop)).toEqual([])
  })

  it('was paid a moment before: it is PAID', async () => {
    await using shop = await alone(kit)
    const { booking } = shop
    const { buyer, id, order } = await started(shop)
    shop.arm({ kind: 'lose', times: 9 })
    shop.pay(order)
    await runOut(booking, id)
    await expireBooking(booking.subgraph.deps, id)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect(await bookProblems(shop)).toEqual([])
  })

  it('keeps its places until its provider has answered (guard UNPAID of moveToExpired)', async () => {
    await using shop = await alone(kit)
    const { booking } = shop
    const { id } = await started(shop)
    const expire = async () => {
      await runOut(booking, id)
      const holds = [{ bookingId: id, expiresAt: new Date().toISOString() }]
      return (await booking.askAs('ticket', EXPIRE_BOOKINGS, { holds })).data.expireBookings
    }
    shop.arm({ kind: 'refuse', on: 'status', times: 50 })
    expect(await expire()).toEqual([])
    const guard = ["payments.status IN ('REQUIRES_ACTION', 'AUTHORIZED')", 'false'] as const
    expect(await withMutant(booking.subgraph.deps, guard, expire)).toEqual([id])
  })

  it('lets go after a quarter of an hour of silence', async () => {
    await using shop = await alone(kit)
    const { booking } = shop
    const { id } = await started(shop)
    shop.arm({ kind: 'refuse', on: 'status', times: 50 })
    await runOut(booking, id, 16)
    await expireBooking(booking.subgraph.deps, id)
    expect((await booking.db.booking.findUnique({ where: { id } }))?.status).toBe('EXPIRED')
  })
})

describe.each(PROVIDERS)('money that comes too late from $method', (kit) => {
  const { method } = kit

  /** A booking of the last place, whose payment was started at the provider, and whose time has run out. */
  async function runOutWith(shop: ProviderShop<World>, promo?: { percent: number }) {
    const { booking, standIn } = shop
    const event = await eventOnSale(booking)
    const ticketTypeId = await booking.ticketType(event, { price: PRICE, quota: 1 })
    const code = { eventId: event.eventId, code: 'ONCE', kind: 'PERCENT', maxUses: 1, ...promo }
    if (promo) await makePromo(booking, event.organizer, code)
    const buyer = await booking.buyer()
    const input = { ticketTypeId, quantity: 1, ...(promo && { promoCode: 'ONCE' }) }
    const id = await booking.book(buyer, input)
    const { data } = await booking.ask(buyer, START, { id, method })
    const order = data.confirmPayment.payment.id
    kit.keepOpen(standIn, order)
    await runOut(booking, id, 16)
    await expireBooking(booking.subgraph.deps, id)
    await eventually(async () =>
      expect(await booking.stock(ticketTypeId)).toEqual({ sold: 0, held: 0, available: 1 }),
    )
    return { buyer, id, order, ticketTypeId }
  }

  it('brings the tickets where the places are still free', async () => {
    await using shop = await inTheWorld(kit)
    const { booking, standIn } = shop
    const { buyer, id, order, ticketTypeId } = await runOutWith(shop)
    kit.payLate(standIn, order)
    await eventually(async () =>
      expect((await booking.ask(buyer, READ, { id })).data.booking).toMatchObject({
        status: 'PAID',
        tickets: [{}],
      }),
    )
    expect(await booking.stock(ticketTypeId)).toEqual({ sold: 1, held: 0, available: 0 })
    expect(await refundsOf(booking)).toEqual([])
    expect(await bookProblems(shop)).toEqual([])
  })

  it('goes back in full where they are gone', async () => {
    await using shop = await inTheWorld(kit)
    const { booking, standIn } = shop
    const { buyer, id, order, ticketTypeId } = await runOutWith(shop)
    const rival = await booking.buyer()
    await booking.ask(rival, CREATE, { input: { ticketTypeId, quantity: 1 } })
    kit.payLate(standIn, order)
    await becomes(booking, buyer, id, 'REFUNDED', 'REFUNDED')
    expect((await booking.ask(buyer, READ, { id })).data.booking).toMatchObject({
      tickets: [],
      refundedAmount: PRICE,
      refundReason: expect.stringContaining('places were gone'),
    })
    await eventually(async () => expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE' }]))
    expect(await bookProblems(shop)).toEqual([])
  })

  it('goes back in full where the promo code that made it cheaper is free for others again', async () => {
    await using shop = await inTheWorld(kit)
    const { booking, standIn } = shop
    const { buyer, id, order, ticketTypeId } = await runOutWith(shop, { percent: 50 })
    kit.payLate(standIn, order)
    await becomes(booking, buyer, id, 'EXPIRED', 'REFUNDED')
    await eventually(async () =>
      expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE', amount: BigInt(PRICE / 2) }]),
    )
    expect(await booking.stock(ticketTypeId)).toEqual({ sold: 0, held: 0, available: 1 })
    expect(await bookProblems(shop)).toEqual([])
  })

  it('for a booking that was paid otherwise, or given up, goes back', async () => {
    await using shop = await alone(kit)
    const { booking, standIn } = shop
    const other = await started(shop)
    kit.keepOpen(standIn, other.order)
    await booking.ask(other.buyer, PAY, { id: other.id })
    kit.payLate(standIn, other.order)
    await eventually(async () => {
      expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE', amount: BigInt(PRICE) }])
    })
    expect(await balanceOf(booking, other.buyer)).toBe(1_000_000 - PRICE)
    await becomes(booking, other.buyer, other.id, 'PAID', 'PAID')

    const given = await started(shop)
    kit.keepOpen(standIn, given.order)
    await booking.ask(given.buyer, CANCEL, { id: given.id })
    kit.payLate(standIn, given.order)
    await becomes(booking, given.buyer, given.id, 'CANCELLED', 'REFUNDED')
    await eventually(async () => expect(await bookProblems(shop)).toEqual([]))
  })
})

/** A PAID booking whose tickets count as issued. */
async function paid(shop: ProviderShop<BookingProcess>) {
  const { booking } = shop
  const payment = await started(shop)
  shop.pay(payment.order)
  await becomes(booking, payment.buyer, payment.id, 'PAID', 'PAID')
  await markIssued(booking.db, payment.id)
  return payment
}

const admin = person({ role: 'ADMIN' })

describe.each(PROVIDERS)('a refund at $method', (kit) => {
  it('is made once, also where the answer to it was lost', async () => {
    await using shop = await alone(kit)
    const { booking, standIn } = shop
    const { buyer, id } = await paid(shop)
    shop.arm({ kind: 'error-after', on: 'refund', status: 503 })
    const { data } = await booking.ask(admin, REFUND, { id, reason: 'Rained off.' })
    expect(data.refundBooking.status).toBe('REFUNDED')
    await becomes(booking, buyer, id, 'REFUNDED', 'REFUNDED')
    const [refund] = await eventually(async () => {
      const refunds = await refundsOf(booking)
      expect(refunds).toMatchObject([{ status: 'PENDING', attempts: 1, lastError: expect.any(String) }])
      return refunds
    })
    expect(await audit(booking.db)).toEqual([])
    await parallel(5, () => sendRefund(booking.subgraph.deps, refund?.id ?? ''))
    expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE' }])
    const [entry] = standIn.ledger()
    expect([Number(entry?.captured), Number(entry?.refunded)]).toEqual([PRICE, PRICE])
    expect(await bookProblems(shop)).toEqual([])
  })

  it('is of no more than the payment says (guard refunds_of_payment)', async () => {
    await using shop = await alone(kit)
    const { order } = await paid(shop)
    const insert = shop.booking.db.$executeRaw`INSERT INTO refunds (id, payment_id, amount)
      VALUES (gen_random_uuid(), ${order}::uuid, 1)`
    await expect(insert).rejects.toThrow(/more is refunded/)
  })
})

// Midtrans makes a refund or refuses it.
const SLOW = PROVIDERS.filter(({ refundEnds }) => refundEnds.length > 0)

describe.each(SLOW)('a refund at $method that takes its time', (kit) => {
  it('is asked for until it is made', async () => {
    await using shop = await alone(kit)
    const { booking, standIn } = shop
    const { id, order } = await paid(shop)
    const [succeeded, failed] = kit.refundEnds
    shop.arm({ kind: 'refund-pending', times: 2 })
    await booking.ask(admin, REFUND, { id, reason: 'Rained off.' })
    const [refund] = await eventually(async () => {
      const refunds = await refundsOf(booking)
      expect(refunds).toMatchObject([{ status: 'PENDING', lastError: expect.stringMatching(/is pending/i) }])
      return refunds
    })
    const send = () => sendRefund(booking.subgraph.deps, refund?.id ?? '')
    await expect(send()).rejects.toThrow(/is pending/i) // the same one
    act(standIn, order, 'finishRefund', failed)
    await expect(send()).rejects.toThrow(/is pending/i) // another one
    act(standIn, order, 'finishRefund', succeeded)
    await send()
    expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE', attempts: 4, lastError: null }])
    expect(standIn.ledger().map(({ refunded }) => Number(refunded))).toEqual([PRICE])
    expect(await bookProblems(shop)).toEqual([])
  })
})
