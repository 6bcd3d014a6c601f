import { newId } from '@karcis/kit/ids'
import type { Connection } from '@karcis/kit/pagination'
import type { Db, Tx } from './deps.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** One event on a wishlist. */
export interface WishlistRow {
  id: string
  eventId: string
  addedAt: Date
}

/** A part of one person's wishlist, in the terms of `IdPage`. */
export interface WishlistKey {
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

/** Adds an event; nothing changes when it is there. The caller has locked the account. @returns how many are on the list now. */
export async function addItem(tx: Tx, userId: string, eventId: string): Promise<number> {
  await tx.wishlistItem.createMany({ data: [{ id: newId(), userId, eventId }], skipDuplicates: true })
  return tx.wishlistItem.count({ where: { userId } })
}

/** Takes an event off; nothing changes when it is not there. */
export async function removeItem(tx: Tx, userId: string, eventId: string): Promise<void> {
  await tx.wishlistItem.deleteMany({ where: { userId, eventId } })
}

/**
 * Parts of several wishlists, each up to one row past its limit to see whether more follow. One query for all that ask
 * for the same part, however many people there are.
 */
export async function loadWishlists(db: Db, keys: readonly WishlistKey[]): Promise<WishlistRow[][]> {
  const parts = Map.groupBy(keys, ({ userId: _, ...part }) => JSON.stringify(part))
  const rows = await Promise.all([...parts.values()].map((same) => loadPart(db, same)))
  const byUser = new Map(
    [...parts.keys()].map((part, index) => [part, Map.groupBy(rows[index] ?? [], (row) => row.userId)]),
  )
  return keys.map(({ userId, ...part }) => byUser.get(JSON.stringify(part))?.get(userId) ?? [])
}

function loadPart(db: Db, keys: readonly WishlistKey[]): Promise<(WishlistRow & { userId: string })[]> {
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
export async function countWishlists(db: Db, userIds: readonly string[]): Promise<number[]> {
  const counted = await db.wishlistItem.groupBy({
    by: ['userId'],
    where: { userId: { in: [...userIds] } },
    _count: true,
  })
  const counts = new Map(counted.map(({ userId, _count }) => [userId, _count]))
  return userIds.map((id) => counts.get(id) ?? 0)
}
