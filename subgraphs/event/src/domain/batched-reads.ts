import { createGathering } from '@karcis/kit/batch-loader'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { Db } from './database.ts'
import { type Category, findCategories } from './catalog/category-store.ts'
import { findLocations, type Location } from './catalog/location-store.ts'
import type { Event, PendingChanges } from './events/event.ts'
import { findEvents, findPendingChanges } from './events/event-store.ts'
import { findSeries, type Series } from './events/series-store.ts'
import { findViewCounts } from './events/view-store.ts'
import { isId } from './input.ts'
import { findRooms, findRoomsOfVenues, type Room } from './venues/room-store.ts'
import { findVenues, type Venue } from './venues/venue-store.ts'

type ReadByKey<T> = (key: string) => Promise<T | null>

/** Things by id, each kind with one query for all that the requests of this process ask for at once; null for what is not there. */
export interface BatchedReads {
  category: ReadByKey<Category>
  location: ReadByKey<Location>
  venue: ReadByKey<Venue>
  room: ReadByKey<Room>
  /** Rooms of a venue, by name; null for none. */
  roomsOfVenue: ReadByKey<Room[]>
  series: ReadByKey<Series>
  event: ReadByKey<Event>
  /** Changes of an event that wait for review. */
  pendingChanges: ReadByKey<PendingChanges>
  /** Views of an event since it was added; null for none. */
  views: ReadByKey<number>
}

/** @param deps asked at each read. */
export const createBatchedReads = (deps: () => Pick<BaseDeps<Db>, 'db' | 'reads'>): BatchedReads => ({
  category: byKey((ids) => findCategories(deps().db, ids)),
  location: byKey((ids) => findLocations(deps().db, ids)),
  venue: byKey((ids) => findVenues(deps().db, ids)),
  room: byKey((ids) => findRooms(deps().db, ids)),
  roomsOfVenue: byKey((venueIds) => findRoomsOfVenues(deps().db, venueIds)),
  series: byKey((ids) => findSeries(deps().db, ids)),
  event: byKey((ids) => findEvents(deps().reads, ids)),
  pendingChanges: byKey((ids) => findPendingChanges(deps().reads, ids)),
  views: byKey((ids) => findViewCounts(deps().reads, ids)),
})

/** What cannot be an id is not asked for: Postgres would refuse the whole batch because of it. */
function byKey<T>(find: (keys: string[]) => Promise<ReadonlyMap<string, T>>): ReadByKey<T> {
  const read = createGathering(find)
  return async (key) => (isId(key) ? ((await read(key.toLowerCase())) ?? null) : null)
}
