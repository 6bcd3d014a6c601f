import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'
import * as store from './search-history-store.ts'
import type { PastSearch } from './search-history-store.ts'

/** So many searches of one person are kept, the newest. */
const MOST_SEARCHES = 50

/** A page of past searches, and whether those to come will be among them. */
export interface SearchHistory extends Connection<PastSearch> {
  kept: () => Promise<boolean>
}

/**
 * Keeps what somebody with an account has searched for, once its first page was found. The answer does not wait for it, and does not
 * fail with it.
 */
export function keepSearch(
  deps: Pick<Deps, 'db' | 'log'>,
  viewer: Viewer | null,
  search: string,
  page: PageArgs,
): void {
  const isFirst = page.after == null && page.before == null && page.last == null
  if (!isFirst || viewer === null || viewer.role === 'GUEST') return
  recordSearch(deps, viewer.id, search).catch((error: unknown) =>
    deps.log.debug({ reason: String(error) }, 'search not kept'),
  )
}

/** Puts a search first in somebody's history: the same one is there once. */
export const recordSearch = (deps: Pick<Deps, 'db'>, userId: string, search: string): Promise<void> =>
  transaction(deps.db, async (tx) => {
    await store.lockSearches(tx, userId)
    await store.upsertSearch(tx, { userId, id: newId(), search }, MOST_SEARCHES)
  })

/** A page of what the viewer has searched for, the newest first. @throws BadUserInput for the page. */
export async function readSearchHistory(
  { reads, settings }: Deps,
  { id: userId }: Viewer,
  page: PageArgs,
): Promise<SearchHistory> {
  const days = settings.SEARCH_HISTORY_RETENTION_DAYS
  return {
    ...(await store.listSearches(reads, { userId, days }, page)),
    kept: () => store.areSearchesKept(reads, userId),
  }
}

/** Forgets all that the viewer has searched for. @param keep whether what they search for next is kept; as before without it. */
export const clearSearchHistory = (
  { db }: Pick<Deps, 'db'>,
  { id: userId }: Viewer,
  keep: boolean | null | undefined,
): Promise<boolean> =>
  transaction(db, async (tx) => {
    await store.lockSearches(tx, userId)
    await store.deleteSearches(tx, userId)
    if (keep != null) await store.updateSearchesKept(tx, userId, keep)
    return true
  })
