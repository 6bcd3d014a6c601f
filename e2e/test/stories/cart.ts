import { eventually } from '@karcis/testkit/eventually'
import { expect } from 'vitest'
import { approvedEvent, signInAdmin, signInAgain, signUp, signUpOrganizer } from '../builders.ts'
import type { Karcis } from '../karcis.ts'

const CART = `{ cart { totalPrice currency expiresAt events { event { title }
  items { id quantity reservedUntil items { name ticketType { available } } } } } }`
const ADD = 'mutation ($input: AddToCartInput!) { addToCart(input: $input) { totalPrice } }'
const CHECKOUT = `mutation ($input: CheckoutInput!) { checkout(input: $input) {
  id status totalPrice checkoutId event { title } } }`
const PAY = `mutation ($id: ID!) { confirmPayment(id: $id, input: { method: WALLET }) {
  status payment { amount } } }`
const LOOK = '{ myBookings { edges { node { status tickets { status } } } } me { balance } }'

/** fills a cart at two events, finds it on another device, and pays for all of it at once. */
export async function cartStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const types: string[] = []
  for (const price of [150_000, 50_000]) {
    const eventId = await approvedEvent(karcis, admin, organizer)
    const { createTicketType } = await karcis.run(
      'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
      { input: { eventId, name: 'Regular', kind: 'PAID', price, quota: 10 } },
      organizer.token,
    )
    types.push(createTicketType.id)
  }
  const buyer = await signUp(karcis, 'Budi')
  for (const ticketTypeId of types)
    await karcis.run(ADD, { input: { ticketTypeId, quantity: 2 } }, buyer.token)

  expect(await signInAgain(karcis, buyer)).toBe(true)
  const { cart } = await karcis.run(CART, {}, buyer.token)
  expect(cart).toMatchObject({ totalPrice: 400_000, currency: 'IDR', expiresAt: expect.any(String) })
  expect(cart.events).toHaveLength(2)
  for (const event of cart.events)
    expect(event.items).toMatchObject([
      { quantity: 2, items: [{ name: 'Regular', ticketType: { available: 8 } }] },
    ])

  const input = { idempotencyKey: 'checkout-1', expectedTotal: cart.totalPrice }
  const { checkout } = await karcis.run(CHECKOUT, { input }, buyer.token)
  expect(checkout).toMatchObject([
    { status: 'PENDING', totalPrice: 300_000 },
    { status: 'PENDING', totalPrice: 100_000, checkoutId: checkout[0].checkoutId },
  ])
  const { confirmPayment } = await karcis.run(PAY, { id: checkout[1].id }, buyer.token)
  expect(confirmPayment).toEqual({ status: 'PAID', payment: { amount: 400_000 } })
  await eventually(async () => {
    const { myBookings, me } = await karcis.run(LOOK, {}, buyer.token)
    const valid = { status: 'PAID', tickets: [{ status: 'VALID' }, { status: 'VALID' }] }
    expect(myBookings.edges).toEqual([{ node: valid }, { node: valid }])
    expect(me.balance).toBe(600_000)
  })
  expect((await karcis.run(CART, {}, buyer.token)).cart.events).toEqual([])
}
