import { newId } from '@karcis/kit/ids'
import { type Connection, type KeysetPage, newestFirst } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'

/** One event on a wishlist. */
export interface WishlistRow {
  id: string
  eventId: string
  addedAt: Date
}

/** A wishlist in its order: newest first. */
export const WISHLIST = newestFirst<WishlistRow>('wishlist')

/** A page of one person's wishlist. */
export interface WishlistPart {
  userId: string
  page: KeysetPage
}

/** One event in a page; whether the viewer may see it is not yet said. */
export interface WishlistItemEdge {
  cursor: string
  node: { id: string }
  addedAt: Date
}

/** A page of a wishlist, as its edges are answered. */
export type WishlistPage = Omit<Connection<unknown>, 'edges'> & { edges: WishlistItemEdge[] }

type Item = { userId: string; eventId: string }

/** Adds an event; nothing changes when it is there. The caller has locked the account. @returns how many are on the list now. */
export async function insertItem(tx: Tx, { userId, eventId }: Item): Promise<number> {
  await tx.wishlistItem.createMany({ data: [{ id: newId(), userId, eventId }], skipDuplicates: true })
  return tx.wishlistItem.count({ where: { userId } })
}

/** Takes an event off; nothing changes when it is not there. */
export async function deleteItem(tx: Tx, { userId, eventId }: Item): Promise<void> {
  await tx.wishlistItem.deleteMany({ where: { userId, eventId } })
}

/** Takes everything off a person's wishlist. */
export async function deleteWishlistOf(tx: Tx, userId: string): Promise<void> {
  await tx.wishlistItem.deleteMany({ where: { userId } })
}

/**
 * Pages of several wishlists, each up to one row past its limit to see whether more follow. One query for all that ask
 * for the same page, however many people there are.
 */
export async function findWishlists(db: Db, parts: readonly WishlistPart[]): Promise<WishlistRow[][]> {
  const pages = new Map(parts.map(({ page }) => [keyOf(page), page]))
  const found = new Map(
    await Promise.all(
      [...pages].map(async ([key, page]) => {
        const people = new Set(parts.filter((part) => keyOf(part.page) === key).map(({ userId }) => userId))
        return [key, Map.groupBy(await findPages(db, page, [...people]), ({ userId }) => userId)] as const
      }),
    ),
  )
  return parts.map(({ userId, page }) => found.get(keyOf(page))?.get(userId) ?? [])
}

const keyOf = ({ limit, backward, after, before }: KeysetPage): string =>
  JSON.stringify([limit, backward, after, before])

const findPages = (
  db: Db,
  page: KeysetPage,
  userIds: string[],
): Promise<(WishlistRow & { userId: string })[]> =>
  db.$queryRaw`SELECT item.id, item.user_id AS "userId", item.event_id AS "eventId", item.added_at AS "addedAt"
    FROM unnest(${userIds}::uuid[]) AS person (id)
    CROSS JOIN LATERAL (SELECT * FROM wishlist_items WHERE user_id = person.id AND ${page.where} ${page.tail}) AS item
    ORDER BY item.id ${page.backward ? Prisma.sql`ASC` : Prisma.sql`DESC`}`

/** How many events are on each of several wishlists; people with an empty one are left out. */
export async function findWishlistSizes(db: Db, userIds: string[]): Promise<Map<string, number>> {
  const counted = await db.wishlistItem.groupBy({
    by: ['userId'],
    where: { userId: { in: userIds } },
    _count: true,
  })
  return new Map(counted.map(({ userId, _count }) => [userId, _count]))
}
