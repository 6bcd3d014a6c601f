import { type Connection, keysetList, type PageArgs } from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'

/** Something that somebody has searched for. */
export interface PastSearch {
  id: string
  search: string
  searchedAt: Date
}

const HISTORY = keysetList<PastSearch>(
  'searchHistory',
  [
    {
      column: Prisma.sql`searched_at`,
      type: 'timestamptz',
      of: ({ searchedAt }) => searchedAt.toISOString(),
    },
    { column: Prisma.sql`id`, type: 'uuid', of: ({ id }) => id },
  ],
  'descending',
)

/** A page of what somebody has searched for in so many days, the newest first. @throws BadUserInput for the page. */
export function listSearches(
  db: Reads,
  { userId, days }: { userId: string; days: number },
  args: PageArgs,
): Promise<Connection<PastSearch>> {
  const theirs = Prisma.sql`user_id = ${userId}::uuid AND searched_at >= now() - make_interval(secs => ${days * 86_400}::float8)`
  return HISTORY.read(args, {
    rows: ({ where, tail }) =>
      db.$queryRaw<PastSearch[]>`SELECT id, search, searched_at AS "searchedAt" FROM search_history
        WHERE ${theirs} AND ${where} ${tail}`,
    async count() {
      const [row] = await db.$queryRaw<
        { count: number }[]
      >`SELECT count(*)::int AS count FROM search_history WHERE ${theirs}`
      return row?.count ?? 0
    },
  })
}

/** Whether searches of somebody are kept. */
export async function areSearchesKept(db: Reads, userId: string): Promise<boolean> {
  const off = await db.$queryRaw<object[]>`SELECT FROM search_history_off WHERE user_id = ${userId}::uuid`
  return off.length === 0
}

/** Makes whoever changes the same history wait for the end of the transaction. */
export async function lockSearches(tx: Tx, userId: string): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`searches of ${userId}`}, 0))::text`
}

/** Puts a search first in a history that is locked, unless none is kept, and takes away what is more than so many. */
export async function upsertSearch(
  tx: Tx,
  { userId, id, search }: { userId: string; id: string; search: string },
  most: number,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO search_history AS known (user_id, search_key, search, id, searched_at)
    SELECT ${userId}::uuid, searchable(${search}), ${search}, ${id}::uuid, clock_timestamp()
    WHERE NOT EXISTS (SELECT FROM search_history_off WHERE user_id = ${userId}::uuid)
    ON CONFLICT (user_id, search_key) DO UPDATE SET search = excluded.search, id = excluded.id, searched_at = excluded.searched_at`
  await tx.$executeRaw`DELETE FROM search_history WHERE user_id = ${userId}::uuid AND search_key = ANY(ARRAY(
    SELECT search_key FROM search_history WHERE user_id = ${userId}::uuid
    ORDER BY searched_at DESC, id DESC OFFSET ${most}::int))`
}

/** Forgets all that somebody has searched for. */
export async function deleteSearches(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM search_history WHERE user_id = ${userId}::uuid`
}

/** Says that searches of somebody are kept from now on, or that they are not. Whoever is erased stays so. */
export async function updateSearchesKept(tx: Tx, userId: string, kept: boolean): Promise<void> {
  if (kept)
    await tx.$executeRaw`DELETE FROM search_history_off WHERE user_id = ${userId}::uuid AND erased_at IS NULL`
  else
    await tx.$executeRaw`INSERT INTO search_history_off (user_id) VALUES (${userId}::uuid) ON CONFLICT DO NOTHING`
}

/** Forgets the searches of an account that is erased, and of whatever is still under way. */
export async function eraseSearches(tx: Tx, userId: string): Promise<void> {
  await lockSearches(tx, userId)
  await deleteSearches(tx, userId)
  await tx.$executeRaw`INSERT INTO search_history_off (user_id, erased_at) VALUES (${userId}::uuid, now())
    ON CONFLICT (user_id) DO UPDATE SET erased_at = excluded.erased_at`
}
