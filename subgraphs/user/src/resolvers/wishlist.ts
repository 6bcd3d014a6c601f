import { requireAccount } from '@karcis/kit/viewer'
import { addToWishlist, readWishlist, removeFromWishlist } from '../domain/wishlist/wishlist.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const wishlist: Resolvers = {
  Mutation: {
    addToWishlist: (_, { eventId }, ctx) => addToWishlist(ctx.deps, requireAccount(ctx), eventId),
    removeFromWishlist: (_, { eventId }, ctx) => removeFromWishlist(ctx.deps, requireAccount(ctx), eventId),
  },
  WishlistEdge: {
    node: ({ node }, _, { loaders }) => loaders.visibleEvent.load(node.id),
  },
  User: {
    wishlist: (user, page, { loaders }) => readWishlist(loaders, user, page),
  },
}
