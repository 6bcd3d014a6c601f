import { enqueue, defineJob } from '@karcis/kit/jobs'
import type { EventHandlers } from '@karcis/kit/events'
import { z } from 'zod'
import type { Tx } from './domain/database.ts'
import type { Deps } from './domain/deps.ts'
import { lapseReviews } from './domain/administering/lapse-reviews.ts'
import { pauseSalesOf } from './domain/organizing/pause-sales.ts'

/** Stops what an organizer sells who may no longer do so. */
const pauseSalesOfOrganizer = defineJob({
  name: 'pause-sales-of-organizer',
  schema: z.object({ organizerId: z.uuid(), reason: z.string() }),
  run: (deps: Deps, { organizerId, reason }) => pauseSalesOf(deps, organizerId, reason),
})

/** Frees the rooms of what nobody reviewed. */
const lapseReviewsJob = defineJob({
  name: 'lapse-reviews',
  schema: z.object({}),
  run: (deps: Deps) => lapseReviews(deps),
})

/** Background work of this subgraph. */
export const jobs = [pauseSalesOfOrganizer, lapseReviewsJob]

/** When it runs by itself. */
export const crons = [{ job: lapseReviewsJob.name, match: '*/10 * * * *' }]

/** What this subgraph does about what others tell it. */
export const inbox: EventHandlers<Tx> = {
  async 'user.rights-changed'(tx, { payload: { userId, role, suspended, erased } }) {
    if (!suspended && !erased && role !== 'CUSTOMER') return
    const reason = suspended
      ? 'The account of the organizer is suspended.'
      : 'The organizer has given up organizing this event.'
    await enqueue(tx, pauseSalesOfOrganizer, { organizerId: userId, reason })
  },
}
