import type { InTurn } from '@karcis/kit/group-commit'
import type { Sealer } from '@karcis/kit/sealing'
import type { SigningKeys } from '@karcis/kit/signing-keys'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { LRUCache } from 'lru-cache'
import type { TicketSettings } from '../env.ts'
import type { HoldBinder } from './allocation/hold-binder.ts'
import type { HoldConverter } from './allocation/hold-converter.ts'
import type { HoldEnder } from './allocation/hold-ender.ts'
import type { SaleReads } from './allocation/sale-reads.ts'
import type { SeatAllocator } from './allocation/seat-allocator.ts'
import type { SeatClaims } from './allocation/seat-claims.ts'
import type { SeatOfferReads } from './allocation/seat-offers.ts'
import type { StockAllocator } from './allocation/stock-allocator.ts'
import type { Db } from './database.ts'
import type { AccessCodes } from './inventory/access-codes.ts'
import type { ChargeableCurrencies } from './inventory/chargeable-currencies.ts'
import type { BatchedReads } from './inventory/ticket-type-store.ts'
import type { LiveChanges } from './live.ts'
import type { TicketDocuments } from './documents/ticket-documents.ts'
import type { QrCodes } from './tickets/qr-codes.ts'
import type { RowLayout } from './seat-map/row-store.ts'
import type { WaitingRoom } from './waiting-room/waiting-room.ts'
import type { StatusBoards } from './seat-map/status-boards.ts'

/** What the use cases reach. */
export interface Deps extends BaseDeps<Db> {
  settings: TicketSettings
  signingKeys: SigningKeys
  qrCodes: QrCodes
  ticketDocuments: TicketDocuments
  /** Seals the links of feeds, so that they can be shown to whose they are. */
  feedSealer: Sealer
  live: LiveChanges
  waitingRoom: WaitingRoom
  seatClaims: SeatClaims
  /** The rows of ticket types, as far as they were asked for. */
  rowLayouts: LRUCache<string, RowLayout[]>
  /** What there is for parties who want to sit together. */
  seatOffers: SeatOfferReads
  statusBoards: StatusBoards
  batchedReads: BatchedReads
  saleReads: SaleReads
  chargeableCurrencies: ChargeableCurrencies
  accessCodes: AccessCodes
  /** Allocates general admission in batches, one at a time per ticket type and process. */
  stockAllocator: StockAllocator
  /** Allocates seats in batches, one at a time per event and process. */
  seatAllocator: SeatAllocator
  /** Reserving for a cart, by the id of the hold. */
  reservationInTurn: InTurn
  /** Ends holds in batches, one at a time per event, kind of ending and process. */
  holdEnder: HoldEnder
  /** Binds holds without seats to bookings in batches, one at a time per process. */
  holdBinder: HoldBinder
  /** Turns holds without seats into tickets in batches, one at a time per event and process. */
  holdConverter: HoldConverter
}
