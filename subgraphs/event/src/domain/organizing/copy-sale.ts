import { COPY_SALE } from '@karcis/kit/contracts/copied-sale'
import { transaction } from '@karcis/kit/database'
import { ServiceUnavailable } from '@karcis/kit/errors'
import { defineJob } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { findSourceToCopy, listSalesToCopy, updateSaleCopied } from '../events/duplicate-store.ts'

/**
 * Has the ticket subgraph copy what is sold of the event that this one is a copy of, once, however often it is run.
 * @throws ServiceUnavailable while it does not answer.
 */
export async function copySale({ db, clients }: Deps, eventId: string): Promise<void> {
  const sourceId = await findSourceToCopy(db, eventId)
  if (sourceId === null) return
  if (!clients.ticket) throw new ServiceUnavailable()
  await clients.ticket.query(COPY_SALE, { fromEventId: sourceId, toEventId: eventId })
  await transaction(db, (tx) => updateSaleCopied(tx, eventId))
}

/** Does it for a copy, again and again while nobody answers. */
export const copySaleJob = defineJob({
  name: 'copy-sale',
  schema: z.object({ eventId: z.uuid() }),
  run: (deps: Deps, { eventId }) => copySale(deps, eventId),
})

/** What was made more recently has a job that is most likely at it. */
const QUIET_SECONDS = 60
const AT_ONCE = 100

/** Copies what no job has copied, whatever became of it. */
export async function sweepSalesToCopy(deps: Deps): Promise<void> {
  for (const eventId of await listSalesToCopy(deps.db, QUIET_SECONDS, AT_ONCE)) await copySale(deps, eventId)
}
