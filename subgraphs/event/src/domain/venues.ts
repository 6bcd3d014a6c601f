import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import { idSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { transaction } from './database.ts'
import { deleteUnlessUsed, explainRefusal, wrongField } from './errors.ts'
import { coordinateFields, isStorable, pairedCoordinates, placeNameSchema } from './input.ts'
import { readPage } from './keyset.ts'
import { requireKeeper } from './ownership.ts'

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

const fields = { name: nameSchema(), city: placeNameSchema, address: nameSchema(300) }
const locationId = idSchema.nullish()
const createSchema = z.object({ ...fields, locationId, ...coordinateFields }).superRefine(pairedCoordinates)
const updateSchema = z
  .object({ ...z.object(fields).partial().shape, id: idSchema, locationId, ...coordinateFields })
  .superRefine(pairedCoordinates)

const meanings = { venues_location_id_fkey: wrongField('input.locationId', 'there is no such location') }

/** Public venues and the viewer's own (an admin's are all), by name. */
export function listVenues(
  ctx: Context,
  filter: { city?: string | null } | null | undefined,
  page: PageArgs,
): Promise<VenuePage> {
  const { db } = ctx.deps
  const everything = ctx.viewer?.role === 'ADMIN'
  const city = filter?.city ?? null
  if (city && !isStorable(city))
    throw new BadUserInput([{ path: 'filter.city', message: 'must be plain text' }])
  const where = Prisma.sql`(${everything} OR v.owner_id IS NULL OR v.owner_id = ${ctx.viewer?.id ?? null}::uuid)
    AND (${city}::text IS NULL OR searchable(v.city) = searchable(${city}))`
  return readPage<Venue>(page, {
    keys: [
      { column: Prisma.sql`v.name`, type: 'text', of: (venue) => venue.name },
      { column: Prisma.sql`v.id`, type: 'uuid', of: (venue) => venue.id },
    ],
    read: (bounds, tail) => db.$queryRaw`
      SELECT v.id, v.owner_id AS "ownerId", v.name, v.city, v.address, v.location_id AS "locationId",
        v.latitude, v.longitude, v.created_at AS "createdAt", v.updated_at AS "updatedAt"
      FROM venues v WHERE ${where} AND ${bounds} ${tail}`,
    count: async () => {
      const [row] = await db.$queryRaw<
        { count: number }[]
      >`SELECT count(*)::int AS count FROM venues v WHERE ${where}`
      return row?.count ?? 0
    },
  })
}

/** Adds a venue: an admin's is public, an organizer's is its own. */
export async function createVenue(ctx: Context, input: unknown): Promise<Venue> {
  const viewer = requireRole(ctx, 'ORGANIZER')
  const ownerId = viewer.role === 'ADMIN' ? null : viewer.id
  const data = { id: newId(), ownerId, ...parseInput(createSchema, input) }
  return transaction(ctx.deps.db, (tx) => explainRefusal(tx.venue.create({ data }), meanings))
}

/** Changes what is given. @throws NotFound, Forbidden. */
export async function updateVenue(ctx: Context, input: unknown): Promise<Venue> {
  const { id, ...changes } = parseInput(updateSchema, input)
  await keptVenue(ctx, id)
  const data = { ...changes, updatedAt: new Date() }
  return transaction(ctx.deps.db, async (tx) => {
    const [venue] = await explainRefusal(tx.venue.updateManyAndReturn({ where: { id }, data }), meanings)
    if (!venue) throw new NotFound('venue', id)
    return venue
  })
}

/** Removes a venue and gives it as it was. @throws NotFound, Forbidden; Conflict when it has rooms or events. */
export async function deleteVenue(ctx: Context, id: string): Promise<Venue> {
  const venue = await keptVenue(ctx, id)
  await transaction(ctx.deps.db, (tx) => deleteUnlessUsed('venue', tx.venue.deleteMany({ where: { id } })))
  return venue
}

/** The venue, for somebody who keeps it; who that is never changes. @throws Unauthenticated, NotFound, Forbidden. */
export async function keptVenue(ctx: Context, id: string): Promise<Venue> {
  requireRole(ctx, 'ORGANIZER')
  const venue = await ctx.loaders.venue.load(id)
  if (!venue) throw new NotFound('venue', id)
  requireKeeper(ctx.viewer, venue.ownerId, 'venue')
  return venue
}
