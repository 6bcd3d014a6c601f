import { CALENDAR_FEED_FOLDER } from '@karcis/kit/contracts/calendars'
import { SEAT_LAYOUTS_FOLDER } from '@karcis/kit/contracts/seat-layouts'
import { TICKETS_FOLDER } from '@karcis/kit/contracts/ticket-files'
import { createSealer } from '@karcis/kit/sealing'
import { createSigningKeys, rotateSigningKeys } from '@karcis/kit/signing-keys'
import { afterCommit } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { createTurns } from '@karcis/kit/group-commit'
import { type RunningSubgraph, startSubgraph } from '@karcis/kit/subgraph'
import type { FileRequest } from '@karcis/kit/subgraph/server'
import { LRUCache } from 'lru-cache'
import { followEvent } from './domain/allocation/follow-event.ts'
import { createHoldBinder } from './domain/allocation/hold-binder.ts'
import { createHoldConverter } from './domain/allocation/hold-converter.ts'
import { createHoldEnder } from './domain/allocation/hold-ender.ts'
import { isHoldLive } from './domain/allocation/hold-store.ts'
import { createSaleReads } from './domain/allocation/sale-reads.ts'
import { createSeatAllocator } from './domain/allocation/seat-allocator.ts'
import { createSeatClaims } from './domain/allocation/seat-claims.ts'
import { createSeatOffers } from './domain/allocation/seat-offers.ts'
import { createStockAllocator } from './domain/allocation/stock-allocator.ts'
import { moveEntriesToLeft } from './domain/allocation/waitlist-store.ts'
import type { Tx } from './domain/database.ts'
import type { Deps } from './domain/deps.ts'
import { createAccessCodes } from './domain/inventory/access-codes.ts'
import { createBatchedReads } from './domain/inventory/ticket-type-store.ts'
import { createLiveChanges } from './domain/live.ts'
import { createChargeableCurrencies } from './domain/inventory/chargeable-currencies.ts'
import { createStatusBoards } from './domain/seat-map/status-boards.ts'
import { deleteCalendarFeedOf } from './domain/documents/calendar-feed-store.ts'
import { createTicketDocuments } from './domain/documents/ticket-documents.ts'
import { createQrCodes } from './domain/tickets/qr-codes.ts'
import { deleteGuestNamesOf, moveGuestsTo, moveTicketsOf } from './domain/allocation/guest-store.ts'
import { deleteAttendeesOf } from './domain/tickets/transfer-store.ts'
import { createWaitingRoom } from './domain/waiting-room/waiting-room.ts'
import { openCalendarFeed } from './domain/viewing/calendar-feed.ts'
import { openGeometry } from './domain/viewing/read-geometry.ts'
import { openTicketFile } from './domain/viewing/ticket-documents.ts'
import { type TicketSettings, walletSigners } from './env.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import {
  announceSaleMomentJob,
  expireHoldJob,
  retentions,
  sweepHoldsJob,
  sweepSaleMomentsJob,
  sweepWaitlistsJob,
  tellOfAlmostSoldOutJob,
} from './jobs.ts'
import { createContext } from './request-context.ts'
import { resolvers } from './resolvers/index.ts'

/** Keys outlive the tickets they signed: bought up to two years ahead, each must still be verifiable at the door. */
const KEY_SCHEDULE = { signsForDays: 90, publishedAheadMinutes: 120, publishedAfterDays: 800 }

/** Starts the ticket subgraph on its database (migrated before), Redis and port; port 0 takes a free one. */
export function createTicketSubgraph(settings: TicketSettings): Promise<RunningSubgraph<Deps>> {
  return startSubgraph({
    name: 'ticket',
    settings,
    openDatabase: (options) => new PrismaClient(options),
    clients: { user: settings.USER_URL, event: settings.EVENT_URL, booking: settings.BOOKING_URL },
    async createDeps(base) {
      const live = createLiveChanges(() => deps.db, base.bus, base.log, settings.LIVE_POLL_MS)
      const deps: Deps = {
        ...base,
        settings,
        live,
        waitingRoom: createWaitingRoom(base, settings, () => deps),
        qrCodes: createQrCodes(),
        ticketDocuments: createTicketDocuments(settings.SERVICE_SECRET, walletSigners(settings)),
        feedSealer: createSealer(`calendar feeds ${settings.KEY_ENCRYPTION_SECRET}`),
        signingKeys: createSigningKeys(base.db, settings.KEY_ENCRYPTION_SECRET, KEY_SCHEDULE),
        seatClaims: createSeatClaims(base.redis, base.log, (holdId) => isHoldLive(deps.db, holdId)),
        rowLayouts: new LRUCache({ max: 500 }),
        accessCodes: createAccessCodes(settings.KEY_ENCRYPTION_SECRET),
        seatOffers: createSeatOffers(() => deps),
        chargeableCurrencies: createChargeableCurrencies(base.clients.booking),
        saleReads: createSaleReads(() => deps),
        statusBoards: createStatusBoards(() => deps),
        batchedReads: createBatchedReads(() => deps),
        stockAllocator: createStockAllocator(() => deps),
        seatAllocator: createSeatAllocator(() => deps),
        reservationInTurn: createTurns(),
        holdEnder: createHoldEnder(() => deps),
        holdBinder: createHoldBinder(() => deps),
        holdConverter: createHoldConverter(() => deps),
      }
      return {
        deps,
        async close() {
          live.seats.close()
          live.stock.close()
          deps.waitingRoom.close()
          live.checkIns.close()
          await deps.qrCodes.close()
          await deps.ticketDocuments.made.close()
        },
      }
    },
    createContext,
    resolvers,
    jobs: [
      expireHoldJob,
      sweepHoldsJob,
      announceSaleMomentJob,
      sweepSaleMomentsJob,
      sweepWaitlistsJob,
      tellOfAlmostSoldOutJob,
      rotateSigningKeys,
      ...retentions,
    ],
    crons: [
      { job: sweepHoldsJob.name, match: '* * * * *' },
      { job: sweepSaleMomentsJob.name, match: '* * * * *' },
      { job: sweepWaitlistsJob.name, match: '* * * * *' },
      { job: tellOfAlmostSoldOutJob.name, match: '* * * * *' },
      { job: rotateSigningKeys.name, match: '41 * * * *' },
      ...retentions.map(({ name }, at) => ({ job: name, match: `${13 + 2 * at},${43 + 2 * at} * * * *` })),
    ],
    routes: (deps) => ({
      [SEAT_LAYOUTS_FOLDER]: { method: 'GET', open: (name: string) => openGeometry(deps, name) },
      [TICKETS_FOLDER]: {
        method: 'GET',
        open: (name: string, request: FileRequest) => openTicketFile(deps, name, request),
      },
      [CALENDAR_FEED_FOLDER]: {
        method: 'GET',
        open: (name: string, request: FileRequest) => openCalendarFeed(deps, name, request),
      },
    }),
    inbox: () => ({
      'event.changed': (tx: Tx, event) => followEvent(tx, event.payload),
      async 'user.rights-changed'(tx: Tx, { payload: { userId, erased } }) {
        if (!erased) return
        await deleteAttendeesOf(tx, userId)
        await moveEntriesToLeft(tx, userId)
        await deleteGuestNamesOf(tx, userId)
        await deleteCalendarFeedOf(tx, userId)
        await faultPoint('forget-owner/noted')
        afterCommit(tx, () => void faultPoint('forget-owner/written'))
      },
      'user.email-verified': (tx: Tx, { payload }) => moveGuestsTo(tx, [payload]),
      async 'user.guest-claimed'(tx: Tx, { payload }) {
        await moveTicketsOf(tx, payload)
        await deleteCalendarFeedOf(tx, payload.guestId)
      },
    }),
  })
}
