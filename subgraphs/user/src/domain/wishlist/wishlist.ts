import { transaction } from '@karcis/kit/database'
import { NotFound, Unauthenticated } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { lockAccount } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { WishlistFull } from '../errors.ts'
import { isEventVisible } from '../other-subgraphs.ts'
import {
  deleteItem,
  insertItem,
  WISHLIST,
  type WishlistPage,
  type WishlistPart,
  type WishlistRow,
} from './wishlist-store.ts'

const MAX_ITEMS = 1_000

/** Puts an event that the viewer may see on their wishlist. @throws NotFound, WishlistFull, BadUserInput, Unauthenticated */
export async function addToWishlist(deps: Deps, viewer: Viewer, eventId: string): Promise<UserView> {
  const id = parseInput(idSchema, eventId, 'eventId')
  if (!(await isEventVisible(deps, viewer, id))) throw new NotFound('event', id)
  return changeWishlist(deps, viewer, id, async (tx, item) => {
    if ((await insertItem(tx, item)) > MAX_ITEMS) throw new WishlistFull(MAX_ITEMS)
  })
}

/** Takes an event off the viewer's wishlist, whatever has become of it. @throws BadUserInput, Unauthenticated */
export const removeFromWishlist = async (deps: Deps, viewer: Viewer, eventId: string): Promise<UserView> =>
  changeWishlist(deps, viewer, parseInput(idSchema, eventId, 'eventId'), deleteItem)

async function changeWishlist(
  { db }: Deps,
  { id: userId }: Viewer,
  eventId: string,
  change: (tx: Tx, item: { userId: string; eventId: string }) => Promise<void>,
): Promise<UserView> {
  return transaction(db, async (tx) => {
    const account = await lockAccount(tx, userId)
    if (!account) throw new Unauthenticated()
    await change(tx, { userId, eventId })
    return fullView(account)
  })
}

/** Reads wishlists: those of all people, and all events of them, that a request asks for in one query. */
export interface WishlistLoaders {
  wishlistRows: { load(part: WishlistPart): Promise<WishlistRow[]> }
  wishlistSize(userId: string): Promise<number | null>
  /** An event that the viewer may see; null for every other. */
  visibleEvent: { load(eventId: string): Promise<{ id: string } | null> }
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
