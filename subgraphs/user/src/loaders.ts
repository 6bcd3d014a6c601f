import DataLoader from 'dataloader'
import type { Deps } from './domain/deps.ts'
import { countWishlists, loadWishlists, type WishlistKey, type WishlistRow } from './domain/wishlist-store.ts'

/** What requests read by key: all of one kind that is needed at a time in one query. */
export interface Loaders {
  wishlist: DataLoader<WishlistKey, WishlistRow[]>
  wishlistSize: DataLoader<string, number>
}

/** They gather but do not remember: the second mutation of a request must not be answered with what was before it. */
const GATHER_ONLY = { cache: false }

/** Loaders for one request. */
export const createLoaders = ({ db }: Pick<Deps, 'db'>): Loaders => ({
  wishlist: new DataLoader((keys) => loadWishlists(db, keys), GATHER_ONLY),
  wishlistSize: new DataLoader((userIds) => countWishlists(db, userIds), GATHER_ONLY),
})
