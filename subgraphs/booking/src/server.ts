import { createLive } from '@karcis/kit/live'
import { type RunningSubgraph, startSubgraph } from '@karcis/kit/subgraph'
import { type Context, createContext } from './request-context.ts'
import type { Db, Deps, Tx } from './domain/deps.ts'
import { takeUserRegistered } from './domain/take-user-registered.ts'
import { ticketService } from './domain/ticket-service.ts'
import { readChange } from './domain/view-booking.ts'
import type { BookingSettings } from './env.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { cancelTicketsJob } from './jobs/cancel-tickets.ts'
import { expireBookingJob } from './jobs/expire-booking.ts'
import { forgetKeysJob } from './jobs/forget-keys.ts'
import { issueTicketsJob } from './jobs/issue-tickets.ts'
import { releaseBookingJob } from './jobs/release-booking.ts'
import { sweepBookingsJob } from './jobs/sweep-bookings.ts'
import { resolvers } from './resolvers/index.ts'

/** Starts the booking subgraph: bookings, payments, the ledger and the wallets on it. */
export const createBookingSubgraph = (settings: BookingSettings): Promise<RunningSubgraph<Deps>> =>
  startSubgraph<Tx, Db, Deps, Context>({
    name: 'booking',
    settings,
    openDatabase: (options) => new PrismaClient(options),
    clients: { user: settings.USER_URL, event: settings.EVENT_URL, ticket: settings.TICKET_URL },
    async createDeps(base) {
      const live = createLive({
        bus: base.bus,
        log: base.log,
        channel: (id) => `booking:${id}`,
        read: (id, since) => readChange(base.db, id, since),
        merge: (waiting, next) => ({ since: waiting.since, revision: next.revision }),
        pollMs: settings.LIVE_POLL_MS,
      })
      const deps: Deps = { ...base, settings, live, tickets: ticketService(base.clients.ticket) }
      return { deps, close: () => live.close() }
    },
    createContext,
    resolvers,
    jobs: [
      expireBookingJob,
      issueTicketsJob,
      releaseBookingJob,
      cancelTicketsJob,
      sweepBookingsJob,
      forgetKeysJob,
    ],
    crons: [
      { job: sweepBookingsJob.name, match: '* * * * *' },
      { job: forgetKeysJob.name, match: '7 * * * *' },
    ],
    inbox: (deps) => ({ 'user.registered': (tx, event) => takeUserRegistered(tx, deps, event) }),
  })
