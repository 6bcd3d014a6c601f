import { createGathering } from '@karcis/kit/batch-loader'
import DataLoader from 'dataloader'
import type { Deps } from './deps.ts'
import type { Category } from './categories.ts'
import type { Event, PendingChanges } from './event.ts'
import { findEvents, findPendingChanges } from './event-store.ts'
import { isId } from './input.ts'
import type { Location } from './locations.ts'
import { type Room, toRoom } from './rooms.ts'
import type { Series } from './series.ts'
import type { Venue } from './venues.ts'
import { countViews } from './views.ts'

type ById<T> = (id: string) => Promise<T | null>

/** Things by id, each kind with one query for all that the requests of this process ask for at once; null for what is not there. */
export interface Readings {
  category: ById<Category>
  location: ById<Location>
  venue: ById<Venue>
  room: ById<Room>
  series: ById<Series>
  event: ById<Event>
  pendingChanges: ById<PendingChanges>
  /** Rooms of a venue, by name; null for none. */
  roomsOfVenue: ById<Room[]>
  /** Views of an event since it exists; null for none. */
  views: ById<{ id: string; views: number }>
}

/** @param deps asked at each reading. */
export function createReadings(deps: () => Pick<Deps, 'db' | 'reads'>): Readings {
  return {
    category: byId((ids) => deps().db.category.findMany({ where: { id: { in: ids } } })),
    location: byId((ids) => deps().db.location.findMany({ where: { id: { in: ids } } })),
    venue: byId((ids) => deps().db.venue.findMany({ where: { id: { in: ids } } })),
    room: byId(async (ids) => (await deps().db.room.findMany({ where: { id: { in: ids } } })).map(toRoom)),
    series: byId((ids) => deps().db.eventSeries.findMany({ where: { id: { in: ids } } })),
    event: byId((ids) => findEvents(deps().reads, ids)),
    pendingChanges: byKey(async (ids) => {
      const found = await findPendingChanges(deps().reads, ids)
      return new Map(found.map((changes) => [changes.eventId, changes]))
    }),
    roomsOfVenue: byKey(async (venueIds) => {
      const rooms = await deps().db.room.findMany({
        where: { venueId: { in: venueIds } },
        orderBy: { name: 'asc' },
      })
      return Map.groupBy(rooms.map(toRoom), (room) => room.venueId)
    }),
    views: byId((ids) => countViews(deps().reads, ids)),
  }
}

/** What one request has read, and reads, by id. */
export type Loaders = { [Kind in keyof Readings]: DataLoader<string, Awaited<ReturnType<Readings[Kind]>>> }

/** Loaders for one request. */
export const createLoaders = (readings: Readings): Loaders => ({
  category: remembering(readings.category),
  location: remembering(readings.location),
  venue: remembering(readings.venue),
  room: remembering(readings.room),
  series: remembering(readings.series),
  event: remembering(readings.event),
  pendingChanges: remembering(readings.pendingChanges),
  roomsOfVenue: remembering(readings.roomsOfVenue),
  views: remembering(readings.views),
})

/** Forgets what was loaded: after a change it may be otherwise. */
export function clearLoaders(loaders: Loaders): void {
  for (const loader of Object.values(loaders)) loader.clearAll()
}

const remembering = <T>(read: ById<T>): DataLoader<string, T | null> =>
  new DataLoader((ids) => Promise.all(ids.map(read)), { batch: false })

const byId = <T extends { id: string }>(find: (ids: string[]) => PromiseLike<T[]>): ById<T> =>
  byKey(async (ids) => new Map((await find(ids)).map((thing) => [thing.id, thing])))

/** What cannot be an id is not asked for: Postgres would refuse the whole batch because of it. */
function byKey<T>(find: (ids: string[]) => Promise<Map<string, T>>): ById<T> {
  const gather = createGathering(find)
  return async (id) => (isId(id) ? ((await gather(id.toLowerCase())) ?? null) : null)
}
