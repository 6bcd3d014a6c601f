import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { citySchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Location } from '../venues/location-store.ts'
import * as store from '../venues/location-store.ts'
import type { Deps } from '../deps.ts'
import { coordinateFields, pairedCoordinates } from '../input.ts'
import { requireOwner } from '../ownership.ts'

const fields = { name: nameSchema(), city: citySchema, country: citySchema }
const createSchema = z.object({ ...fields, ...coordinateFields }).superRefine(pairedCoordinates)
const updateSchema = z
  .object({ ...z.object(fields).partial().shape, id: idSchema, ...coordinateFields })
  .superRefine(pairedCoordinates)

/** Public locations and the viewer's own, by city and name. */
export const listLocations = ({ db }: Deps, viewer: Viewer | null): Promise<Location[]> =>
  store.listLocations(db, viewer?.id ?? null)

/** Adds a location: an admin's is public, an organizer's is their own. @throws LIMIT_EXCEEDED */
export async function createLocation(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Location> {
  const { id, role } = requireRole({ viewer }, 'ORGANIZER')
  const ownerId = role === 'ADMIN' ? null : id
  const location = { id: newId(), ownerId, ...parseInput(createSchema, input) }
  return transaction(deps.db, (tx) => store.insertLocation(tx, location))
}

/** Changes what is given. Its owner or an admin. @throws NotFound, Forbidden. */
export async function updateLocation(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Location> {
  const { id, ...changes } = parseInput(updateSchema, input)
  await ownedLocation(deps, viewer, id)
  const location = await transaction(deps.db, (tx) => store.updateLocation(tx, id, changes))
  if (!location) throw new NotFound('location', id)
  return location
}

/** Removes a location and gives it as it was. Its owner or an admin. @throws NotFound, Forbidden; Conflict when venues or events are there. */
export async function deleteLocation(deps: Deps, viewer: Viewer | null, id: string): Promise<Location> {
  const location = await ownedLocation(deps, viewer, parseInput(idSchema, id, 'id'))
  await transaction(deps.db, (tx) => store.deleteLocation(tx, location.id))
  return location
}

/** The location, for its owner; who that is never changes. @throws Unauthenticated, NotFound, Forbidden. */
async function ownedLocation({ batchedReads }: Deps, viewer: Viewer | null, id: string): Promise<Location> {
  requireRole({ viewer }, 'ORGANIZER')
  const location = await batchedReads.location(id)
  if (!location) throw new NotFound('location', id)
  requireOwner(viewer, location.ownerId, 'location')
  return location
}
