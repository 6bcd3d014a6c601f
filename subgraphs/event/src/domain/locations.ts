import { NotFound } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { idSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { transaction } from './database.ts'
import { deleteUnlessUsed } from './errors.ts'
import { coordinateFields, pairedCoordinates, placeNameSchema } from './input.ts'

/** A place in a city; degrees are WGS 84. */
export interface Location {
  id: string
  name: string
  city: string
  country: string
  latitude: number | null
  longitude: number | null
  createdAt: Date
  updatedAt: Date
}

const fields = { name: nameSchema(), city: placeNameSchema, country: placeNameSchema }
const createSchema = z.object({ ...fields, ...coordinateFields }).superRefine(pairedCoordinates)
const updateSchema = z
  .object({ ...z.object(fields).partial().shape, id: idSchema, ...coordinateFields })
  .superRefine(pairedCoordinates)

/** All locations, by city and name. */
export const listLocations = (ctx: Context): Promise<Location[]> =>
  ctx.deps.db.location.findMany({ orderBy: [{ city: 'asc' }, { name: 'asc' }, { id: 'asc' }] })

/** Adds a location. */
export async function createLocation(ctx: Context, input: unknown): Promise<Location> {
  requireRole(ctx, 'ADMIN')
  const data = { id: newId(), ...parseInput(createSchema, input) }
  return transaction(ctx.deps.db, (tx) => tx.location.create({ data }))
}

/** Changes what is given. @throws NotFound. */
export async function updateLocation(ctx: Context, input: unknown): Promise<Location> {
  requireRole(ctx, 'ADMIN')
  const { id, ...changes } = parseInput(updateSchema, input)
  const data = { ...changes, updatedAt: new Date() }
  return transaction(ctx.deps.db, async (tx) => {
    const [location] = await tx.location.updateManyAndReturn({ where: { id }, data })
    if (!location) throw new NotFound('location', id)
    return location
  })
}

/** Removes a location and gives it as it was. @throws NotFound; Conflict when venues or events are there. */
export async function deleteLocation(ctx: Context, id: string): Promise<Location> {
  requireRole(ctx, 'ADMIN')
  const location = await ctx.loaders.location.load(id)
  if (!location) throw new NotFound('location', id)
  await transaction(ctx.deps.db, (tx) =>
    deleteUnlessUsed('location', tx.location.deleteMany({ where: { id } })),
  )
  return location
}
