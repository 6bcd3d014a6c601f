import type { LRUCache } from 'lru-cache'
import type { SigningKeys } from '@karcis/kit/signing-keys'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { RequestScope } from '@karcis/kit/viewer'
import type { RowPlace } from './domain/row-store.ts'
import type { News } from './domain/news.ts'
import type { SeatHints } from './domain/seat-hints.ts'
import type { HoldEnder } from './domain/end-holds.ts'
import type { SharedReads } from './domain/shared-reads.ts'
import type { SeatTaker } from './domain/take-seats.ts'
import type { StockTaker } from './domain/take-stock.ts'
import type { TicketSettings } from './env.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import type { Loaders, Readings } from './loaders.ts'

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
