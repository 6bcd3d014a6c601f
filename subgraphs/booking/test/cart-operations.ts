import type { Viewer } from '@karcis/kit/service-token'
import type { World } from './world.ts'

const CART = `fragment C on Cart {
  subtotal discount surcharge totalPrice currency expiresAt promos { code discount problem { code } }
  events { event { id } subtotal discount totalPrice fees { name amount } promos { code discount }
    items { id quantity reservedUntil problem { code } items { name seatLabel unitPrice quantity discount } } } }`

export const VIEW = `{ cart { ...C } } ${CART}`
export const ADD = `mutation ($input: AddToCartInput!) { addToCart(input: $input) { ...C } } ${CART}`
export const UPDATE = `mutation ($id: ID!, $input: UpdateCartItemInput!) { updateCartItem(id: $id, input: $input) { ...C } } ${CART}`
export const REMOVE = `mutation ($id: ID!) { removeFromCart(id: $id) { ...C } } ${CART}`
export const APPLY = `mutation ($code: String!) { applyPromo(code: $code) { ...C } } ${CART}`
const UNAPPLY = `mutation ($code: String!) { removePromo(code: $code) { ...C } } ${CART}`
export const CHECKOUT = `mutation ($input: CheckoutInput!) { checkout(input: $input) {
  id status checkoutId event { id } totalPrice discount currency expiresAt items { name seatLabel quantity unitPrice } } }`

/** What the tests look at of a cart. */
export interface SeenCart {
  subtotal: number
  discount: number
  surcharge: number
  totalPrice: number
  currency: string | null
  expiresAt: string | null
  promos: { code: string; discount: number; problem: { code: string } | null }[]
  events: {
    event: { id: string }
    totalPrice: number
    discount: number
    fees: { name: string; amount: number }[]
    items: {
      id: string
      quantity: number
      reservedUntil: string | null
      problem: { code: string } | null
      items: {
        name: string
        seatLabel: string | null
        unitPrice: number
        quantity: number
        discount: number
      }[]
    }[]
  }[]
}

/** One person with a cart, who does as the functions say and fails where that is refused. */
export function shopper(world: World, viewer: Viewer) {
  const must = async (field: string, query: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await world.ask(viewer, query, variables)
    if (!data[field]) throw new Error(JSON.stringify(errors))
    return data[field]
  }
  const cart = (): Promise<SeenCart> => must('cart', VIEW)
  return {
    viewer,
    cart,
    itemsOf: async () => (await cart()).events.flatMap(({ items }) => items),
    add: (input: Record<string, unknown>): Promise<SeenCart> => must('addToCart', ADD, { input }),
    update: (id: string, input: Record<string, unknown>): Promise<SeenCart> =>
      must('updateCartItem', UPDATE, { id, input }),
    remove: (id: string): Promise<SeenCart> => must('removeFromCart', REMOVE, { id }),
    unapply: (code: string): Promise<SeenCart> => must('removePromo', UNAPPLY, { code }),
    apply: (code: string): Promise<SeenCart> => must('applyPromo', APPLY, { code }),
    checkout: (expectedTotal: number, idempotencyKey = 'once') =>
      world.ask(viewer, CHECKOUT, { input: { expectedTotal, idempotencyKey } }),
  }
}

/** Has the time of all holds be up that no booking has bound. */
export async function letHoldsLapse(world: World): Promise<void> {
  const { db } = world.ticket().deps
  await db.$executeRaw`UPDATE holds SET expires_at = now() WHERE status = 'ACTIVE' AND booking_id IS NULL`
}
