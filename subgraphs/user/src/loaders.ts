import DataLoader from 'dataloader'
import { type Account, findAccounts } from './domain/account-store.ts'
import { loadWishlists, type WishlistKey, type WishlistRow } from './domain/wishlist-store.ts'
import { countWishlists } from './domain/wishlist-store.ts'
import type { PrismaClient } from './generated/prisma/client.ts'

/** What one request reads by key: all of one kind that it needs at a time in one query. */
export interface Loaders {
  account: DataLoader<string, Account | null>
  wishlist: DataLoader<WishlistKey, WishlistRow[], string>
  wishlistSize: DataLoader<string, number>
}

/** Loaders for one request; they remember, so they must not outlive it. */
export const createLoaders = (db: PrismaClient): Loaders => ({
  account: new DataLoader(async (ids) => {
    const found = new Map((await findAccounts(db, ids)).map((account) => [account.id, account]))
    return ids.map((id) => found.get(id) ?? null)
  }),
  wishlist: new DataLoader((keys) => loadWishlists(db, keys), { cacheKeyFn: (key) => JSON.stringify(key) }),
  wishlistSize: new DataLoader((userIds) => countWishlists(db, userIds)),
})
