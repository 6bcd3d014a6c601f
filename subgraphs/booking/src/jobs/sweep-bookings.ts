import { defineJob } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Deps } from '../domain/deps.ts'
import { sweepBookings } from '../domain/sweep.ts'

/** Each minute: what other jobs have left undone. */
export const sweepBookingsJob = defineJob({
  name: 'sweep-bookings',
  schema: z.object({}),
  run: (deps: Deps) => sweepBookings(deps),
})
