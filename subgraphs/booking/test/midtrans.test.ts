import { eventually } from '@karcis/testkit/eventually'
import { person } from '@karcis/testkit/people'
import { expect, it } from 'vitest'
import { markIssued } from './money.ts'
import { startBooking } from './booking-process.ts'
import { REFUND } from './operations.ts'
import { act, providerKit } from './provider-kits.ts'
import { becomes, bookProblems, refundsOf, started, startShop } from './provider-shop.ts'

// What is Midtrans' own; what all providers share is in provider-payments.test.ts and provider-outcomes.test.ts.

const alone = () => startShop(providerKit('MIDTRANS'), (settings) => startBooking(settings))

it('a card that fraud detection looks into is AUTHORIZED, and no more', async () => {
  await using shop = await alone()
  const { buyer, id, order } = await started(shop)
  act(shop.standIn, order, 'pay', { fraud: 'challenge' })
  await becomes(shop.booking, buyer, id, 'PENDING', 'AUTHORIZED')
  expect(await bookProblems(shop)).toEqual([])
})

it('a refund of a card that has not settled is a void', async () => {
  await using shop = await alone()
  const { booking, standIn } = shop
  const { buyer, id, order } = await started(shop)
  act(standIn, order, 'pay', { method: 'credit_card' })
  await becomes(booking, buyer, id, 'PAID', 'PAID')
  await markIssued(booking.db, id)
  await booking.ask(person({ role: 'ADMIN' }), REFUND, { id, reason: 'Rained off.' })
  await eventually(async () => expect(await refundsOf(booking)).toMatchObject([{ status: 'DONE' }]))
  expect(standIn.ledger()).toMatchObject([{ status: 'cancel' }])
  expect(await bookProblems(shop)).toEqual([])
})
