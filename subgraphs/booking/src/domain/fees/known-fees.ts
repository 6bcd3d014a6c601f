import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import { type EventFees, findFees } from './fee-store.ts'

/** Of how many events fees are remembered. */
const MOST_EVENTS = 10_000

/**
 * Fees of events as they were looked up last, so that a booking need not ask for them. They may be old: who writes a booking has the
 * database compare their version, and looks again where it is another.
 */
export interface KnownFees {
  of(eventId: string): Promise<EventFees>
  put(eventId: string, fees: EventFees): void
}

export function createKnownFees(db: Db): KnownFees {
  const known = new LRUCache<string, EventFees>({ max: MOST_EVENTS })
  return {
    async of(eventId) {
      const fees = known.get(eventId) ?? (await findFees(db, eventId))
      known.set(eventId, fees)
      return fees
    },
    put: (eventId, fees) => void known.set(eventId, fees),
  }
}
