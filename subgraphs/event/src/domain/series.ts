import { NotFound } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { idSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { transaction } from './database.ts'
import { deleteUnlessUsed } from './errors.ts'
import { textSchema } from './input.ts'
import { requireKeeper } from './ownership.ts'

/** Events that belong together, all of one organizer. */
export interface Series {
  id: string
  organizerId: string
  title: string
  description: string
  createdAt: Date
  updatedAt: Date
}

const createSchema = z.object({ title: nameSchema(160), description: textSchema(10_000) })
const updateSchema = z.object({
  id: idSchema,
  title: nameSchema(160).optional(),
  description: textSchema(10_000),
})

/** Adds a series of the viewer's. */
export async function createEventSeries(ctx: Context, input: unknown): Promise<Series> {
  const viewer = requireRole(ctx, 'ORGANIZER')
  const data = { id: newId(), organizerId: viewer.id, ...parseInput(createSchema, input) }
  return transaction(ctx.deps.db, (tx) => tx.eventSeries.create({ data }))
}

/** Changes what is given. @throws NotFound, Forbidden. */
export async function updateEventSeries(
  ctx: Context,
  input: { id: string; description?: string | null },
): Promise<Series> {
  const { id, description, ...fields } = parseInput(updateSchema, input)
  await keptSeries(ctx, id)
  const data = { ...fields, ...(input.description !== undefined && { description }), updatedAt: new Date() }
  return transaction(ctx.deps.db, async (tx) => {
    const [series] = await tx.eventSeries.updateManyAndReturn({ where: { id }, data })
    if (!series) throw new NotFound('series', id)
    return series
  })
}

/** Removes a series and gives it as it was. @throws NotFound, Forbidden; Conflict when it has events. */
export async function deleteEventSeries(ctx: Context, id: string): Promise<Series> {
  const series = await keptSeries(ctx, id)
  await transaction(ctx.deps.db, (tx) =>
    deleteUnlessUsed('series', tx.eventSeries.deleteMany({ where: { id } })),
  )
  return series
}

async function keptSeries(ctx: Context, id: string): Promise<Series> {
  requireRole(ctx, 'ORGANIZER')
  const series = await ctx.loaders.series.load(id)
  if (!series) throw new NotFound('series', id)
  requireKeeper(ctx.viewer, series.organizerId, 'series')
  return series
}
