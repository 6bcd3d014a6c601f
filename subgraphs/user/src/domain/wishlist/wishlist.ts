import { transaction } from '@karcis/kit/database'
import { Unauthenticated } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { lockAccount } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { WishlistFull } from '../errors.ts'
import {
  deleteItem,
  insertItem,
  WISHLIST,
  type WishlistPage,
  type WishlistPart,
  type WishlistRow,
} from './wishlist-store.ts'

const MAX_ITEMS = 1_000

/** Puts an event on the viewer's wishlist. @throws WishlistFull, BadUserInput, Unauthenticated */
export const addToWishlist = (deps: Deps, viewer: Viewer, eventId: string): Promise<UserView> =>
  changeWishlist(deps, viewer, eventId, async (tx, item) => {
    if ((await insertItem(tx, item)) > MAX_ITEMS) throw new WishlistFull(MAX_ITEMS)
  })

/** Takes an event off the viewer's wishlist. @throws BadUserInput, Unauthenticated */
export const removeFromWishlist = (deps: Deps, viewer: Viewer, eventId: string): Promise<UserView> =>
  changeWishlist(deps, viewer, eventId, deleteItem)

async function changeWishlist(
  { db }: Deps,
  { id: userId }: Viewer,
  eventId: string,
  change: (tx: Tx, item: { userId: string; eventId: string }) => Promise<void>,
): Promise<UserView> {
  const item = { userId, eventId: parseInput(idSchema, eventId, 'eventId') }
  return transaction(db, async (tx) => {
    const account = await lockAccount(tx, userId)
    if (!account) throw new Unauthenticated()
    await change(tx, item)
    return fullView(account)
  })
}

/** Reads wishlists: those of all people that a request asks for in one query. */
export interface WishlistLoaders {
  wishlistRows: { load(part: WishlistPart): Promise<WishlistRow[]> }
  wishlistSize(userId: string): Promise<number | null>
}

/** A page of a person's wishlist, newest first; null when the viewer may not see it. @throws BadUserInput for wrong paging. */
export async function readWishlist(
  loaders: WishlistLoaders,
  user: UserView,
  args: PageArgs,
): Promise<WishlistPage | null> {
  if (!user.full) return null
  const page = WISHLIST.parse(args)
  const rows = await loaders.wishlistRows.load({ userId: user.id, page })
  const { edges, ...rest } = WISHLIST.connect(
    rows,
    page,
    async () => (await loaders.wishlistSize(user.id)) ?? 0,
  )
  return {
    ...rest,
    edges: edges.map(({ cursor, node }) => ({ cursor, node: { id: node.eventId }, addedAt: node.addedAt })),
  }
}
