import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { deleteSeries, insertSeries, type Series, updateSeries } from '../events/series-store.ts'
import { descriptionSchema } from '../input.ts'
import { owns, requireOwner } from '../ownership.ts'

const createSchema = z.object({ title: nameSchema(160), description: descriptionSchema(10_000) })
const updateSchema = z.object({
  id: idSchema,
  title: nameSchema(160).optional(),
  description: descriptionSchema(10_000),
})

/** Adds a series organized by the viewer. */
export async function createEventSeries(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Series> {
  const { id: organizerId } = requireRole({ viewer }, 'ORGANIZER')
  const series = { id: newId(), organizerId, ...parseInput(createSchema, input) }
  return transaction(deps.db, (tx) => insertSeries(tx, series))
}

/** Changes what is given. @throws NotFound, Forbidden. */
export async function updateEventSeries(
  deps: Deps,
  viewer: Viewer | null,
  input: { id: string; description?: string | null },
): Promise<Series> {
  const { id, description, title } = parseInput(updateSchema, input)
  await ownedSeries(deps, viewer, id)
  const changes = { title, ...(input.description !== undefined && { description }) }
  const series = await transaction(deps.db, (tx) => updateSeries(tx, id, changes))
  if (!series) throw new NotFound('series', id)
  return series
}

/** Removes a series and gives it as it was. @throws NotFound, Forbidden; Conflict when it has events. */
export async function deleteEventSeries(deps: Deps, viewer: Viewer | null, id: string): Promise<Series> {
  const series = await ownedSeries(deps, viewer, id)
  await transaction(deps.db, (tx) => deleteSeries(tx, series.id))
  return series
}

/** A series, when the viewer may see it: it is theirs, or they may see one of its events. Null when not, or there is none. */
export async function findVisibleSeries(
  { batchedReads }: Deps,
  viewer: Viewer | null,
  id: string,
): Promise<Series | null> {
  const series = await batchedReads.series(id)
  return series && (series.published || owns(viewer, series.organizerId)) ? series : null
}

async function ownedSeries({ batchedReads }: Deps, viewer: Viewer | null, id: string): Promise<Series> {
  requireRole({ viewer }, 'ORGANIZER')
  parseInput(idSchema, id, 'id')
  const series = await batchedReads.series(id)
  if (!series) throw new NotFound('series', id)
  requireOwner(viewer, series.organizerId, 'series')
  return series
}
