import { mapConstraintError } from '@karcis/kit/database'
import type { Db, Tx } from '../database.ts'
import { inUseErrors } from '../errors.ts'

/** Events that belong together, all of one organizer. */
export interface Series {
  id: string
  organizerId: string
  title: string
  description: string
  createdAt: Date
  updatedAt: Date
}

const IN_USE = inUseErrors('series', 'events_series_id_organizer_id_fkey')

/** Series by id. */
export async function findSeries(db: Db, ids: string[]): Promise<Map<string, Series>> {
  const found = await db.eventSeries.findMany({ where: { id: { in: ids } } })
  return new Map(found.map((series) => [series.id, series]))
}

/** Adds a series. */
export const insertSeries = (
  tx: Tx,
  series: Pick<Series, 'id' | 'organizerId' | 'title' | 'description'>,
): Promise<Series> => tx.eventSeries.create({ data: series })

/** Changes what is given; null when there is no such series. */
export async function updateSeries(
  tx: Tx,
  id: string,
  changes: { title?: string | undefined; description?: string | undefined },
): Promise<Series | null> {
  const data = { ...changes, updatedAt: new Date() }
  const [series] = await tx.eventSeries.updateManyAndReturn({ where: { id }, data })
  return series ?? null
}

/** Removes a series, if there is one. @throws Conflict when it has events. */
export async function deleteSeries(tx: Tx, id: string): Promise<void> {
  await tx.eventSeries
    .deleteMany({ where: { id } })
    .catch((error: unknown) => mapConstraintError(error, IN_USE))
}
