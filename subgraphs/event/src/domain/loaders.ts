import DataLoader from 'dataloader'
import type { Deps } from '../context.ts'
import type { Category } from './categories.ts'
import type { Event, PendingChanges } from './event.ts'
import { findEvents, findPendingChanges } from './event-store.ts'
import { isId } from './input.ts'
import type { Location } from './locations.ts'
import { type Room, toRoom } from './rooms.ts'
import type { Series } from './series.ts'
import type { Venue } from './venues.ts'
import { countViews } from './views.ts'

/** Things by id, each kind with one query for all that a request asks for at once; null for what is not there. */
export interface Loaders {
  category: DataLoader<string, Category | null>
  location: DataLoader<string, Location | null>
  venue: DataLoader<string, Venue | null>
  room: DataLoader<string, Room | null>
  series: DataLoader<string, Series | null>
  event: DataLoader<string, Event | null>
  pendingChanges: DataLoader<string, PendingChanges | null>
  /** Rooms of a venue, by name. */
  roomsOfVenue: DataLoader<string, Room[]>
  /** Views of an event since it exists. */
  views: DataLoader<string, number>
}

/** Loaders for one request. */
export function createLoaders({ db, reads }: Pick<Deps, 'db' | 'reads'>): Loaders {
  return {
    category: byId((ids) => db.category.findMany({ where: { id: { in: ids } } })),
    location: byId((ids) => db.location.findMany({ where: { id: { in: ids } } })),
    venue: byId((ids) => db.venue.findMany({ where: { id: { in: ids } } })),
    room: byId(async (ids) => (await db.room.findMany({ where: { id: { in: ids } } })).map(toRoom)),
    series: byId((ids) => db.eventSeries.findMany({ where: { id: { in: ids } } })),
    event: byId((ids) => findEvents(reads, ids)),
    pendingChanges: byKey(
      (ids) => findPendingChanges(reads, ids),
      (changes) => changes.eventId,
    ),
    roomsOfVenue: new DataLoader(async (venueIds) => {
      const rooms = await db.room.findMany({
        where: { venueId: { in: [...venueIds] } },
        orderBy: { name: 'asc' },
      })
      const byVenue = Map.groupBy(rooms.map(toRoom), (room) => room.venueId)
      return venueIds.map((id) => byVenue.get(id) ?? [])
    }),
    views: new DataLoader(async (ids) => {
      const counts = new Map((await countViews(reads, ids)).map((row) => [row.id, row.views]))
      return ids.map((id) => counts.get(id) ?? 0)
    }),
  }
}

/** Forgets what was loaded: after a change it may be otherwise. */
export function clearLoaders(loaders: Loaders): void {
  for (const loader of Object.values(loaders)) loader.clearAll()
}

const byId = <T extends { id: string }>(find: (ids: string[]) => PromiseLike<T[]>) =>
  byKey(find, (thing) => thing.id)

/** What cannot be an id is not asked for: Postgres would refuse the whole batch because of it. */
function byKey<T>(
  find: (ids: string[]) => PromiseLike<T[]>,
  keyOf: (thing: T) => string,
): DataLoader<string, T | null> {
  return new DataLoader(async (keys) => {
    const ids = keys.filter(isId)
    const found = ids.length === 0 ? [] : await find(ids)
    const byKeys = new Map(found.map((thing) => [keyOf(thing), thing]))
    return keys.map((key) => byKeys.get(key.toLowerCase()) ?? null)
  })
}
