import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { settlePayment } from '../src/domain/payments/settle-payment.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { pendingBooking } from './money.ts'
import { CANCEL, PAY } from './operations.ts'
import { PROVIDERS } from './provider-kits.ts'
import { becomes, bookProblems, LOOK, orderOn, PRICE, START, started, startShop } from './provider-shop.ts'

// What holds for every outside provider: a new one is one more of PROVIDERS.

describe.each(PROVIDERS)('paying at $method', (kit) => {
  const { method } = kit
  const alone = () => startShop(kit, (settings) => startBooking(settings))

  it('gives the buyer a page, and the booking is PAID when the provider has the money', async () => {
    await using shop = await alone()
    const { booking } = shop
    const organizer = person({ role: 'ORGANIZER' })
    const { buyer, id, order } = await started(shop, organizer.id)
    const { payment, status } = (await booking.ask(buyer, LOOK, { id })).data.booking
    expect(status).toBe('PENDING')
    expect(payment).toMatchObject({ method, status: 'REQUIRES_ACTION', amount: PRICE, paidAt: null })
    expect((await fetch(payment.redirectUrl)).status).toBe(200)
    const { redirectUrl, clientSecret } = (await booking.ask(organizer, LOOK, { id })).data.booking.payment
    expect([redirectUrl, clientSecret]).toEqual([null, null])

    shop.pay(order)
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
    const euros = await pendingBooking(booking.db, buyer.id, 1_250, { currency: 'EUR' })
    const methods = async (id: string) => (await booking.ask(buyer, METHODS, { id })).data.paymentMethods
    expect(await methods(rupiah.id)).toEqual(['WALLET', method])
    expect(await methods(euros.id)).toEqual([])
    expect((await booking.ask(person(), METHODS, { id: rupiah.id })).code).toBe('FORBIDDEN')
    expect(await booking.ask(buyer, START, { id: euros.id, method })).toMatchObject({
      code: 'PAYMENT_DECLINED',
      facts: { method, currency: 'EUR' },
    })

    await using keyless = await startBooking()
    const other = await pendingBooking(keyless.db, buyer.id, PRICE)
    expect((await keyless.ask(buyer, METHODS, { id: other.id })).data.paymentMethods).toEqual(['WALLET'])
    expect((await keyless.ask(buyer, START, { id: other.id, method })).code).toBe('PAYMENT_DECLINED')
  })

  it('is one payment, however often and with whatever key it is asked for at once', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, PRICE)
    shop.arm({ kind: 'slow', on: 'create', ms: 200 })
    const answers = await parallel(20, (n) => booking.ask(buyer, START, { id, method, key: `key ${n % 4}` }))
    const pages = answers.map((answer) =>
      answer.status === 'fulfilled' ? answer.value.data.confirmPayment?.payment.redirectUrl : answer.reason,
    )
    expect(new Set(pages).size).toBe(1)
    expect(pages[0]).toContain(standIn.url)
    expect(standIn.ledger().filter(({ status }) => status !== kit.cancelled)).toHaveLength(1)
    expect(await booking.db.payment.count()).toBe(1)
    const { data } = await booking.ask(buyer, LOOK, { id })
    shop.pay(orderOn(pages[0]))
    expect(data.booking.payment.status).toBe('REQUIRES_ACTION')
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect(await bookProblems(shop)).toEqual([])
  })

  it.each(['error-after', 'timeout-after'] as const)(
    'goes on where the answer was lost after the provider had done it: %s',
    async (kind) => {
      await using shop = await startShop(kit, (settings) =>
        startBooking({ ...settings, PROVIDER_TIMEOUT_MS: 500 }),
      )
      const { booking, standIn } = shop
      const buyer = await booking.buyer()
      const { id } = await pendingBooking(booking.db, buyer.id, PRICE)
      shop.arm({ kind, on: 'create', ...(kind === 'error-after' && { status: 503 }) })
      const lost = await booking.ask(buyer, START, { id, method, key: 'k' })
      expect(lost.code).toBe('SERVICE_UNAVAILABLE')
      const again = await booking.ask(buyer, START, { id, method, key: 'k' })
      const { payment } = again.data.confirmPayment
      expect(payment.redirectUrl).toContain(standIn.url)
      expect(standIn.ledger()).toHaveLength(1)
      shop.arm({ kind, on: 'status', ...(kind === 'error-after' && { status: 503 }) })
      shop.pay(payment.id)
      await becomes(booking, buyer, id, 'PAID', 'PAID')
      expect(await bookProblems(shop)).toEqual([])
    },
  )

  it('waits for what takes its time', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const { buyer, id, order } = await started(shop)
    shop.wait(order)
    await standIn.quiet()
    await settlePayment(booking.subgraph.deps, order)
    await becomes(booking, buyer, id, 'PENDING', 'REQUIRES_ACTION')
    shop.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect(await bookProblems(shop)).toEqual([])
  })

  it('is cancelled where the buyer pays in another way, or gives up', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const { buyer, id, order } = await started(shop)
    kit.makeCancellable(standIn, order)
    expect((await booking.ask(buyer, PAY, { id })).data.confirmPayment.status).toBe('PAID')
    expect(standIn.ledger()[0]).toMatchObject({ status: kit.cancelled })
    expect(Number(standIn.ledger()[0]?.captured)).toBe(0)

    const other = await started(shop)
    kit.makeCancellable(standIn, other.order)
    const { data } = await booking.ask(other.buyer, CANCEL, { id: other.id })
    expect(data.cancelBooking).toMatchObject({ status: 'CANCELLED', payment: { status: 'FAILED' } })
    expect(standIn.ledger()[1]).toMatchObject({ status: kit.cancelled })

    const paid = await started(shop)
    shop.arm({ kind: 'lose', times: 9 })
    shop.pay(paid.order)
    const refused = await booking.ask(paid.buyer, CANCEL, { id: paid.id })
    expect(refused.errors[0]?.extensions).toEqual({ code: 'REFUND_NOT_ALLOWED', status: 'PAID' })
    expect(await bookProblems(shop)).toEqual([])
  })
})

describe.each(PROVIDERS)('a notification of $method', (kit) => {
  const alone = () => startShop(kit, (settings) => startBooking(settings))

  it('that comes several times, late and out of order has one outcome', async () => {
    await using shop = await alone()
    const { booking, standIn, answers } = shop
    const { buyer, id, order } = await started(shop)
    shop.arm(
      { kind: 'late', ms: 300 },
      { kind: 'reorder', ms: 300 },
      { kind: 'duplicate', count: 5, times: 9 },
    )
    shop.wait(order)
    shop.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    await standIn.quiet()
    expect(answers.length).toBeGreaterThan(4)
    expect(new Set(answers)).toEqual(new Set([200]))
    const told = new Set(standIn.notifications().map(({ body }) => body))
    expect(await booking.db.paymentNotification.count()).toBe(told.size)
    await parallel(10, () => settlePayment(booking.subgraph.deps, order))
    expect(await bookProblems(shop)).toEqual([])
  })

  it('is taken in once (guard payment_notifications_pkey)', async () => {
    await using shop = await alone()
    const { booking, notify } = shop
    const { order } = await started(shop)
    await shop.standIn.quiet()
    const before = await booking.db.paymentNotification.count()
    const body = kit.saysPaid(order, PRICE)
    const twice = async (db: BookingProcess['db']) => {
      await parallel(5, () => notify(body, kit.attest(body)))
      return (await db.paymentNotification.count()) - before
    }
    expect(await twice(booking.db)).toBe(1)
    await booking.db.$executeRaw`ALTER TABLE payment_notifications DROP CONSTRAINT payment_notifications_pkey`
    expect(await twice(booking.db)).toBe(6)
  })

  it('that is not its own is refused, and nothing is written', async () => {
    await using shop = await alone()
    const { booking, standIn, notify } = shop
    const { buyer, id, order } = await started(shop)
    await standIn.quiet()
    const before = await booking.db.paymentNotification.count()
    const body = kit.saysPaid(order, PRICE)
    const attested = kit.attest(body)
    for (const [forged, headers] of forgeries(body, attested))
      expect([forged, await notify(forged, headers)]).toEqual([forged, 401])
    expect(await notify('nonsense', kit.attest('nonsense'))).toBe(400)
    expect(await booking.db.paymentNotification.count()).toBe(before)

    shop.arm({ kind: 'forge', times: 9 })
    shop.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    await standIn.quiet()
    const told = standIn.notifications().filter(({ tampering }) => tampering === 'none')
    expect(await booking.db.paymentNotification.count()).toBe(new Set(told.map((one) => one.body)).size)
  })

  it('is a hint only: of another status or amount than the provider itself says, nothing comes', async () => {
    await using shop = await alone()
    const { booking, notify, standIn } = shop
    const { buyer, id, order } = await started(shop)
    shop.arm({ kind: 'wrong-amount' }, { kind: 'wrong-currency' })
    shop.wait(order)
    for (const rupiah of [PRICE, 1]) {
      const body = kit.saysPaid(order, rupiah)
      expect(await notify(body, kit.attest(body))).toBe(200)
    }
    await standIn.quiet()
    await settlePayment(booking.subgraph.deps, order)
    await becomes(booking, buyer, id, 'PENDING', 'REQUIRES_ACTION')
    expect(await bookProblems(shop)).toEqual([])
  })

  it('of money that is not what was asked for moves nothing', async () => {
    await using shop = await alone()
    const { booking, rewrite } = shop
    const { buyer, id, order } = await started(shop)
    shop.arm({ kind: 'lose', times: 9 })
    shop.pay(order)
    for (const change of kit.falsified(PRICE)) {
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

/** A notification without what attests it, and with that of another, whether it stands in a header or in the body. */
function* forgeries(
  body: string,
  attested: Record<string, string>,
): Generator<[body: string, headers: Record<string, string>]> {
  const [header] = Object.entries(attested)
  for (const wrong of ['', 'zz', 'ab'.repeat(64)]) {
    if (header) yield [body, { [header[0]]: wrong }]
    else yield [JSON.stringify({ ...JSON.parse(body), signature_key: wrong }), {}]
  }
  if (header) yield [body, {}]
}
