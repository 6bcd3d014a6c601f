import { requireViewer } from '@karcis/kit/viewer'
import {
  addToCart,
  applyPromo,
  removeFromCart,
  removePromo,
  updateCartItem,
} from '../domain/cart/change-cart.ts'
import { checkout } from '../domain/cart/checkout.ts'
import { viewCart } from '../domain/cart/view-cart.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const cart: Resolvers = {
  Query: {
    cart: (_, __, ctx) => viewCart(ctx.deps, requireViewer(ctx)),
  },
  Mutation: {
    addToCart: (_, { input }, ctx) => addToCart(ctx.deps, requireViewer(ctx), input),
    updateCartItem: (_, { id, input }, ctx) => updateCartItem(ctx.deps, requireViewer(ctx), id, input),
    removeFromCart: (_, { id }, ctx) => removeFromCart(ctx.deps, requireViewer(ctx), id),
    applyPromo: (_, { code }, ctx) => applyPromo(ctx.deps, requireViewer(ctx), code, ctx.clientAddress),
    removePromo: (_, { code }, ctx) => removePromo(ctx.deps, requireViewer(ctx), code),
    checkout: (_, { input }, ctx) => checkout(ctx.deps, requireViewer(ctx), input),
  },
  CartEvent: {
    event: ({ eventId }) => ({ id: eventId }),
  },
}
