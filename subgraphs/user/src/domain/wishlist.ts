import { Unauthenticated } from '@karcis/kit/errors'
import { type PageArgs, toConnection } from '@karcis/kit/pagination'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import type { Context, Tx } from './deps.ts'
import { lockAccount } from './account-store.ts'
import { WishlistFull } from './errors.ts'
import { idKey, parseIdPage } from './page-by-id.ts'
import { type UserView, wholeView } from './user-view.ts'
import { addItem, removeItem, type WishlistPage } from './wishlist-store.ts'

const MAX_ITEMS = 1_000

/** Puts an event on the viewer's wishlist. @throws WishlistFull, BadUserInput, Unauthenticated */
export const addToWishlist = (ctx: Context, eventId: string): Promise<UserView> =>
  changeWishlist(ctx, eventId, async (tx, userId) => {
    if ((await addItem(tx, userId, eventId)) > MAX_ITEMS) throw new WishlistFull(MAX_ITEMS)
  })

/** Takes an event off the viewer's wishlist. @throws BadUserInput, Unauthenticated */
export const removeFromWishlist = (ctx: Context, eventId: string): Promise<UserView> =>
  changeWishlist(ctx, eventId, (tx, userId) => removeItem(tx, userId, eventId))

async function changeWishlist(
  ctx: Context,
  eventId: string,
  change: (tx: Tx, userId: string) => Promise<void>,
): Promise<UserView> {
  const { id } = requireViewer(ctx)
  parseInput(idSchema, eventId, 'eventId')
  return ctx.deps.db.$transaction(async (tx) => {
    const account = await lockAccount(tx, id)
    if (!account) throw new Unauthenticated()
    await change(tx, id)
    return wholeView(account)
  })
}

/** A page of a person's wishlist, newest first; null when the viewer may not see it. @throws BadUserInput for wrong paging. */
export async function readWishlist(
  { loaders }: Context,
  user: UserView,
  args: PageArgs,
): Promise<WishlistPage | null> {
  if (!user.whole) return null
  const page = parseIdPage(args)
  const { limit, backward } = page
  const [after = null] = page.after ?? []
  const [before = null] = page.before ?? []
  const rows = await loaders.wishlist.load({ userId: user.id, limit, backward, after, before })
  const { edges, ...rest } = toConnection(rows, page, idKey, () => loaders.wishlistSize.load(user.id))
  return {
    ...rest,
    edges: edges.map(({ cursor, node }) => ({ cursor, node: { id: node.eventId }, addedAt: node.addedAt })),
  }
}
