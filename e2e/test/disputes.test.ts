import { startStripe } from '@karcis/stand-ins/stripe'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { arena, createBooking, holdSeats, signInAdmin, signUp, signUpOrganizer } from './builders.ts'
import { startKarcis } from './karcis.ts'
import { startRelay } from './relay.ts'

const KEYS = { secretKey: 'sk_test', webhookSecret: 'whsec_test' }
const START = `mutation ($id: ID!) { confirmPayment(id: $id, input: { method: STRIPE }) { payment { id } } }`
const LOOK =
  'query ($id: ID!) { booking(id: $id) { status refundedAmount tickets { status frozen } payment { status } } }'
const REFUND = 'mutation ($id: ID!) { refundBooking(id: $id, reason: "Rain.") { status } }'
const BALANCE = '{ organizerBalance { owed heldBack disputed } }'
const PRICE = 300_000

it('a payment that its bank takes back: tickets and money are frozen, then both come back, or both are gone', async () => {
  await using relay = await startRelay()
  await using stripe = await startStripe({ ...KEYS, webhookUrl: `${relay.url}/webhooks/stripe` })
  await using karcis = await startKarcis({
    STRIPE_SECRET_KEY: KEYS.secretKey,
    STRIPE_WEBHOOK_SECRET: KEYS.webhookSecret,
    STRIPE_API_URL: stripe.url,
    STRIPE_PAGE_URL: `${stripe.url}/pay`,
  })
  relay.handOnTo(karcis.url)
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, seat } = await arena(karcis, admin, organizer)
  const balance = async () => (await karcis.run(BALANCE, {}, organizer.token)).organizerBalance[0]
  const free = async (id: string): Promise<string> =>
    (await karcis.run('query ($ids: [ID!]!) { seats(ids: $ids) { status } }', { ids: [id] })).seats[0].status

  /** Buys a seat, and disputes it. */
  async function disputed(name: string, place: number) {
    const buyer = await signUp(karcis, name)
    const seatId = seat('Front', 'A', place)
    const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [seatId])
    const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
    const { confirmPayment } = await karcis.run(START, { id: booking.id }, buyer.token)
    const order: string = confirmPayment.payment.id
    const becomes = (expected: object) =>
      eventually(async () =>
        expect((await karcis.run(LOOK, { id: booking.id }, buyer.token)).booking).toEqual(expected),
      )
    stripe.pay(order)
    const paid = { status: 'PAID', refundedAmount: 0, payment: { status: 'PAID' } }
    await becomes({ ...paid, tickets: [{ status: 'VALID', frozen: false }] })
    stripe.dispute(order)
    await becomes({ ...paid, tickets: [{ status: 'VALID', frozen: true }], payment: { status: 'DISPUTED' } })
    const { errors } = await karcis.attempt(REFUND, { id: booking.id }, admin)
    expect(errors?.[0]?.extensions?.code).toBe('REFUND_NOT_ALLOWED') // the bank has the money
    return { seatId, order, becomes, paid }
  }

  const won = await disputed('Budi', 1)
  expect(await balance()).toEqual({ owed: 0, heldBack: 0, disputed: PRICE })
  stripe.closeDispute(won.order, 'won')
  await won.becomes({ ...won.paid, tickets: [{ status: 'VALID', frozen: false }] })
  expect(await balance()).toEqual({ owed: PRICE, heldBack: PRICE, disputed: 0 })
  expect(await free(won.seatId)).toBe('SOLD')

  const lost = await disputed('Citra', 2)
  expect(await balance()).toEqual({ owed: PRICE, heldBack: PRICE, disputed: PRICE })
  stripe.closeDispute(lost.order, 'lost')
  await lost.becomes({
    status: 'REFUNDED',
    refundedAmount: PRICE,
    tickets: [{ status: 'REFUNDED', frozen: expect.any(Boolean) }], // it admits nobody either way
    payment: { status: 'REFUNDED' },
  })
  expect(await balance()).toEqual({ owed: PRICE, heldBack: PRICE, disputed: 0 })
  expect(await free(lost.seatId)).toBe('AVAILABLE')
  const held = stripe.ledger().map(({ captured, disputed: taken }) => [Number(captured), Number(taken)])
  expect(held).toEqual([
    [PRICE, 0],
    [PRICE, PRICE],
  ])
})
