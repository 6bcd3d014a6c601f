import { decimalsOf } from '@karcis/kit/contracts/currencies'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromDecimals, toDecimals } from '../src/domain/payments/amounts.ts'
import { settlePayment } from '../src/domain/payments/settle-payment.ts'
import { startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { act, providerKit } from './provider-kits.ts'
import { becomes, bookProblems, LOOK, START, started, startShop } from './provider-shop.ts'

// What is Stripe's own; what all providers share is in provider-payments.test.ts and provider-outcomes.test.ts.

const CURRENCIES = ['IDR', 'USD', 'JPY', 'ISK', 'KWD']
const alone = () =>
  startShop(providerKit('STRIPE'), (settings) => startBooking({ ...settings, STRIPE_CURRENCIES: CURRENCIES }))

describe('amounts', () => {
  it.each([
    ['IDR', 150_000, '150000.00'],
    ['USD', 1_250, '12.50'],
    ['JPY', 500, '500'],
    ['ISK', 500, '500.00'],
    ['KWD', 5_120, '5.120'],
  ])('of %s are charged to the smallest unit that there is: %i is %s', async (currency, amount, charged) => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, amount, { currency })
    const { data } = await booking.ask(buyer, START, { id, method: 'STRIPE' })
    expect(standIn.ledger()).toMatchObject([{ currency, amount: charged }])
    shop.pay(data.confirmPayment.payment.id)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    expect(await audit(booking.db)).toEqual([])
  })

  it('that Stripe does not charge are refused before anything is begun there', async () => {
    await using shop = await alone()
    const { booking, standIn } = shop
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 5_124, { currency: 'KWD' })
    expect((await booking.ask(buyer, START, { id, method: 'STRIPE' })).code).toBe('PAYMENT_DECLINED')
    expect(standIn.ledger()).toEqual([])
    const { payment } = (await booking.ask(buyer, LOOK, { id })).data.booking
    expect(payment.status).toBe('FAILED')
    await settlePayment(booking.subgraph.deps, payment.id) // the last look at it
  })

  it('come back from other units as they went', () => {
    const ours = fc.tuple(fc.constantFrom(...CURRENCIES), fc.integer({ min: 1, max: 9_007_199_254 }))
    const returns = fc.property(ours, fc.integer({ min: 0, max: 4 }), ([currency, amount], decimals) => {
      const theirs = toDecimals(amount, currency, decimals)
      return theirs === null
        ? decimals < decimalsOf(currency)
        : fromDecimals(theirs, currency, decimals) === amount
    })
    expect(() => fc.assert(returns)).not.toThrow()
  })
})

it('gives the client a secret for Stripe’s own form, and 3-D Secure changes nothing but the wait', async () => {
  await using shop = await alone()
  const { booking, standIn } = shop
  const { buyer, id, order } = await started(shop)
  const { payment } = (await booking.ask(buyer, LOOK, { id })).data.booking
  expect(payment.clientSecret).toMatch(/^pi_\w+_secret_/)
  const back = encodeURIComponent(`http://localhost:4000/checkout/${id}/result`)
  expect(payment.redirectUrl).toBe(`${standIn.url}/pay/${payment.clientSecret}?return_url=${back}`)
  act(standIn, order, 'challenge')
  await standIn.quiet()
  await becomes(booking, buyer, id, 'PENDING', 'REQUIRES_ACTION')
  act(standIn, order, 'decline')
  await standIn.quiet()
  await becomes(booking, buyer, id, 'PENDING', 'REQUIRES_ACTION') // they may try again
  shop.pay(order)
  await becomes(booking, buyer, id, 'PAID', 'PAID')
  expect(await bookProblems(shop)).toEqual([])
})

it('takes no event whose signature is of another hour', async () => {
  await using shop = await alone()
  const { order } = await started(shop)
  const body = providerKit('STRIPE').saysPaid(order, 1)
  const signature = providerKit('STRIPE').attest(body, Math.floor(Date.now() / 1_000) - 3_600)
  expect(await shop.notify(body, signature)).toBe(401)
})
