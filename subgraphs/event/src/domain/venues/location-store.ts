import { mapConstraintError } from '@karcis/kit/database'
import type { Db, Tx } from '../database.ts'
import { inUseErrors, requireSpace } from '../errors.ts'

/** A place in a city; degrees are WGS 84. Without an owner it is public: every organizer may use it. */
export interface Location {
  id: string
  ownerId: string | null
  name: string
  city: string
  country: string
  latitude: number | null
  longitude: number | null
  createdAt: Date
  updatedAt: Date
}

type LocationFields = Pick<Location, 'name' | 'city' | 'country'> & {
  latitude?: number | null | undefined
  longitude?: number | null | undefined
}

const IN_USE = inUseErrors(
  'location',
  'venues_location_id_fkey',
  'events_location_id_fkey',
  'event_pending_changes_location_id_fkey',
)

/** Locations by id. */
export async function findLocations(db: Db, ids: string[]): Promise<Map<string, Location>> {
  const found = await db.location.findMany({ where: { id: { in: ids } } })
  return new Map(found.map((location) => [location.id, location]))
}

/** Public locations and those of one owner, by city and name. @param ownerId null for nobody. */
export const listLocations = (db: Db, ownerId: string | null): Promise<Location[]> =>
  db.location.findMany({
    where: { OR: [{ ownerId: null }, ...(ownerId === null ? [] : [{ ownerId }])] },
    orderBy: [{ city: 'asc' }, { name: 'asc' }, { id: 'asc' }],
  })

/** So many public ones, and so many of one owner, are given whole to whoever asks for them. */
const MAX_LOCATIONS = 500
const MAX_OWN_LOCATIONS = 50

/** Adds a location. @throws LIMIT_EXCEEDED when there are as many as there may be. */
export async function insertLocation(
  tx: Tx,
  location: LocationFields & Pick<Location, 'id' | 'ownerId'>,
): Promise<Location> {
  const { ownerId } = location
  const space =
    ownerId === null
      ? { what: 'locations', limit: MAX_LOCATIONS }
      : { what: 'locations of yours', list: `locations of ${ownerId}`, limit: MAX_OWN_LOCATIONS }
  await requireSpace(tx, space, () => tx.location.count({ where: { ownerId } }))
  return tx.location.create({ data: location })
}

/** Changes what is given; null when there is no such location. */
export async function updateLocation(
  tx: Tx,
  id: string,
  changes: Partial<LocationFields>,
): Promise<Location | null> {
  const data = { ...changes, updatedAt: new Date() }
  const [location] = await tx.location.updateManyAndReturn({ where: { id }, data })
  return location ?? null
}

/** Removes a location, if there is one. @throws Conflict when venues or events are there. */
export async function deleteLocation(tx: Tx, id: string): Promise<void> {
  await tx.location.deleteMany({ where: { id } }).catch((error: unknown) => mapConstraintError(error, IN_USE))
}
