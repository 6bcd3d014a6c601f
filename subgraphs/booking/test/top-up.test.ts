import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import type { Viewer } from '@karcis/kit/service-token'
import { describe, expect, it } from 'vitest'
import { settlePayment } from '../src/domain/payments/settle-payment.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { PAY } from './operations.ts'
import { providerKit, PROVIDERS } from './provider-kits.ts'
import { bookProblems, orderOn, startShop } from './provider-shop.ts'

const TOP_UP = `mutation ($input: TopUpWalletInput!) {
  topUpWallet(input: $input) { id method status amount currency redirectUrl } }`
const WALLETS = `query ($refs: [_Any!]!, $id: ID!) {
  _entities(representations: $refs) { ... on User { balance wallets { balance currency } } }
  payment(id: $id) { status paidAt redirectUrl }
  walletEntries { edges { node { kind amount currency } } } }`

/** What somebody has, what became of a payment of theirs, and what moved their wallets. */
async function look(booking: BookingProcess, viewer: Viewer, payment: string) {
  const refs = [{ __typename: 'User', id: viewer.id }]
  const { data, code } = await booking.ask(viewer, WALLETS, { refs, id: payment })
  if (code) throw new Error(code)
  const { edges } = data.walletEntries
  return {
    ...data._entities[0],
    status: data.payment.status,
    entries: edges.map(({ node }: { node: { kind: string; amount: number } }) => [node.kind, node.amount]),
  }
}

describe.each(PROVIDERS)('a wallet that is topped up at $method', (kit) => {
  const { method } = kit

  it('holds the money when the provider has it, once whatever is told how often', async () => {
    await using shop = await startShop(kit, (settings) => startBooking(settings))
    const { booking, standIn } = shop
    const buyer = await booking.buyer()
    const input = { amount: 50_000, method, idempotencyKey: 'k' }
    const answers = await parallel(5, () => booking.ask(buyer, TOP_UP, { input }))
    const payments = answers.map((answer) => answer.status === 'fulfilled' && answer.value.data.topUpWallet)
    expect(new Set(payments.map(({ id }) => id)).size).toBe(1)
    const [{ id, redirectUrl }] = payments
    expect(payments[0]).toMatchObject({ method, status: 'REQUIRES_ACTION', amount: 50_000, currency: 'IDR' })
    expect((await fetch(redirectUrl)).status).toBe(200)
    expect(await look(booking, buyer, id)).toMatchObject({ balance: 1_000_000, status: 'REQUIRES_ACTION' })

    shop.arm({ kind: 'duplicate', count: 3, times: 9 })
    shop.pay(orderOn(redirectUrl))
    await eventually(async () =>
      expect(await look(booking, buyer, id)).toMatchObject({ balance: 1_050_000, status: 'PAID' }),
    )
    await standIn.quiet()
    await parallel(5, () => settlePayment(booking.subgraph.deps, id))
    expect(await look(booking, buyer, id)).toMatchObject({
      wallets: [{ balance: 1_050_000, currency: 'IDR' }],
      entries: [
        ['TOP_UP', 50_000],
        ['GRANT', 1_000_000],
      ],
    })
    expect(await bookProblems(shop)).toEqual([])
    const other = await booking.ask(buyer, TOP_UP, { input: { ...input, amount: 1 } })
    expect(other.code).toBe('IDEMPOTENCY_KEY_REUSED')
    const { code } = await booking.ask(person(), 'query ($id: ID!) { payment(id: $id) { id } }', { id })
    expect(code).toBe('FORBIDDEN')
  })

  it('ends unpaid when its time is over; what comes after that is the owner’s all the same', async () => {
    await using shop = await startShop(kit, (settings) => startBooking(settings))
    const { booking, standIn } = shop
    const buyer = await booking.buyer()
    const { data } = await booking.ask(buyer, TOP_UP, { input: { amount: 50_000, method } })
    const { id } = data.topUpWallet
    kit.makeCancellable(standIn, id)
    await standIn.quiet()
    await booking.db.$executeRaw`UPDATE payments SET expires_at = now() WHERE id = ${id}::uuid`
    await settlePayment(booking.subgraph.deps, id)
    expect(await look(booking, buyer, id)).toMatchObject({ balance: 1_000_000, status: 'FAILED' })

    const again = (await booking.ask(buyer, TOP_UP, { input: { amount: 50_000, method } })).data.topUpWallet
    kit.keepOpen(standIn, again.id)
    await booking.db.$executeRaw`UPDATE payments SET expires_at = now() WHERE id = ${again.id}::uuid`
    await settlePayment(booking.subgraph.deps, again.id)
    kit.payLate(standIn, again.id)
    await eventually(async () =>
      expect(await look(booking, buyer, again.id)).toMatchObject({ balance: 1_050_000, status: 'PAID' }),
    )
    expect(await bookProblems(shop)).toEqual([])
  })
})

it('a wallet in another currency is filled and spent like the first', async () => {
  await using shop = await startShop(providerKit('STRIPE'), (settings) =>
    startBooking({ ...settings, STRIPE_CURRENCIES: ['IDR', 'USD'] }),
  )
  const { booking } = shop
  const buyer = await booking.buyer()
  const book = () => pendingBooking(booking.db, buyer.id, 1_250, { currency: 'USD' })
  const { id } = await book()
  const { data: methods } = await booking.ask(buyer, 'query ($id: ID!) { paymentMethods(bookingId: $id) }', {
    id,
  })
  expect(methods.paymentMethods).toEqual(['WALLET', 'STRIPE'])
  expect(await booking.ask(buyer, PAY, { id })).toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
    facts: { balance: 0, required: 1_250, currency: 'USD' },
  })
  const input = { amount: 2_000, currency: 'USD', method: 'STRIPE' }
  const payment = (await booking.ask(buyer, TOP_UP, { input })).data.topUpWallet.id
  shop.pay(payment)
  await eventually(async () => expect((await look(booking, buyer, payment)).status).toBe('PAID'))
  expect((await booking.ask(buyer, PAY, { id })).data.confirmPayment.status).toBe('PAID')
  expect((await look(booking, buyer, payment)).wallets).toEqual([
    { balance: 1_000_000, currency: 'IDR' },
    { balance: 750, currency: 'USD' },
  ])
  expect((await booking.ask(buyer, PAY, { id: (await book()).id })).facts).toMatchObject({ balance: 750 })
  expect(await audit(booking.db)).toEqual([])
})

it('a top-up is of more than nothing, by a provider that charges its currency', async () => {
  await using shop = await startShop(providerKit('MIDTRANS'), (settings) => startBooking(settings))
  const { booking } = shop
  const buyer = await booking.buyer()
  const code = async (input: object) =>
    (await booking.ask(buyer, TOP_UP, { input: { amount: 1_000, method: 'MIDTRANS', ...input } })).code
  expect(await code({ amount: 0 })).toBe('BAD_USER_INPUT')
  expect(await code({ currency: 'RUPIAH' })).toBe('BAD_USER_INPUT')
  expect(await code({ currency: 'USD' })).toBe('PAYMENT_DECLINED')
  expect(await code({ method: 'WALLET' })).toBe('PAYMENT_DECLINED')
  expect(await code({ method: 'STRIPE' })).toBe('PAYMENT_DECLINED')
  expect((await booking.ask(null, TOP_UP, { input: { amount: 1, method: 'MIDTRANS' } })).code).toBe(
    'UNAUTHENTICATED',
  )
})
