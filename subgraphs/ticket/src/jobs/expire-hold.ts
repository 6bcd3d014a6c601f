import { defineJob } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Deps } from '../domain/deps.ts'
import { expireHold, sweepHolds } from '../domain/allocation/expire-holds.ts'

/** Ends one hold at its time. Enqueued by SQL beside the hold's row (hold-store.ts, bind-hold.ts). */
export const expireHoldJob = defineJob({
  name: 'expire-hold',
  schema: z.object({ holdId: z.uuid() }),
  async run(deps: Deps, { holdId }) {
    await expireHold(deps, holdId)
  },
})

/** Every minute: ends what a lost job left. */
export const sweepHoldsJob = defineJob({
  name: 'sweep-holds',
  schema: z.object({}),
  async run(deps: Deps) {
    await sweepHolds(deps)
  },
})
