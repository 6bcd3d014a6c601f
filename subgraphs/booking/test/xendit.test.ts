import { expect, it } from 'vitest'
import { cancelPayment, settlePayment } from '../src/domain/payments/settle-payment.ts'
import { findPayment } from '../src/domain/payments/payment-store.ts'
import { startBooking } from './booking-process.ts'
import { act, providerKit } from './provider-kits.ts'
import { becomes, bookProblems, PRICE, started, startShop } from './provider-shop.ts'

// What is Xendit's own; what all providers share is in provider-payments.test.ts and provider-outcomes.test.ts.

const alone = () => startShop(providerKit('XENDIT'), (settings) => startBooking(settings))

/** A second invoice of the same payment, as of a request that was repeated unseen. */
async function secondInvoice(shop: Awaited<ReturnType<typeof alone>>, order: string): Promise<string> {
  const { standIn } = shop
  const response = await fetch(`${standIn.url}/v2/invoices`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('xnd_test:').toString('base64')}` },
    body: JSON.stringify({ external_id: order, amount: PRICE }),
  })
  return ((await response.json()) as { id: string }).id
}

it('a second invoice of a payment is expired with it', async () => {
  await using shop = await alone()
  const { booking, standIn } = shop
  const { order } = await started(shop)
  await secondInvoice(shop, order)
  const payment = await findPayment(booking.db, order)
  if (!payment) throw new Error('not started')
  await cancelPayment(booking.subgraph.deps, payment)
  expect(standIn.ledger().map(({ status }) => status)).toEqual(['EXPIRED', 'EXPIRED'])
})

it('a second invoice that was paid pays the booking; where both were, nothing moves until a person has looked at it', async () => {
  await using shop = await alone()
  const { booking, standIn } = shop
  const one = await started(shop)
  act(standIn, await secondInvoice(shop, one.order), 'pay')
  await becomes(booking, one.buyer, one.id, 'PAID', 'PAID')
  expect(await bookProblems(shop)).toEqual([])

  const both = await started(shop)
  const second = await secondInvoice(shop, both.order)
  shop.arm({ kind: 'lose', times: 2 })
  act(
    standIn,
    standIn.ledger().find(({ order, id }) => order === both.order && id !== second)?.id ?? '',
    'pay',
  )
  act(standIn, second, 'pay')
  await expect(settlePayment(booking.subgraph.deps, both.order)).rejects.toThrow(
    `is of ${PRICE} IDR, its provider took ${2 * PRICE} IDR`,
  )
  await becomes(booking, both.buyer, both.id, 'PENDING', 'REQUIRES_ACTION')
})
