import { newId } from '@karcis/kit/ids'
import type { Connection } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'

/** One event on a wishlist. */
export interface WishlistRow {
  id: string
  eventId: string
  addedAt: Date
}

/** A part of one person's wishlist, in the terms of `IdPage`. */
export interface WishlistPart {
  userId: string
  limit: number
  backward: boolean
  after: string | null
  before: string | null
}

/** A page of a wishlist, as its edges are answered. */
export type WishlistPage = Omit<Connection<unknown>, 'edges'> & {
  edges: { cursor: string; node: { id: string }; addedAt: Date }[]
}

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
 * Parts of several wishlists, each up to one row past its limit to see whether more follow. One query for all that ask
 * for the same part, however many people there are.
 */
export async function findWishlists(db: Db, keys: readonly WishlistPart[]): Promise<WishlistRow[][]> {
  const parts = Map.groupBy(keys, ({ userId: _, ...part }) => JSON.stringify(part))
  const rows = await Promise.all([...parts.values()].map((same) => findSamePart(db, same)))
  const byUser = new Map(
    [...parts.keys()].map((part, index) => [part, Map.groupBy(rows[index] ?? [], (row) => row.userId)]),
  )
  return keys.map(({ userId, ...part }) => byUser.get(JSON.stringify(part))?.get(userId) ?? [])
}

function findSamePart(db: Db, keys: readonly WishlistPart[]): Promise<(WishlistRow & { userId: string })[]> {
  const [{ limit, backward, after, before } = { limit: 0, backward: false, after: null, before: null }] = keys
  const order = backward ? Prisma.sql`ASC` : Prisma.sql`DESC`
  return db.$queryRaw`SELECT item.id, item.user_id AS "userId", item.event_id AS "eventId", item.added_at AS "addedAt"
    FROM unnest(${[...new Set(keys.map(({ userId }) => userId))]}::uuid[]) AS person (id)
    CROSS JOIN LATERAL (
      SELECT * FROM wishlist_items WHERE user_id = person.id
        AND (${after}::uuid IS NULL OR id < ${after}::uuid) AND (${before}::uuid IS NULL OR id > ${before}::uuid)
      ORDER BY id ${order} LIMIT ${limit + 1}
    ) AS item
    ORDER BY item.id ${order}`
}

/** How many events are on each of several wishlists. */
export async function findWishlistSizes(db: Db, userIds: readonly string[]): Promise<number[]> {
  const counted = await db.wishlistItem.groupBy({
    by: ['userId'],
    where: { userId: { in: [...userIds] } },
    _count: true,
  })
  const counts = new Map(counted.map(({ userId, _count }) => [userId, _count]))
  return userIds.map((id) => counts.get(id) ?? 0)
}
