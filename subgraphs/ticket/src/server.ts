import { createSigningKeys, rotateSigningKeys } from '@karcis/kit/signing-keys'
import { type RunningSubgraph, startSubgraph } from '@karcis/kit/subgraph'
import { LRUCache } from 'lru-cache'
import type { Deps } from './domain/deps.ts'
import { createHoldEnder } from './domain/allocation/hold-ender.ts'
import { eventForSale, takeEventCopy } from './domain/events/event-copy.ts'
import { isHoldLive } from './domain/allocation/hold-store.ts'
import { createNews } from './domain/live.ts'
import { createSeatHints } from './domain/allocation/seat-claims.ts'
import { createSharedReads } from './domain/allocation/sale-reads.ts'
import { createSeatTaker } from './domain/allocation/seat-allocator.ts'
import { createStockTaker } from './domain/allocation/stock-allocator.ts'
import type { Tx } from './domain/database.ts'
import type { TicketSettings } from './env.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { expireHoldJob, sweepHoldsJob } from './jobs/expire-hold.ts'
import { createLoaders, createReadings } from './loaders.ts'
import { resolvers } from './resolvers/index.ts'

/** Keys outlive the tickets they signed: bought up to two years ahead, each must still be verifiable at the door. */
const KEY_SCHEDULE = { signsForDays: 90, publishedAheadMinutes: 120, publishedAfterDays: 800 }

/** Starts the ticket subgraph on its database (migrated before), Redis and port; port 0 takes a free one. */
export function createTicketSubgraph(settings: TicketSettings): Promise<RunningSubgraph<Deps>> {
  return startSubgraph({
    name: 'ticket',
    settings,
    openDatabase: (options) => new PrismaClient(options),
    clients: { event: settings.EVENT_URL },
    async createDeps(base) {
      const news = createNews(() => deps.db, base.bus, base.log, settings.LIVE_POLL_MS)
      const deps: Deps = {
        ...base,
        settings,
        news,
        signingKeys: createSigningKeys(base.db, settings.KEY_ENCRYPTION_SECRET, KEY_SCHEDULE),
        seatHints: createSeatHints(base.redis, base.log, (holdId) => isHoldLive(deps.db, holdId)),
        rowPlaces: new LRUCache({ max: 500 }),
        sharedReads: createSharedReads(() => deps),
        readings: createReadings(() => deps),
        stockTaker: createStockTaker(() => deps),
        holdEnder: createHoldEnder(() => deps),
        seatTaker: createSeatTaker(() => deps),
      }
      return {
        deps,
        close() {
          news.seats.close()
          news.stock.close()
        },
      }
    },
    createContext: (deps, scope) => ({ ...scope, deps, loaders: createLoaders(deps) }),
    resolvers,
    jobs: [expireHoldJob, sweepHoldsJob, rotateSigningKeys],
    crons: [
      { job: sweepHoldsJob.name, match: '* * * * *' },
      { job: rotateSigningKeys.name, match: '41 * * * *' },
    ],
    inbox: () => ({
      'event.changed': (tx: Tx, event) => takeEventCopy(tx, eventForSale.parse(event.payload)),
    }),
  })
}
