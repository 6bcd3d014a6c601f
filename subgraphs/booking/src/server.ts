import { CHANNELS } from '@karcis/kit/contracts/channels'
import { afterCommit } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { createTurns } from '@karcis/kit/group-commit'
import { createLive } from '@karcis/kit/live'
import { downloadFolder } from '@karcis/kit/contracts/downloads'
import { WEBHOOK_PROVIDERS, webhookPath } from '@karcis/kit/contracts/webhooks'
import { createSealer } from '@karcis/kit/sealing'
import { type RunningSubgraph, startSubgraph } from '@karcis/kit/subgraph'
import type { FileAnswer, FileRoute, PostRoute } from '@karcis/kit/subgraph/server'
import { openExport } from './domain/attendees/export-attendees.ts'
import { createExportsUnderWay, createExportUrls } from './domain/attendees/exports.ts'
import { readChange } from './domain/bookings/booking-changes.ts'
import { createNewBookings } from './domain/bookings/new-bookings.ts'
import type { Db } from './domain/database.ts'
import type { Deps } from './domain/deps.ts'
import { updateEventCopy } from './domain/events/event-copy.ts'
import { createKnownFees } from './domain/fees/known-fees.ts'
import { createInvoiceFiles } from './domain/invoices/invoice-files.ts'
import { openInvoice } from './domain/invoices/view-invoices.ts'
import { deleteCartOf } from './domain/cart/cart-store.ts'
import { deleteInstructionsOf } from './domain/manual/manual-store.ts'
import { createIssuedBookings } from './domain/fulfilment/issued-bookings.ts'
import { createLedgerPayments } from './domain/payments/ledger-payments.ts'
import { createProviders, type PaymentMethod } from './domain/payments/providers.ts'
import { takeNotification } from './domain/payments/take-notification.ts'
import { openWallet } from './domain/payments/wallet.ts'
import { createStatementUrls, openStatement } from './domain/payouts/statement-files.ts'
import { createPromoGuesses } from './domain/promos/guess-limit.ts'
import { beginEventRefund } from './domain/refunds/refund-event.ts'
import { refundResold } from './domain/refunds/refund-resold.ts'
import { createLeaderboard } from './domain/sales/leaderboard.ts'
import { createSalesLive } from './domain/sales/view-sales.ts'
import { ticketService } from './domain/ticket-service.ts'
import { userService } from './domain/user-service.ts'
import { createKeptCounts } from './domain/viewing/kept-counts.ts'
import { dispatchWebhooks } from './domain/webhooks/deliver-webhooks.ts'
import { forgetReasonsOf } from './domain/refunds/request-store.ts'
import { deleteEndpointsOf } from './domain/webhooks/endpoint-store.ts'
import { createSender } from '@karcis/kit/outside/post'
import { type BookingSettings, signupGrant } from './env.ts'
import { type Prisma, PrismaClient } from './generated/prisma/client.ts'
import { crons, jobs } from './jobs.ts'
import { type Context, createContext } from './request-context.ts'
import { resolvers } from './resolvers/index.ts'

const webhook = (deps: Deps, method: PaymentMethod): PostRoute => ({
  method: 'POST',
  body: 'raw',
  handle: ({ body, headers }) => takeNotification(deps, method, body, headers),
})

/** One folder has them all: a link says of itself what it opens. @throws what `openExport` does. */
const openCsv = async (deps: Deps, name: string): Promise<FileAnswer> =>
  (await openStatement(deps, name)) ?? openExport(deps, name)

/** Starts the booking subgraph: bookings, payments, the ledger and the wallets on it. */
export const createBookingSubgraph = (settings: BookingSettings): Promise<RunningSubgraph<Deps>> =>
  startSubgraph<Prisma.TransactionClient, Db, Deps, Context>({
    name: 'booking',
    settings,
    openDatabase: (options) => new PrismaClient(options),
    clients: { user: settings.USER_URL, event: settings.EVENT_URL, ticket: settings.TICKET_URL },
    async createDeps(base) {
      const live = createLive({
        bus: base.bus,
        log: base.log,
        channel: CHANNELS.booking,
        read: (id, since) => readChange(base.db, id, since),
        merge: (waiting, next) => ({ since: waiting.since, revision: next.revision }),
        pollMs: settings.LIVE_POLL_MS,
      })
      const salesLive = createSalesLive(base.db, base.log)
      const tickets = ticketService(base.clients.ticket)
      const providers = createProviders(settings, base.log)
      const invoiceFiles = createInvoiceFiles(settings.SERVICE_SECRET)
      const promoGuesses = createPromoGuesses(settings.SERVICE_SECRET)
      const sealer = createSealer(settings.KEY_ENCRYPTION_SECRET)
      const loopback = settings.NODE_ENV !== 'production'
      const deps: Deps = {
        ...base,
        settings,
        live,
        salesLive,
        leaderboard: createLeaderboard(base),
        tickets,
        providers,
        issuedBookings: createIssuedBookings(() => deps),
        ledgerPayments: createLedgerPayments(() => deps),
        newBookings: createNewBookings(() => deps),
        users: userService(base.clients.user),
        exportUrls: createExportUrls(settings.SERVICE_SECRET),
        exportsUnderWay: createExportsUnderWay(),
        statementUrls: createStatementUrls(settings.SERVICE_SECRET),
        knownFees: createKnownFees(base.db),
        reservationInTurn: createTurns(),
        eventRefundsDue: new Set(),
        invoiceFiles,
        keptCounts: createKeptCounts(),
        promoGuesses,
        sealer,
        webhooks: { sealer, loopback },
      }
      const dispatcher = dispatchWebhooks(deps, createSender({ loopback, userAgent: 'Karcis-Webhooks/1' }))
      return {
        deps,
        async close() {
          await dispatcher.close()
          live.close()
          salesLive.close()
          await invoiceFiles.drawn.close()
        },
      }
    },
    createContext,
    resolvers,
    jobs,
    crons,
    routes: (deps) => ({
      ...Object.fromEntries(
        WEBHOOK_PROVIDERS.map((provider) => [
          webhookPath(provider),
          webhook(deps, provider.toUpperCase() as Uppercase<typeof provider>),
        ]),
      ),
      [downloadFolder('export')]: { method: 'GET', open: (name: string) => openCsv(deps, name) },
      [downloadFolder('invoice')]: {
        method: 'GET',
        open: (name) => openInvoice(deps, name),
      } satisfies FileRoute,
    }),
    inbox: () => ({
      'user.registered': (tx, { payload: { userId, personHash, guest } }) =>
        openWallet(tx, userId, personHash, guest ? 0 : signupGrant(settings)),
      async 'user.rights-changed'(tx, { payload: { userId, erased } }) {
        if (!erased) return
        await deleteEndpointsOf(tx, userId)
        await deleteInstructionsOf(tx, userId)
        await deleteCartOf(tx, userId)
        await forgetReasonsOf(tx, userId)
        await faultPoint('forget-buyer/noted')
        afterCommit(tx, () => void faultPoint('forget-buyer/written'))
      },
      async 'event.changed'(tx, { payload }) {
        await updateEventCopy(tx, payload)
        await beginEventRefund(tx, payload)
      },
      'ticket.resold': (tx, { payload }) => refundResold(tx, payload),
    }),
  })
