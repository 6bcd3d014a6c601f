import { mapConstraintError } from '@karcis/kit/database'
import { type Connection, keysetList, type PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { inUseErrors, wrongField } from '../errors.ts'

/** A building or site. Without an owner it is public: every organizer may use it. */
export interface Venue {
  id: string
  ownerId: string | null
  name: string
  city: string
  address: string
  locationId: string | null
  latitude: number | null
  longitude: number | null
  createdAt: Date
  updatedAt: Date
}

export type VenuePage = Connection<Venue>

type VenueFields = Pick<Venue, 'name' | 'city' | 'address'> & {
  locationId?: string | null | undefined
  latitude?: number | null | undefined
  longitude?: number | null | undefined
}

const CONSTRAINT_ERRORS = {
  venues_location_id_fkey: wrongField('input.locationId', 'there is no such location'),
  ...inUseErrors(
    'venue',
    'rooms_venue_id_fkey',
    'events_venue_id_fkey',
    'event_pending_changes_venue_id_fkey',
  ),
}

const explain = (error: unknown): never => mapConstraintError(error, CONSTRAINT_ERRORS)

/** Venues by id. */
export async function findVenues(db: Db, ids: string[]): Promise<Map<string, Venue>> {
  const found = await db.venue.findMany({ where: { id: { in: ids } } })
  return new Map(found.map((venue) => [venue.id, venue]))
}

const BY_NAME = keysetList<Venue>(
  'venues',
  [
    { column: Prisma.sql`v.name`, type: 'text', of: (venue) => venue.name },
    { column: Prisma.sql`v.id`, type: 'uuid', of: (venue) => venue.id },
  ],
  'ascending',
)

/** A page of the public venues and the viewer's own (an admin's are all), by name. @param city null for any. */
export function listVenues(
  db: Db,
  viewer: Viewer | null,
  city: string | null,
  page: PageArgs,
): Promise<VenuePage> {
  const where = Prisma.sql`
    (${viewer?.role === 'ADMIN'} OR v.owner_id IS NULL OR v.owner_id = ${viewer?.id ?? null}::uuid)
    AND (${city}::text IS NULL OR searchable(v.city) = searchable(${city}))`
  return BY_NAME.read(page, {
    rows: (bounds) => db.$queryRaw<Venue[]>`
      SELECT v.id, v.owner_id AS "ownerId", v.name, v.city, v.address, v.location_id AS "locationId",
        v.latitude, v.longitude, v.created_at AS "createdAt", v.updated_at AS "updatedAt"
      FROM venues v WHERE ${where} AND ${bounds.where} ${bounds.tail}`,
    count: async () => {
      const [row] = await db.$queryRaw<
        { count: number }[]
      >`SELECT count(*)::int AS count FROM venues v WHERE ${where}`
      return row?.count ?? 0
    },
  })
}

/** Adds a venue. @throws BadUserInput when there is no such location. */
export const insertVenue = (tx: Tx, venue: VenueFields & Pick<Venue, 'id' | 'ownerId'>): Promise<Venue> =>
  tx.venue.create({ data: venue }).catch(explain)

/** Changes what is given; null when there is no such venue. @throws BadUserInput when there is no such location. */
export async function updateVenue(tx: Tx, id: string, changes: Partial<VenueFields>): Promise<Venue | null> {
  const data = { ...changes, updatedAt: new Date() }
  const [venue] = await tx.venue.updateManyAndReturn({ where: { id }, data }).catch(explain)
  return venue ?? null
}

/** Removes a venue, if there is one. @throws Conflict when it has rooms or events. */
export async function deleteVenue(tx: Tx, id: string): Promise<void> {
  await tx.venue.deleteMany({ where: { id } }).catch(explain)
}
