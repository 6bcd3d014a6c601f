import type { RequestScope } from '@karcis/kit/viewer'
import DataLoader from 'dataloader'
import type { BatchedReads } from './domain/batched-reads.ts'
import type { Deps } from './domain/deps.ts'

/** One request: who asks, and loaders that live as long as it does. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: Loaders
}

/** @param scope who asks, and with which request. */
export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps.batchedReads),
})

/** What one request has read, and reads, by id; null for what is not there. */
export type Loaders = {
  [Kind in keyof BatchedReads]: DataLoader<string, Awaited<ReturnType<BatchedReads[Kind]>>>
}

const createLoaders = (reads: BatchedReads): Loaders => ({
  category: remembering(reads.category),
  location: remembering(reads.location),
  venue: remembering(reads.venue),
  room: remembering(reads.room),
  roomsOfVenue: remembering(reads.roomsOfVenue),
  series: remembering(reads.series),
  event: remembering(reads.event),
  pendingChanges: remembering(reads.pendingChanges),
  views: remembering(reads.views),
})

/** Batches nothing by itself: the reads do, for all requests. */
const remembering = <T>(read: (key: string) => Promise<T>): DataLoader<string, T> =>
  new DataLoader((keys) => Promise.all(keys.map(read)), { batch: false })

/** Forgets what was loaded: after a change it may be different. */
export function clearLoaders(loaders: Loaders): void {
  for (const loader of Object.values(loaders)) loader.clearAll()
}

/** What a reference that may be empty points to. */
export const loadOptional = <T>(
  loader: DataLoader<string, T | null>,
  id: string | null,
): Promise<T | null> | null => (id === null ? null : loader.load(id))
