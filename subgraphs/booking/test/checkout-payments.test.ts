import { newId } from '@karcis/kit/ids'
import { transaction } from '@karcis/kit/database'
import type { Viewer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { tell } from '@karcis/testkit/ask'
import { describe, expect, it } from 'vitest'
import type { Booking } from '../src/domain/bookings/booking.ts'
import { insertCheckout } from '../src/domain/checkout/checkout-store.ts'
import { insertBegun } from '../src/domain/checkout/start-payment.ts'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { settlePayment } from '../src/domain/payments/settle-payment.ts'
import { topUpBill } from '../src/domain/payments/subject.ts'
import { balanceOf, type BookingProcess, startBooking } from './booking-process.ts'
import { audit, pendingBooking, pendingCheckout } from './money.ts'
import { CANCEL, PAY } from './operations.ts'
import { act, providerKit } from './provider-kits.ts'
import { startShop } from './provider-shop.ts'
import { type OnSale, toldOf } from './world.ts'

// Money alone: the ticket subgraph is away all the time.

const START = `mutation ($id: ID!, $key: String) {
  confirmPayment(id: $id, input: { method: MIDTRANS, idempotencyKey: $key }) { id status payment { id amount redirectUrl } } }`

const alone = () => startShop(providerKit('MIDTRANS'), (settings) => startBooking(settings))

const statusesOf = async ({ db }: BookingProcess, bookings: readonly Booking[]) => {
  const rows = await db.booking.findMany({ where: { id: { in: bookings.map(({ id }) => id) } } })
  return bookings.map(({ id }) => rows.find((row) => row.id === id)?.status)
}

/** What event tells: this one is over, so that nothing of it can be paid. */
const callOff = (booking: BookingProcess, eventId: string) => {
  const event: OnSale = { eventId, organizer: person({ role: 'ORGANIZER' }) }
  const payload = { ...toldOf(event, 'IDR'), status: 'CANCELLED' }
  return tell(booking.subgraph, 'event', { type: 'event.changed', aggregateId: eventId, payload })
}

const runOut = ({ db }: BookingProcess, id: string | undefined) =>
  db.$executeRaw`UPDATE bookings SET expires_at = clock_timestamp() WHERE id = ${id}::uuid`

/** A checkout whose payment at Midtrans was started. */
async function started(booking: BookingProcess, prices: number[]) {
  const buyer = await booking.buyer()
  const bookings = await pendingCheckout(booking.db, buyer.id, prices)
  const { data, errors } = await booking.ask(buyer, START, { id: bookings[0]?.id })
  expect(errors).toEqual([])
  return { buyer, bookings, order: data.confirmPayment.payment.id as string }
}

describe('a checkout', () => {
  it('is paid out of the wallet as a whole, whichever of its bookings is named', async () => {
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: 500_000 })
    const buyer = await booking.buyer()
    const bookings = await pendingCheckout(booking.db, buyer.id, [100_000, 0, 250_000])
    const { data } = await booking.ask(buyer, PAY, { id: bookings[1]?.id, key: 'k' })
    expect(data.confirmPayment).toMatchObject({
      id: bookings[1]?.id,
      status: 'PAID',
      payment: { amount: 350_000 },
    })
    expect(await statusesOf(booking, bookings)).toEqual(['PAID', 'PAID', 'PAID'])
    expect(await balanceOf(booking, buyer)).toBe(150_000)
    expect(await booking.db.payment.count()).toBe(1)
    const LIST = '{ myBookings { edges { node { checkoutId payment { id } } } } }'
    const nodes = (await booking.ask(buyer, LIST)).data.myBookings.edges
    expect(new Set(nodes.map((edge: { node: unknown }) => JSON.stringify(edge.node))).size).toBe(1)
    expect(await audit(booking.db)).toEqual([])
  })

  it('of which the wallet holds only a part is not paid at all', async () => {
    await using booking = await startBooking({ SIGNUP_GRANT_IDR: 300_000 })
    const buyer = await booking.buyer()
    const bookings = await pendingCheckout(booking.db, buyer.id, [100_000, 250_000])
    const refused = await booking.ask(buyer, PAY, { id: bookings[0]?.id })
    expect(refused.facts).toMatchObject({ balance: 300_000, required: 350_000 })
    expect(await statusesOf(booking, bookings)).toEqual(['PENDING', 'PENDING'])
    expect(await balanceOf(booking, buyer)).toBe(300_000)
    expect(await audit(booking.db)).toEqual([])
  })

  it('is cancelled as a whole, and so it expires', async () => {
    await using booking = await startBooking()
    const buyer = await booking.buyer()
    const [given, late] = [
      await pendingCheckout(booking.db, buyer.id, [1_000, 2_000]),
      await pendingCheckout(booking.db, buyer.id, [1_000, 2_000]),
    ]
    await booking.ask(buyer, CANCEL, { id: given[1]?.id })
    expect(await statusesOf(booking, given)).toEqual(['CANCELLED', 'CANCELLED'])

    await runOut(booking, late[1]?.id)
    const refused = await booking.ask(buyer, PAY, { id: late[0]?.id })
    expect(refused.facts).toEqual({ status: 'EXPIRED' })
    await expireBooking(booking.subgraph.deps, late[0]?.id ?? '')
    expect(await statusesOf(booking, late)).toEqual(['EXPIRED', 'EXPIRED'])
  })

  it('without the guard (its bookings have one time together) expires in part', async () => {
    await using booking = await startBooking()
    const buyer = await booking.buyer()
    const bookings = await pendingCheckout(booking.db, buyer.id, [1_000, 2_000])
    const { deps } = booking.subgraph
    await withMutant(deps, ['CASE WHEN bookings.checkout_id IS NOT NULL', 'CASE WHEN false'], async () => {
      await runOut(booking, bookings[0]?.id)
      await expireBooking(deps, bookings[0]?.id ?? '')
    })
    expect(await statusesOf(booking, bookings)).toEqual(['EXPIRED', 'PENDING'])
  })

  it('one of whose events is called off can be paid no more', async () => {
    await using booking = await startBooking()
    const buyer = await booking.buyer()
    const bookings = await pendingCheckout(booking.db, buyer.id, [1_000, 2_000])
    await callOff(booking, bookings[1]?.eventId ?? '')
    const refused = await booking.ask(buyer, PAY, { id: bookings[0]?.id })
    expect(refused.code).toBe('BOOKING_NOT_PAYABLE')
    await eventually(async () => expect(await statusesOf(booking, bookings)).toEqual(['EXPIRED', 'EXPIRED']))
  })

  it('paid, cancelled and expiring at once, by whichever booking, ends in one way', async () => {
    await using booking = await startBooking()
    const buyer = await booking.buyer()
    const checkouts = await Promise.all(
      Array.from({ length: 8 }, () => pendingCheckout(booking.db, buyer.id, [1_000, 2_000, 3_000])),
    )
    await parallel(32, async (n) => {
      const bookings = checkouts[n % 8] ?? []
      const id = bookings[(n * 7) % 3]?.id ?? ''
      if (n < 16) await booking.ask(buyer, n < 8 ? PAY : CANCEL, { id })
      else if (n < 24) await runOut(booking, id)
      else await expireBooking(booking.subgraph.deps, id)
    })
    for (const bookings of checkouts) {
      for (const { id } of bookings) await expireBooking(booking.subgraph.deps, id)
      expect(new Set(await statusesOf(booking, bookings)).size).toBe(1)
    }
    expect(await audit(booking.db)).toEqual([])
  })
})

describe('a checkout at an outside provider', () => {
  it('is one payment of the whole price, and all of it is PAID with that', async () => {
    await using shop = await alone()
    const { booking } = shop
    const { buyer, bookings, order } = await started(booking, [100_000, 50_000])
    const again = await booking.ask(buyer, START, { id: bookings[1]?.id })
    expect(again.data.confirmPayment.payment).toMatchObject({ id: order, amount: 150_000 })
    shop.pay(order)
    await eventually(async () => expect(await statusesOf(booking, bookings)).toEqual(['PAID', 'PAID']))
    expect(await audit(booking.db)).toEqual([])
  })

  it('is cancelled there before it expires or is given up', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const late = await started(booking, [100_000, 50_000])
    shop.wait(late.order)
    await runOut(booking, late.bookings[1]?.id)
    await eventually(async () => {
      await expireBooking(booking.subgraph.deps, late.bookings[0]?.id ?? '')
      expect(await statusesOf(booking, late.bookings)).toEqual(['EXPIRED', 'EXPIRED'])
    })
    const given = await started(booking, [100_000, 50_000])
    shop.wait(given.order)
    await booking.ask(given.buyer, CANCEL, { id: given.bookings[1]?.id })
    expect(await statusesOf(booking, given.bookings)).toEqual(['CANCELLED', 'CANCELLED'])
    expect(standIn.ledger().map(({ status }) => status)).toEqual(['cancel', 'cancel'])
  })

  it('paid late brings what can still be had, and the part of each other booking goes back', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const { bookings, order } = await started(booking, [100_000, 50_000, 25_000])
    const [, off] = bookings
    await runOut(booking, bookings[0]?.id)
    await expireBooking(booking.subgraph.deps, bookings[0]?.id ?? '')
    await callOff(booking, off?.eventId ?? '')
    act(standIn, order, 'pay', { method: 'qris' })
    await eventually(async () =>
      expect(await statusesOf(booking, bookings)).toEqual(['PAID', 'EXPIRED', 'PAID']),
    )
    await eventually(async () =>
      expect(await booking.db.refund.findMany()).toMatchObject([{ amount: 50_000n, status: 'DONE' }]),
    )
    expect(await booking.db.payment.findMany()).toMatchObject([
      { status: 'PARTIALLY_REFUNDED', refundedAmount: 50_000n },
    ])
    expect(standIn.ledger()).toMatchObject([{ captured: '175000.00', refunded: '50000.00' }])
    expect(await audit(booking.db)).toEqual([])
  })

  it('that was paid otherwise meanwhile is given back as a whole', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const { buyer, bookings, order } = await started(booking, [100_000, 50_000])
    await booking.ask(buyer, PAY, { id: bookings[1]?.id }) // its page is still open
    act(standIn, order, 'pay', { method: 'gopay' })
    await eventually(async () =>
      expect(await booking.db.refund.findMany()).toMatchObject([{ amount: 150_000n, status: 'DONE' }]),
    )
    expect(await statusesOf(booking, bookings)).toEqual(['PAID', 'PAID'])
    expect(await audit(booking.db)).toEqual([])
  })
})

describe('of one payment, bookings that are refunded at once', () => {
  async function refundAll(booking: BookingProcess): Promise<string[]> {
    const buyer = await booking.buyer()
    const bookings = await pendingCheckout(
      booking.db,
      buyer.id,
      Array.from({ length: 8 }, () => 1_000),
    )
    await booking.ask(buyer, PAY, { id: bookings[0]?.id })
    const outcomes = await parallel(8, (n) =>
      refundInFull(booking.subgraph.deps, bookings[n]?.id ?? '', 'Rained off.', { fulfilled: false }),
    )
    return outcomes.map(({ status }) => status)
  }

  it('without the guard (FOR UPDATE of the payment) meet each other, and fail', async () => {
    await using booking = await startBooking()
    const guard = ['::uuid FOR UPDATE', '::uuid'] as const
    const outcomes = await withMutant(booking.subgraph.deps, guard, () => refundAll(booking))
    expect(outcomes).toContain('rejected')
  })

  it('with it all go back', async () => {
    await using booking = await startBooking()
    expect(await refundAll(booking)).not.toContain('rejected')
    expect(await booking.db.payment.findMany()).toMatchObject([
      { status: 'REFUNDED', refundedAmount: 8_000n },
    ])
    expect(await audit(booking.db)).toEqual([])
  })
})

describe('a wallet that is topped up', () => {
  /** A top-up that its provider is to be asked for. */
  const begin = ({ db }: BookingProcess, { id: userId }: Viewer, amount: number) =>
    transaction(db, (tx) =>
      insertBegun(
        tx,
        topUpBill({ userId, amount, currency: 'IDR', expiresAt: new Date(Date.now() + 600_000) }),
        'MIDTRANS',
      ),
    )

  it('has the money once its provider has it, once', async () => {
    await using shop = await alone()
    const { booking } = shop
    const buyer = await booking.buyer()
    const { id, amount, currency, expiresAt } = await begin(booking, buyer, 70_000)
    const { MIDTRANS } = booking.subgraph.deps.providers
    if (MIDTRANS?.kind !== 'EXTERNAL') throw new Error('not offered')
    await MIDTRANS.start({
      paymentId: id,
      amount,
      currency,
      expiresAt: expiresAt ?? new Date(),
      returnUrl: `http://localhost:4000/payments/${id}`,
    })
    shop.pay(id)
    await eventually(async () => expect(await balanceOf(booking, buyer)).toBe(1_070_000))
    await parallel(5, () => settlePayment(booking.subgraph.deps, id))
    expect(await balanceOf(booking, buyer)).toBe(1_070_000)
    const ENTRIES = '{ walletEntries(first: 1) { edges { node { kind amount booking { id } } } } }'
    expect((await booking.ask(buyer, ENTRIES)).data.walletEntries.edges).toEqual([
      { node: { kind: 'TOP_UP', amount: 70_000, booking: null } },
    ])
    expect(await audit(booking.db)).toEqual([])
  })

  it('is given up at its provider when its time is over', async () => {
    await using shop = await alone()
    const { booking } = shop
    const { id } = await begin(booking, await booking.buyer(), 70_000)
    await booking.db.$executeRaw`UPDATE payments SET expires_at = clock_timestamp() WHERE id = ${id}::uuid`
    await settlePayment(booking.subgraph.deps, id)
    expect(await booking.db.payment.findMany()).toMatchObject([{ status: 'FAILED', capturedAmount: 0n }])
  })
})

describe('the tables', () => {
  const refusing = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing',
      (error: Error) => error.message,
    )

  it('have a checkout whose bookings are of its buyer, its currency and its price', async () => {
    await using booking = await startBooking()
    const { db } = booking
    const userId = newId()
    const [one] = await pendingCheckout(db, userId, [1_000, 2_000])
    const id = newId()
    const empty = transaction(db, (tx) => insertCheckout(tx, { id, userId, currency: 'IDR', totalPrice: 0 }))
    expect(await refusing(empty)).toMatch(/its bookings of <NULL>/) // guard checkouts_total_adds_up
    const single = await pendingBooking(db, userId, 3_000)
    const join = db.$executeRaw`UPDATE bookings SET checkout_id = ${one?.checkoutId}::uuid WHERE id = ${single.id}::uuid`
    expect(await refusing(join)).toMatch(/stays of the checkout/) // guard bookings_checkout_fixed
    const more = db.$executeRaw`INSERT INTO bookings (id, user_id, event_id, organizer_id, checkout_id, hold_id, currency, subtotal,
        total_price, expires_at)
      SELECT gen_random_uuid(), ${userId}::uuid, event_id, organizer_id, checkout_id, gen_random_uuid(), currency, subtotal,
        total_price, expires_at FROM bookings WHERE id = ${one?.id}::uuid`
    expect(await refusing(more)).toMatch(/its bookings of 4000/) // guard bookings_checkout_adds_up
    const other = db.$executeRaw`INSERT INTO bookings (id, user_id, event_id, organizer_id, checkout_id, hold_id, currency, subtotal,
        total_price, expires_at)
      SELECT gen_random_uuid(), gen_random_uuid(), event_id, organizer_id, checkout_id, gen_random_uuid(), currency, 0, 0, expires_at
      FROM bookings WHERE id = ${one?.id}::uuid`
    expect(await refusing(other)).toMatch(/bookings_checkout_fkey/)
    expect(await refusing(db.$executeRaw`UPDATE checkouts SET total_price = 5`)).toMatch(/append only/)
  })

  it('have a payment that is for one thing, and of a checkout as a whole', async () => {
    await using booking = await startBooking()
    const { db } = booking
    const [one] = await pendingCheckout(db, newId(), [1_000, 2_000])
    const single = await pendingBooking(db, newId(), 3_000)
    const pay = (
      bookingId: string | null,
      checkoutId: string | null,
      userId: string | null,
      amount: number,
    ) =>
      refusing(
        db.$executeRaw`INSERT INTO payments (id, booking_id, checkout_id, top_up_user_id, provider, status, amount, currency)
          VALUES (gen_random_uuid(), ${bookingId}::uuid, ${checkoutId}::uuid, ${userId}::uuid, 'WALLET', 'REQUIRES_ACTION',
            ${amount}::bigint, 'IDR')`,
      )
    const checkoutId = one?.checkoutId ?? null
    expect(await pay(null, null, null, 1)).toMatch(/payments_subject_check/)
    expect(await pay(single.id, null, newId(), 3_000)).toMatch(/payments_subject_check/)
    expect(await pay(one?.id ?? null, null, null, 1_000)).toMatch(/is paid with its checkout/) // payments_of_whole_checkout
    expect(await pay(null, checkoutId, null, 1_000)).toMatch(/payments_checkout_fkey/)
    expect(await pay(null, null, newId(), 0)).toMatch(/payments_top_up_check/)
    expect(await pay(null, checkoutId, null, 3_000)).toBe('nothing')
    expect(await pay(null, checkoutId, null, 3_000)).toMatch(/Unique constraint|unique constraint/)
    await db.$executeRaw`DROP INDEX payments_one_under_way_of_checkout`
    expect(await pay(null, checkoutId, null, 3_000)).toBe('nothing')
    const paid = () =>
      db.$executeRaw`UPDATE payments SET status = 'PAID', captured_amount = amount, paid_at = now() WHERE checkout_id IS NOT NULL`
    expect(await refusing(paid())).not.toBe('nothing')
    await db.$executeRaw`DROP INDEX payments_one_paid_of_checkout`
    expect(await refusing(paid())).toBe('nothing')
  })
})
