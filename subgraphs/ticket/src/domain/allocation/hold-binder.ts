import type { BoundHold } from '@karcis/kit/contracts/bound-hold'
import { statement } from '@karcis/kit/database'
import { createGroupCommit, type GroupCommit, mayBeOneRequestsFault } from '@karcis/kit/group-commit'
import type { Reads } from '@karcis/kit/reads'
import type { Db } from '../database.ts'
import { findBoundHolds, type HoldBinding, updateHoldBookings } from './bound-hold-store.ts'

const MAX_BATCH = 100
/** One of a batch may have to wait for whoever moves the same hold: so long the next batch waits for it. */
const PATIENCE_MS = 50

/** Binds holds without seats, as most are; gives null for what is not such a one, or cannot be bound. @throws BookingHoldsAlready. */
export type HoldBinder = GroupCommit<HoldBinding, BoundHold | null>

interface HoldBinderDeps {
  db: Db
  reads: Reads
  settings: { HOLD_SECONDS: number }
}

/**
 * What is booked at the same time is bound together, of whatever events: nothing but the holds' own rows is locked.
 * @param deps asked for at each batch.
 */
export const createHoldBinder = (deps: () => HoldBinderDeps): HoldBinder =>
  createGroupCommit({
    maxBatch: MAX_BATCH,
    patienceMs: PATIENCE_MS,
    distinct: ({ holdId }) => holdId,
    retryApart: mayBeOneRequestsFault,
    async run(_, bindings) {
      const { db, reads, settings } = deps()
      const bound = await statement(db, (tx) =>
        updateHoldBookings(tx, bindings, settings.HOLD_SECONDS, 'without seats'),
      )
      const ids = bound.map(({ holdId }) => holdId)
      const holds = ids.length > 0 ? await findBoundHolds(reads, ids) : new Map<string, BoundHold>()
      return bindings.map(({ holdId }) => holds.get(holdId) ?? null)
    },
  })
