import { mapConstraintError } from '@karcis/kit/database'
import type { Reads } from '@karcis/kit/reads'
import type { Tx } from '../database.ts'
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

/** A series, and whether everybody may see it because they may see one of its events. */
export interface KnownSeries extends Series {
  published: boolean
}

/** Series by id. */
export async function findSeries(db: Reads, ids: readonly string[]): Promise<Map<string, KnownSeries>> {
  const found = await db.$queryRaw<KnownSeries[]>`
    SELECT s.id, s.organizer_id AS "organizerId", s.title, s.description, s.created_at AS "createdAt", s.updated_at AS "updatedAt",
      EXISTS (SELECT FROM events e WHERE e.series_id = s.id AND e.status IN ('APPROVED', 'CANCELLED')) AS published
    FROM event_series s WHERE s.id = ANY(${ids}::uuid[])`
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
