import { readByKey } from '@karcis/kit/batch-loader'
import type { RequestScope } from '@karcis/kit/viewer'
import DataLoader from 'dataloader'
import type { Deps } from './domain/deps.ts'
import type { WishlistLoaders } from './domain/wishlist/wishlist.ts'
import { findWishlists, findWishlistSizes } from './domain/wishlist/wishlist-store.ts'

/** What a request reads by key: all of one kind that is needed at a time in one query. */
type Loaders = WishlistLoaders

/** One request: who asks, by what means it is answered. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: Loaders
}

export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps),
})

/** They batch but do not remember: the second mutation of a request must not be answered with what was before it. */
const createLoaders = ({ db }: Deps): Loaders => ({
  wishlistRows: new DataLoader((parts) => findWishlists(db, parts), { cache: false }),
  wishlistSize: readByKey((userIds) => findWishlistSizes(db, userIds)),
})
