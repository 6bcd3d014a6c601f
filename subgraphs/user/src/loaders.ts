import DataLoader from 'dataloader'
import type { Deps } from './context.ts'
import { type Account, findAccounts } from './domain/account-store.ts'
import { countWishlists, loadWishlists, type WishlistKey, type WishlistRow } from './domain/wishlist-store.ts'

/** What requests read by key: all of one kind that is needed at a time in one query. */
export interface Loaders {
  account: DataLoader<string, Account | null>
  wishlist: DataLoader<WishlistKey, WishlistRow[]>
  wishlistSize: DataLoader<string, number>
}

/** They gather but do not remember: the second mutation of a request must not be answered with what was before it. */
const GATHER_ONLY = { cache: false }

/** Loaders for one request. */
export const createLoaders = ({ db, reads }: Pick<Deps, 'db' | 'reads'>): Loaders => ({
  account: new DataLoader(async (ids) => {
    const found = new Map((await findAccounts(reads, ids)).map((account) => [account.id, account]))
    return ids.map((id) => found.get(id) ?? null)
  }, GATHER_ONLY),
  wishlist: new DataLoader((keys) => loadWishlists(db, keys), GATHER_ONLY),
  wishlistSize: new DataLoader((userIds) => countWishlists(db, userIds), GATHER_ONLY),
})
