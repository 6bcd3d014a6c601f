import type { BaseDeps } from '@karcis/kit/subgraph'
import type { EventSettings } from '../env.ts'
import type { Gate } from './gate.ts'
import type { BatchedReads } from './batched-reads.ts'
import type { Db } from './database.ts'
import type { EventLive } from './events/event-live.ts'

/** What the use cases of this subgraph can reach. */
export interface Deps extends BaseDeps<Db> {
  settings: EventSettings
  /** Through which every search goes. */
  searching: Gate
  live: EventLive
  batchedReads: BatchedReads
}
