import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { citySchema, filterTextSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { coordinateFields, pairedCoordinates } from '../input.ts'
import { requireOwner } from '../ownership.ts'
import { requireUsableLocation } from '../venues/open-location.ts'
import type { Venue, VenuePage } from '../venues/venue-store.ts'
import * as store from '../venues/venue-store.ts'

const fields = { name: nameSchema(), city: citySchema, address: nameSchema(300) }
const filterSchema = z.object({ city: filterTextSchema(80).nullish() })
const locationId = idSchema.nullish()
const createSchema = z.object({ ...fields, locationId, ...coordinateFields }).superRefine(pairedCoordinates)
const updateSchema = z
  .object({ ...z.object(fields).partial().shape, id: idSchema, locationId, ...coordinateFields })
  .superRefine(pairedCoordinates)

/** Public venues and the viewer's own (an admin's are all), by name. @throws BadUserInput for the filter or the page. */
export async function listVenues(
  deps: Deps,
  viewer: Viewer | null,
  filter: { city?: string | null } | null | undefined,
  page: PageArgs,
): Promise<VenuePage> {
  const { city = null } = parseInput(filterSchema, filter ?? {}, 'filter')
  return store.listVenues(deps.db, viewer, city, page)
}

/** Adds a venue: an admin's is public, an organizer's is their own. */
export async function createVenue(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Venue> {
  const { id, role } = requireRole({ viewer }, 'ORGANIZER')
  const ownerId = role === 'ADMIN' ? null : id
  const venue = { id: newId(), ownerId, ...parseInput(createSchema, input) }
  await requireUsableLocation(deps.batchedReads.location, viewer, venue.locationId)
  return transaction(deps.db, (tx) => store.insertVenue(tx, venue))
}

/** Changes what is given. @throws NotFound, Forbidden. */
export async function updateVenue(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Venue> {
  const { id, ...changes } = parseInput(updateSchema, input)
  const { locationId } = await ownedVenue(deps, viewer, id)
  if (changes.locationId !== locationId)
    await requireUsableLocation(deps.batchedReads.location, viewer, changes.locationId)
  const venue = await transaction(deps.db, (tx) => store.updateVenue(tx, id, changes))
  if (!venue) throw new NotFound('venue', id)
  return venue
}

/** Removes a venue and gives it as it was. @throws NotFound, Forbidden; Conflict when it has rooms or events. */
export async function deleteVenue(deps: Deps, viewer: Viewer | null, id: string): Promise<Venue> {
  const venue = await ownedVenue(deps, viewer, id)
  await transaction(deps.db, (tx) => store.deleteVenue(tx, venue.id))
  return venue
}

/** The venue, for its owner; who that is never changes. @throws Unauthenticated, NotFound, Forbidden. */
export async function ownedVenue({ batchedReads }: Deps, viewer: Viewer | null, id: string): Promise<Venue> {
  requireRole({ viewer }, 'ORGANIZER')
  parseInput(idSchema, id, 'id')
  const venue = await batchedReads.venue(id)
  if (!venue) throw new NotFound('venue', id)
  requireOwner(viewer, venue.ownerId, 'venue')
  return venue
}
