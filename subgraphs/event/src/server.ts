import { type RunningSubgraph, startSubgraph } from '@karcis/kit/subgraph'
import { type Context, createContext, type Deps } from './domain/deps.ts'
import type { Db, Tx } from './domain/database.ts'
import { createEventLive } from './domain/event-live.ts'
import { createReadings } from './domain/loaders.ts'
import type { EventSettings } from './env.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { resolvers } from './resolvers/index.ts'

/** Starts the event subgraph. @param settings `PORT: 0` takes a free port; the address is in the result's `url`. */
export function createEventSubgraph(settings: EventSettings): Promise<RunningSubgraph<Deps>> {
  return startSubgraph<Tx, Db, Deps, Context>({
    name: 'event',
    settings,
    openDatabase: (options) => new PrismaClient(options),
    clients: { ticket: settings.TICKET_URL, booking: settings.BOOKING_URL },
    async createDeps(base) {
      const live = createEventLive(base)
      const deps: Deps = { ...base, live, readings: createReadings(() => deps) }
      return { deps, close: () => live.close() }
    },
    createContext,
    resolvers,
    jobs: [],
  })
}
