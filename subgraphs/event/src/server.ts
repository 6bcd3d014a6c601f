import { CALENDAR_FOLDER } from '@karcis/kit/contracts/calendars'
import { type RunningSubgraph, startSubgraph } from '@karcis/kit/subgraph'
import { openEventCalendar } from './domain/browsing/event-calendar.ts'
import { createBatchedReads } from './domain/batched-reads.ts'
import { createGate } from './domain/gate.ts'
import type { Db } from './domain/database.ts'
import type { Deps } from './domain/deps.ts'
import { createEventLive } from './domain/events/event-live.ts'
import type { EventSettings } from './env.ts'
import { crons, inbox, jobs } from './jobs.ts'
import { type Prisma, PrismaClient } from './generated/prisma/client.ts'
import { type Context, createContext } from './request-context.ts'
import { resolvers } from './resolvers/index.ts'

/** Of the pool's connections, the rest is for everything else. */
const SEARCHES = 2
const WAITING_SEARCHES = 50

/** Starts the event subgraph. @param settings `PORT: 0` takes a free port; the address is in the result's `url`. */
export function createEventSubgraph(settings: EventSettings): Promise<RunningSubgraph<Deps>> {
  return startSubgraph<Prisma.TransactionClient, Db, Deps, Context>({
    name: 'event',
    settings,
    openDatabase: (options) => new PrismaClient(options),
    clients: {
      user: settings.USER_URL,
      ticket: settings.TICKET_URL,
      booking: settings.BOOKING_URL,
    },
    async createDeps(base) {
      const live = createEventLive(base)
      const deps: Deps = {
        ...base,
        settings,
        live,
        searching: createGate(SEARCHES, WAITING_SEARCHES),
        batchedReads: createBatchedReads(() => deps),
      }
      return { deps, close: () => live.close() }
    },
    createContext,
    resolvers,
    jobs,
    crons,
    inbox: () => inbox,
    routes: (deps) => ({
      [CALENDAR_FOLDER]: { method: 'GET', open: (name: string) => openEventCalendar(deps, name) },
    }),
  })
}
