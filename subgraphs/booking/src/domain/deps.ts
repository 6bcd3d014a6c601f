import type { InTurn } from '@karcis/kit/group-commit'
import type { GuessLimit } from '@karcis/kit/guess-limit'
import type { Change, Live } from '@karcis/kit/live'
import type { Sealer } from '@karcis/kit/sealing'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { BookingSettings } from '../env.ts'
import type { ExportsUnderWay, ExportUrls } from './attendees/exports.ts'
import type { NewBookings } from './bookings/new-bookings.ts'
import type { Db } from './database.ts'
import type { IssuedBookings } from './fulfilment/issued-bookings.ts'
import type { KnownFees } from './fees/known-fees.ts'
import type { InvoiceFiles } from './invoices/invoice-files.ts'
import type { LedgerPayments } from './payments/ledger-payments.ts'
import type { PaymentProviders } from './payments/providers.ts'
import type { Leaderboard } from './sales/leaderboard.ts'
import type { StatementUrls } from './payouts/statement-files.ts'
import type { TicketService } from './ticket-service.ts'
import type { UserService } from './user-service.ts'
import type { KeptCounts } from './viewing/kept-counts.ts'
import type { WebhookDeps } from './webhooks/webhook.ts'

/** What the use cases of booking can reach. */
export interface Deps extends BaseDeps<Db> {
  settings: Pick<
    BookingSettings,
    | 'PUBLIC_URL'
    | 'PAYMENT_MARGIN_SECONDS'
    | 'MANUAL_PAYMENT_HOURS'
    | 'INVOICE_TIMEZONE'
    | 'PAYOUT_HOLD_DAYS'
    | 'PAYOUT_ACCOUNT_RETENTION_DAYS'
  >
  live: Live<Change>
  /** Of events' sales. */
  salesLive: Live<Change>
  leaderboard: Leaderboard
  tickets: TicketService
  providers: PaymentProviders
  /** Pays out of our own ledger in batches, by event. */
  ledgerPayments: LedgerPayments
  /** Notes issued tickets in batches, by event. */
  issuedBookings: IssuedBookings
  knownFees: KnownFees
  /** Writes bookings in batches, by event. */
  newBookings: NewBookings
  /** Reserving for an item of a cart, by its id: two at once, each for more places, would be in the way of each other's limits. */
  reservationInTurn: InTurn
  /** Ids of events that were called off and that this process is refunding now, in turns. */
  eventRefundsDue: Set<string>
  invoiceFiles: InvoiceFiles
  /** Of the bookings of events: hundreds of thousands. */
  keptCounts: KeptCounts
  users: UserService
  /** Links to files of who has tickets, and how many of these are being made. */
  exportUrls: ExportUrls
  exportsUnderWay: ExportsUnderWay
  /** Links to statements of payouts. */
  statementUrls: StatementUrls
  /** Whom promo codes that do not exist are counted for. */
  promoGuesses: GuessLimit
  /** Keeps what nobody is to read who has only the database. */
  sealer: Sealer
  /** Where organizers are told of what happens. */
  webhooks: WebhookDeps
}
