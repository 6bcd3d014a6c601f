import type { LRUCache } from 'lru-cache'
import type { SigningKeys } from '@karcis/kit/signing-keys'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { RequestScope } from '@karcis/kit/viewer'
import type { RowPlace } from './seat-map/row-store.ts'
import type { News } from './live.ts'
import type { SeatHints } from './allocation/seat-claims.ts'
import type { HoldEnder } from './allocation/hold-ender.ts'
import type { SharedReads } from './allocation/sale-reads.ts'
import type { SeatTaker } from './allocation/seat-allocator.ts'
import type { StockTaker } from './allocation/stock-allocator.ts'
import type { TicketSettings } from '../env.ts'
import type { PrismaClient } from '../generated/prisma/client.ts'
import type { Loaders, Readings } from '../loaders.ts'

/** What the use cases reach. */
export interface Deps extends BaseDeps<PrismaClient> {
  settings: TicketSettings
  signingKeys: SigningKeys
  news: News
  seatHints: SeatHints
  /** Where the rows of ticket types stand, as far as asked for. */
  rowPlaces: LRUCache<string, RowPlace[]>
  sharedReads: SharedReads
  readings: Readings
  /** Takes general admission in batches, one at a time per ticket type and process. */
  stockTaker: StockTaker
  /** Takes seats in batches, one at a time per event and process. */
  seatTaker: SeatTaker
  /** Ends holds in batches, one at a time per event, way of ending and process. */
  holdEnder: HoldEnder
}

/** One request, or one event of a subscription. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: Loaders
}
