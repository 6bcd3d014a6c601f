import { EXPIRE_BOOKINGS } from '@karcis/kit/contracts/bound-hold'
import type { Viewer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { settlePayment } from '../src/domain/payments/settle-payment.ts'
import { sendRefund } from '../src/domain/refunds/send-refund.ts'
import { balanceOf, type BookingProcess, startBooking } from './booking-process.ts'
import { type MidtransShop, startShop } from './midtrans-shop.ts'
import { audit, pendingBooking } from './money.ts'
import { CANCEL, CREATE, PAY, READ, REFUND } from './operations.ts'
import { eventOnSale, makePromo } from './promo-operations.ts'
import { startWorld, type World } from './world.ts'

const PRICE = 150_000

const PAYMENT = `status payment { id method status amount redirectUrl clientSecret expiresAt paidAt }`
const START = `mutation ($id: ID!, $key: String) {
  confirmPayment(id: $id, input: { method: MIDTRANS, idempotencyKey: $key }) { ${PAYMENT} } }`
const LOOK = `query ($id: ID!) { booking(id: $id) { ${PAYMENT} } }`

const alone = () => startShop((settings) => startBooking(settings))

/** A booking whose payment at Midtrans was started; the payment's id is Midtrans' order. */
async function started(
  booking: BookingProcess,
  organizerId?: string,
): Promise<{ buyer: Viewer; id: string; order: string }> {
  const buyer = await booking.buyer()
  const { id } = await pendingBooking(booking.db, buyer.id, PRICE, organizerId ? { organizerId } : {})
  const { data, errors } = await booking.ask(buyer, START, { id })
  expect(errors).toEqual([])
  return { buyer, id, order: data.confirmPayment.payment.id }
}

/** Waits until the booking, and its payment, are so. */
const becomes = (booking: BookingProcess, viewer: Viewer, id: string, status: string, payment: string) =>
  eventually(async () =>
    expect((await booking.ask(viewer, LOOK, { id })).data.booking).toMatchObject({
      status,
      payment: { status: payment },
    }),
  )

/** What is wrong with our books, and where they differ from what Midtrans says that it has for us. */
async function bookProblems({ booking, midtrans }: MidtransShop<BookingProcess>): Promise<string[]> {
  const [ours] = await booking.db.$queryRaw<
    { sum: bigint }[]
  >`SELECT coalesce(-sum(e.amount), 0)::bigint AS sum
    FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind = 'CLEARING:MIDTRANS'`
  const theirs = midtrans
    .ledger()
    .reduce((sum, { captured, refunded }) => sum + Number(captured) - Number(refunded), 0)
  const problems = await audit(booking.db)
  return Number(ours?.sum) === theirs ? problems : [...problems, `we say ${ours?.sum}, Midtrans ${theirs}`]
}

const refundsOf = (booking: BookingProcess) => booking.db.refund.findMany()

/** Makes the booking's time end now. */
const runOut = (booking: BookingProcess, id: string) =>
  booking.db.$executeRaw`UPDATE bookings SET expires_at = clock_timestamp() WHERE id = ${id}::uuid`

describe('paying at Midtrans', () => {
  it('gives the buyer a page, and the booking is PAID when Midtrans has the money', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const organizer = person({ role: 'ORGANIZER' })
    const { buyer, id, order } = await started(booking, organizer.id)
    const { payment, status } = (await booking.ask(buyer, LOOK, { id })).data.booking
    expect(status).toBe('PENDING')
    expect(payment).toMatchObject({
      method: 'MIDTRANS',
      status: 'REQUIRES_ACTION',
      amount: PRICE,
      paidAt: null,
    })
    expect((await fetch(payment.redirectUrl)).status).toBe(200)
    expect((await booking.ask(organizer, LOOK, { id })).data.booking.payment.redirectUrl).toBeNull()

    midtrans.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect((await booking.ask(buyer, LOOK, { id })).data.booking.payment.redirectUrl).toBeNull()
    expect(await bookProblems(shop)).toEqual([])
  })

  it('is offered for what it charges, where there is a key', async () => {
    const METHODS = 'query ($id: ID!) { paymentMethods(bookingId: $id) }'
    await using shop = await alone()
    const { booking } = shop
    const buyer = await booking.buyer()
    const rupiah = await pendingBooking(booking.db, buyer.id, PRICE)
    const dollars = await pendingBooking(booking.db, buyer.id, 1_250, { currency: 'USD' })
    const methods = async (id: string) => (await booking.ask(buyer, METHODS, { id })).data.paymentMethods
    expect(await methods(rupiah.id)).toEqual(['WALLET', 'MIDTRANS'])
    expect(await methods(dollars.id)).toEqual([])
    expect((await booking.ask(person(), METHODS, { id: rupiah.id })).code).toBe('FORBIDDEN')
    expect(await booking.ask(buyer, START, { id: dollars.id })).toMatchObject({
      code: 'PAYMENT_DECLINED',
      facts: { method: 'MIDTRANS', currency: 'USD' },
    })

    await using keyless = await startBooking()
    const other = await pendingBooking(keyless.db, buyer.id, PRICE)
    expect((await keyless.ask(buyer, METHODS, { id: other.id })).data.paymentMethods).toEqual(['WALLET'])
    expect((await keyless.ask(buyer, START, { id: other.id })).code).toBe('PAYMENT_DECLINED')
  })

  it('is one payment, however often and with whatever key it is asked for at once', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, PRICE)
    midtrans.arm({ kind: 'slow', on: 'create', ms: 200 })
    const answers = await parallel(20, (n) => booking.ask(buyer, START, { id, key: `key ${n % 4}` }))
    const pages = answers.map((answer) =>
      answer.status === 'fulfilled' ? answer.value.data.confirmPayment?.payment.redirectUrl : answer.reason,
    )
    expect(new Set(pages).size).toBe(1)
    expect(pages[0]).toContain(midtrans.url)
    expect(midtrans.ledger()).toHaveLength(1)
    expect(await booking.db.payment.count()).toBe(1)
  })

  it('goes on where the answer was lost after Midtrans had done it', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, PRICE)
    midtrans.arm({ kind: 'error-after', on: 'create', status: 503 })
    const lost = await booking.ask(buyer, START, { id, key: 'k' })
    expect(lost.code).toBe('SERVICE_UNAVAILABLE')
    const again = await booking.ask(buyer, START, { id, key: 'k' })
    expect(again.data.confirmPayment.payment.redirectUrl).toContain(midtrans.url)
    expect(midtrans.ledger()).toHaveLength(1)
    midtrans.pay(again.data.confirmPayment.payment.id)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect(await bookProblems(shop)).toEqual([])
  })

  it('waits for a bank transfer, and for fraud detection', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const bank = await started(booking)
    midtrans.wait(bank.order)
    await midtrans.quiet()
    await becomes(booking, bank.buyer, bank.id, 'PENDING', 'REQUIRES_ACTION')
    midtrans.pay(bank.order, { method: 'bank_transfer' })
    await becomes(booking, bank.buyer, bank.id, 'PAID', 'PAID')

    const held = await started(booking)
    midtrans.pay(held.order, { fraud: 'challenge' })
    await becomes(booking, held.buyer, held.id, 'PENDING', 'AUTHORIZED')
    expect(await bookProblems(shop)).toEqual([])
  })

  it('is cancelled where the buyer pays in another way, or gives up', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const { buyer, id, order } = await started(booking)
    midtrans.wait(order)
    expect((await booking.ask(buyer, PAY, { id })).data.confirmPayment.status).toBe('PAID')
    expect(midtrans.ledger()[0]).toMatchObject({ status: 'cancel', captured: '0.00' })

    const other = await started(booking)
    midtrans.wait(other.order)
    const { data } = await booking.ask(other.buyer, CANCEL, { id: other.id })
    expect(data.cancelBooking).toMatchObject({ status: 'CANCELLED', payment: { status: 'FAILED' } })
    expect(midtrans.ledger()[1]).toMatchObject({ status: 'cancel' })

    const paid = await started(booking)
    midtrans.arm({ kind: 'lose' })
    midtrans.pay(paid.order)
    const refused = await booking.ask(paid.buyer, CANCEL, { id: paid.id })
    expect(refused.errors[0]?.extensions).toEqual({ code: 'REFUND_NOT_ALLOWED', status: 'PAID' })
    expect(await bookProblems(shop)).toEqual([])
  })
})

describe('a notification', () => {
  it('that comes several times and out of order has one outcome', async () => {
    await using shop = await alone()
    const { booking, midtrans, answers } = shop
    const { buyer, id, order } = await started(booking)
    midtrans.arm({ kind: 'reorder' }, { kind: 'duplicate', count: 5, times: 3 })
    midtrans.wait(order)
    midtrans.pay(order, { method: 'bank_transfer' })
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    await midtrans.quiet()
    expect(answers.length).toBeGreaterThan(5)
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(await booking.db.paymentNotification.count()).toBe(2)
    await parallel(10, () => settlePayment(booking.subgraph.deps, order))
    expect(await bookProblems(shop)).toEqual([])
  })

  it('is taken in once (guard payment_notifications_pkey)', async () => {
    const twice = async (
      booking: BookingProcess,
      notify: (body: string) => Promise<number>,
      body: string,
    ) => {
      await parallel(5, () => notify(body))
      return booking.db.paymentNotification.count()
    }
    await using shop = await alone()
    const { booking, midtrans, notify } = shop
    const { order } = await started(booking)
    midtrans.wait(order)
    await midtrans.quiet()
    const { body } = midtrans.notifications()[0] as { body: string }
    expect(await twice(booking, notify, body)).toBe(1)
    await booking.db.$executeRaw`ALTER TABLE payment_notifications DROP CONSTRAINT payment_notifications_pkey`
    expect(await twice(booking, notify, body)).toBe(6)
  })

  it('that Midtrans has not signed is refused, and nothing is written', async () => {
    await using shop = await alone()
    const { booking, midtrans, notify } = shop
    const { buyer, id, order } = await started(booking)
    const forged = {
      order_id: order,
      status_code: '200',
      gross_amount: `${PRICE}.00`,
      transaction_status: 'settlement',
    }
    for (const signature_key of ['', 'zz', 'ab'.repeat(64)])
      expect(await notify(JSON.stringify({ ...forged, signature_key }))).toBe(401)
    expect(await notify('nonsense')).toBe(400)
    expect(await booking.db.paymentNotification.count()).toBe(0)

    midtrans.arm({ kind: 'forge' })
    midtrans.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    await midtrans.quiet()
    expect(await booking.db.paymentNotification.count()).toBe(1)
  })

  it('is a hint only: of another status or amount than Midtrans itself says, nothing comes', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const { buyer, id, order } = await started(booking)
    midtrans.arm({ kind: 'replay', status: 'settlement', on: 'pending' }, { kind: 'wrong-amount' })
    midtrans.wait(order)
    await midtrans.quiet()
    await settlePayment(booking.subgraph.deps, order)
    await becomes(booking, buyer, id, 'PENDING', 'REQUIRES_ACTION')
    expect(await bookProblems(shop)).toEqual([])
  })

  it('of money that is not what was asked for moves nothing', async () => {
    await using shop = await alone()
    const { booking, midtrans, rewrite } = shop
    const { buyer, id, order } = await started(booking)
    midtrans.arm({ kind: 'lose' })
    midtrans.pay(order)
    for (const change of [
      (text: string) => text.replace(`"gross_amount":"${PRICE}.00"`, '"gross_amount":"1.00"'),
      (text: string) => text.replace('"currency":"IDR"', '"currency":"USD"'),
    ]) {
      rewrite(change)
      await expect(settlePayment(booking.subgraph.deps, order)).rejects.toThrow(/its provider took/)
      await becomes(booking, buyer, id, 'PENDING', 'REQUIRES_ACTION')
    }
    rewrite(null)
    await settlePayment(booking.subgraph.deps, order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect(await bookProblems(shop)).toEqual([])
  })
})

describe('a booking whose time ends with a payment under way', () => {
  it('asks Midtrans first, and lets go only then', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const { buyer, id, order } = await started(booking)
    midtrans.wait(order)
    await midtrans.quiet()
    await runOut(booking, id)
    midtrans.arm({ kind: 'refuse', on: 'status', times: 2 })
    await expect(expireBooking(booking.subgraph.deps, id)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
    const holds = [{ bookingId: id, expiresAt: new Date().toISOString() }]
    const { data } = await booking.askAs('ticket', EXPIRE_BOOKINGS, { holds })
    expect(data.expireBookings).toEqual([]) // ticket keeps the places
    midtrans.disarm()
    await eventually(async () => {
      await expireBooking(booking.subgraph.deps, id)
      expect((await booking.db.booking.findUnique({ where: { id } }))?.status).toBe('EXPIRED')
    })
    expect((await booking.ask(buyer, LOOK, { id })).data.booking.payment.status).toBe('FAILED')
    expect(midtrans.ledger()[0]).toMatchObject({ status: 'cancel', captured: '0.00' })
    expect(await bookProblems(shop)).toEqual([])
  })

  it('was paid a moment before: it is PAID', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const { buyer, id, order } = await started(booking)
    midtrans.arm({ kind: 'lose' })
    midtrans.pay(order)
    await runOut(booking, id)
    await expireBooking(booking.subgraph.deps, id)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect(await bookProblems(shop)).toEqual([])
  })

  it('keeps its places until its provider has answered (guard UNPAID of moveToExpired)', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const { id } = await started(booking)
    const expire = async (at: string) => {
      await booking.db.$executeRawUnsafe(`UPDATE bookings SET expires_at = ${at} WHERE id = '${id}'`)
      const holds = [{ bookingId: id, expiresAt: new Date().toISOString() }]
      return (await booking.askAs('ticket', EXPIRE_BOOKINGS, { holds })).data.expireBookings
    }
    midtrans.arm({ kind: 'refuse', on: 'status', times: 50 })
    expect(await expire('clock_timestamp()')).toEqual([])
    const guard = ["payments.status IN ('REQUIRES_ACTION', 'AUTHORIZED')", 'false'] as const
    expect(await withMutant(booking.subgraph.deps, guard, () => expire('clock_timestamp()'))).toEqual([id])
  })

  it('lets go after a quarter of an hour of silence', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const { id } = await started(booking)
    midtrans.arm({ kind: 'refuse', on: 'status', times: 50 })
    await booking.db
      .$executeRaw`UPDATE bookings SET expires_at = now() - interval '16 minutes' WHERE id = ${id}::uuid`
    await expireBooking(booking.subgraph.deps, id)
    expect((await booking.db.booking.findUnique({ where: { id } }))?.status).toBe('EXPIRED')
  })
})

describe('money that comes too late', () => {
  /** A booking of one of so many places, whose payment was started at Midtrans, and whose time has run out. */
  async function runOutWith(shop: MidtransShop<World>, quota: number, promo?: { percent: number }) {
    const { booking } = shop
    const event = await eventOnSale(booking)
    const ticketTypeId = await booking.ticketType(event, { price: PRICE, quota })
    const code = { eventId: event.eventId, code: 'ONCE', kind: 'PERCENT', maxUses: 1, ...promo }
    if (promo) await makePromo(booking, event.organizer, code)
    const buyer = await booking.buyer()
    const input = { ticketTypeId, quantity: 1, ...(promo && { promoCode: 'ONCE' }) }
    const id = await booking.book(buyer, input)
    const { data } = await booking.ask(buyer, START, { id })
    const order = data.confirmPayment.payment.id
    await runOut(booking, id)
    await expireBooking(booking.subgraph.deps, id)
    await eventually(async () =>
      expect(await booking.stock(ticketTypeId)).toEqual({ sold: 0, held: 0, available: quota }),
    )
    return { buyer, id, order, ticketTypeId }
  }

  it('brings the tickets where the places are still free', async () => {
    await using shop = await startShop((settings) => startWorld({}, settings))
    const { booking, midtrans } = shop
    const { buyer, id, order, ticketTypeId } = await runOutWith(shop, 1)
    midtrans.pay(order)
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
    await using shop = await startShop((settings) => startWorld({}, settings))
    const { booking, midtrans } = shop
    const { buyer, id, order, ticketTypeId } = await runOutWith(shop, 1)
    const rival = await booking.buyer()
    await booking.ask(rival, CREATE, { input: { ticketTypeId, quantity: 1 } })
    midtrans.pay(order, { method: 'qris' })
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
    await using shop = await startShop((settings) => startWorld({}, settings))
    const { booking, midtrans } = shop
    const { buyer, id, order, ticketTypeId } = await runOutWith(shop, 1, { percent: 50 })
    midtrans.pay(order, { method: 'qris' })
    await becomes(booking, buyer, id, 'EXPIRED', 'REFUNDED')
    await eventually(async () =>
      expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE', amount: BigInt(PRICE / 2) }]),
    )
    expect(await booking.stock(ticketTypeId)).toEqual({ sold: 0, held: 0, available: 1 })
    expect(await bookProblems(shop)).toEqual([])
  })

  it('for a booking that was paid otherwise, or given up, goes back', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const other = await started(booking)
    await booking.ask(other.buyer, PAY, { id: other.id }) // its page is still open
    midtrans.pay(other.order, { method: 'gopay' })
    await eventually(async () => {
      expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE', amount: BigInt(PRICE) }])
    })
    expect(await balanceOf(booking, other.buyer)).toBe(1_000_000 - PRICE)
    await becomes(booking, other.buyer, other.id, 'PAID', 'PAID')

    const given = await started(booking)
    await booking.ask(given.buyer, CANCEL, { id: given.id })
    midtrans.pay(given.order, { method: 'qris' })
    await becomes(booking, given.buyer, given.id, 'CANCELLED', 'REFUNDED')
    await eventually(async () => expect(await bookProblems(shop)).toEqual([]))
  })
})

describe('a refund at Midtrans', () => {
  const admin = person({ role: 'ADMIN' })

  async function paid(shop: MidtransShop<BookingProcess>, method: 'credit_card' | 'gopay') {
    const { booking, midtrans } = shop
    const payment = await started(booking)
    midtrans.pay(payment.order, { method })
    await becomes(booking, payment.buyer, payment.id, 'PAID', 'PAID')
    await booking.db.$executeRaw`UPDATE bookings SET fulfilled = true WHERE id = ${payment.id}::uuid`
    return payment
  }

  it('is made once, also where the answer to it was lost', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const { buyer, id } = await paid(shop, 'gopay')
    midtrans.arm({ kind: 'error-after', on: 'refund', status: 503 })
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
    expect(midtrans.ledger()).toMatchObject([{ captured: `${PRICE}.00`, refunded: `${PRICE}.00` }])
    expect(await bookProblems(shop)).toEqual([])
  })

  it('of a card that has not settled is a void', async () => {
    await using shop = await alone()
    const { booking, midtrans } = shop
    const { id } = await paid(shop, 'credit_card')
    await booking.ask(admin, REFUND, { id, reason: 'Rained off.' })
    await eventually(async () => expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE' }]))
    expect(midtrans.ledger()).toMatchObject([{ status: 'cancel' }])
    expect(await bookProblems(shop)).toEqual([])
  })

  it('is of no more than the payment says (guard refunds_of_payment)', async () => {
    await using shop = await alone()
    const { order } = await paid(shop, 'gopay')
    const insert = shop.booking.db.$executeRaw`INSERT INTO refunds (id, payment_id, amount)
      VALUES (gen_random_uuid(), ${order}::uuid, 1)`
    await expect(insert).rejects.toThrow(/more is refunded/)
  })
})
