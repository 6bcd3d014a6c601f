import { tellOfHangingRefunds } from './domain/refunds/hanging-refunds.ts'
import { defineJob } from '@karcis/kit/jobs'
import { retention } from '@karcis/kit/retention'
import { z } from 'zod'
import {
  type BookingJob,
  type BookingsJob,
  CANCEL_MANY_TICKETS,
  CANCEL_TICKETS,
  EXPIRE_BOOKING,
  ISSUE_TICKETS,
  RELEASE_BOOKING,
} from './domain/bookings/booking-changes.ts'
import type { Deps } from './domain/deps.ts'
import { closeLedger } from './domain/ledger/close-day.ts'
import { cancelManyTickets, cancelTickets, issueTicketsSoon } from './domain/fulfilment/issue-tickets.ts'
import { expireBooking, releaseBooking, sweepBookings } from './domain/fulfilment/release-booking.ts'
import { issueInvoices } from './domain/invoices/issue-invoices.ts'
import { forgetPayoutAccounts } from './domain/payouts/decide-payout.ts'
import { lookForDisputes } from './domain/payments/look-for-disputes.ts'
import {
  type PaymentJob,
  REFUND_PAYMENT,
  type RefundJob,
  SETTLE_DISPUTE,
  SETTLE_PAYMENT,
} from './domain/payments/payment-jobs.ts'
import { settleDispute } from './domain/payments/settle-dispute.ts'
import { settlePayment } from './domain/payments/settle-payment.ts'
import { REFUND_TICKETS, type RefundTicketsJob } from './domain/refunds/booking-refund-store.ts'
import { REFUND_EVENT, type RefundEventJob } from './domain/refunds/event-refund-store.ts'
import { refundEvent, sweepEventRefunds } from './domain/refunds/refund-event.ts'
import { finishRefund } from './domain/refunds/refund-tickets.ts'
import { DECIDE_REFUND, type DecideRefundJob } from './domain/refunds/request-store.ts'
import { decideRefund, sweepRequests } from './domain/refunds/review-refund.ts'
import { FOLD_SALES, foldSales } from './domain/sales/fold-sales.ts'
import { sendRefund, sweepPayments } from './domain/refunds/send-refund.ts'
import { sweepWebhooks } from './domain/webhooks/deliver-webhooks.ts'

/** A job about one booking: enqueued with the change that asks for it. */
const aboutBooking = (
  job: typeof ISSUE_TICKETS,
  run: (deps: Deps, bookingId: string, tries: number) => Promise<void>,
) =>
  defineJob<BookingJob, Deps>({
    ...job,
    run: (deps, { bookingId, tries = 0 }) => run(deps, bookingId, tries),
  })

/** A job that cron starts. */
const onSchedule = (name: string, run: (deps: Deps) => Promise<void>) =>
  defineJob({ name, schema: z.object({}), run })

const issueInvoicesJob = defineJob({
  name: 'issue-invoices',
  schema: z.object({}),
  run: (deps: Deps, _: object, closing?: AbortSignal) => issueInvoices(deps, closing),
})
const sweepJob = onSchedule('sweep-bookings', sweepBookings)
const foldSalesJob = defineJob({ ...FOLD_SALES, run: foldSales })
const sweepPaymentsJob = onSchedule('sweep-payments', sweepPayments)
const lookForDisputesJob = onSchedule('look-for-disputes', lookForDisputes)
const sweepWebhooksJob = onSchedule('sweep-webhooks', sweepWebhooks)

const sweepEventRefundsJob = onSchedule('sweep-event-refunds', sweepEventRefunds)
/** Each night: of refunds that a provider has not made, admins are told. */
const tellOfHangingRefundsJob = onSchedule('tell-of-hanging-refunds', tellOfHangingRefunds)
const sweepRequestsJob = onSchedule('sweep-refund-requests', sweepRequests)

/** Keys whose promise is over. Bookings, payments and the ledger are never deleted. */
export const forgetKeysJob = retention<Deps>({
  name: 'forget-keys',
  table: 'idempotency_keys',
  since: 'expires_at',
  keepForDays: 0,
})

/** What providers have sent: by then whatever it was about has come to its end. */
export const forgetNotificationsJob = retention<Deps>({
  name: 'forget-notifications',
  table: 'payment_notifications',
  since: 'received_at',
  keepForDays: 90,
})

/** Carts that nobody has touched for long, with what is in them; what they had reserved is free since the first minutes of that. */
const forgetCartsJob = retention<Deps>({
  name: 'forget-carts',
  table: 'carts',
  since: 'updated_at',
  keepForDays: 30,
})

/** Counts of wrong promo codes whose time is over. */
const forgetGuessesJob = retention<Deps>({
  name: 'forget-promo-guesses',
  table: 'promo_guesses',
  since: 'window_ends_at',
  keepForDays: 0,
})

const closeLedgerJob = onSchedule('close-ledger', closeLedger)
/** What organizers' endpoints were told, for them to look into. What is still to be sent stays. */
export const forgetWebhooksJob = retention<Deps>({
  name: 'forget-webhooks',
  table: 'webhook_deliveries',
  since: 'created_at',
  where: "status <> 'PENDING'",
  keepForDays: 30,
})

/** Endpoints that were deleted, with what is left of their log. */
const forgetEndpointsJob = retention<Deps>({
  name: 'forget-webhook-endpoints',
  table: 'webhook_endpoints',
  since: 'deleted_at',
  keepForDays: 30,
})

const forgetAccountsJob = onSchedule('forget-payout-accounts', forgetPayoutAccounts)

export const jobs = [
  aboutBooking(EXPIRE_BOOKING, expireBooking),
  aboutBooking(ISSUE_TICKETS, issueTicketsSoon),
  aboutBooking(RELEASE_BOOKING, releaseBooking),
  aboutBooking(CANCEL_TICKETS, cancelTickets),
  defineJob<BookingsJob, Deps>({
    ...CANCEL_MANY_TICKETS,
    run: (deps, { bookingIds }) => cancelManyTickets(deps, bookingIds),
  }),
  defineJob<PaymentJob, Deps>({
    ...SETTLE_PAYMENT,
    run: (deps, { paymentId }) => settlePayment(deps, paymentId),
  }),
  defineJob<PaymentJob, Deps>({
    ...SETTLE_DISPUTE,
    run: (deps, { paymentId }) => settleDispute(deps, paymentId),
  }),
  defineJob<RefundJob, Deps>({ ...REFUND_PAYMENT, run: (deps, { refundId }) => sendRefund(deps, refundId) }),
  defineJob<RefundTicketsJob, Deps>({
    ...REFUND_TICKETS,
    run: async (deps, { refundId }) => void (await finishRefund(deps, refundId)),
  }),
  defineJob<DecideRefundJob, Deps>({
    ...DECIDE_REFUND,
    run: (deps, { requestId }) => decideRefund(deps, requestId),
  }),
  defineJob<RefundEventJob, Deps>({
    ...REFUND_EVENT,
    run: (deps, { eventId }, closing) => refundEvent(deps, eventId, closing),
  }),
  tellOfHangingRefundsJob,
  sweepEventRefundsJob,
  sweepRequestsJob,
  issueInvoicesJob,
  foldSalesJob,
  sweepJob,
  sweepPaymentsJob,
  lookForDisputesJob,
  sweepWebhooksJob,
  forgetKeysJob,
  forgetNotificationsJob,
  forgetGuessesJob,
  forgetCartsJob,
  forgetWebhooksJob,
  forgetEndpointsJob,
  forgetAccountsJob,
  closeLedgerJob,
]

export const crons = [
  { job: tellOfHangingRefundsJob.name, match: '33 1 * * *' },
  { job: issueInvoicesJob.name, match: '* * * * *' },
  { job: foldSalesJob.name, match: '* * * * *' },
  { job: sweepJob.name, match: '* * * * *' },
  { job: sweepPaymentsJob.name, match: '* * * * *' },
  { job: lookForDisputesJob.name, match: '*/10 * * * *' },
  { job: sweepRequestsJob.name, match: '* * * * *' },
  { job: sweepEventRefundsJob.name, match: '* * * * *' },
  { job: sweepWebhooksJob.name, match: '* * * * *' },
  { job: forgetNotificationsJob.name, match: '43 * * * *' },
  { job: forgetKeysJob.name, match: '7,37 * * * *' },
  // Each hour: the day before is closed soon after midnight, and what was missed is made up for.
  { job: closeLedgerJob.name, match: '3 * * * *' },
  { job: forgetAccountsJob.name, match: '23 * * * *' },
  { job: forgetGuessesJob.name, match: '17,47 * * * *' },
  { job: forgetCartsJob.name, match: '27 * * * *' },
  { job: forgetWebhooksJob.name, match: '*/10 * * * *' },
  { job: forgetEndpointsJob.name, match: '53 * * * *' },
]
