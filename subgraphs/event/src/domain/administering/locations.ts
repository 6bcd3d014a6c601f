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

const fields = { name: nameSchema(), city: citySchema, country: citySchema }
const createSchema = z.object({ ...fields, ...coordinateFields }).superRefine(pairedCoordinates)
const updateSchema = z
  .object({ ...z.object(fields).partial().shape, id: idSchema, ...coordinateFields })
  .superRefine(pairedCoordinates)

/** Adds a location. Admins only. */
export async function createLocation(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Location> {
  requireRole({ viewer }, 'ADMIN')
  const location = { id: newId(), ...parseInput(createSchema, input) }
  return transaction(deps.db, (tx) => store.insertLocation(tx, location))
}

/** Changes what is given. Admins only. @throws NotFound. */
export async function updateLocation(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Location> {
  requireRole({ viewer }, 'ADMIN')
  const { id, ...changes } = parseInput(updateSchema, input)
  const location = await transaction(deps.db, (tx) => store.updateLocation(tx, id, changes))
  if (!location) throw new NotFound('location', id)
  return location
}

/** Removes a location and gives it as it was. Admins only. @throws NotFound; Conflict when venues or events are there. */
export async function deleteLocation(deps: Deps, viewer: Viewer | null, id: string): Promise<Location> {
  requireRole({ viewer }, 'ADMIN')
  parseInput(idSchema, id, 'id')
  const location = await deps.batchedReads.location(id)
  if (!location) throw new NotFound('location', id)
  await transaction(deps.db, (tx) => store.deleteLocation(tx, location.id))
  return location
}
