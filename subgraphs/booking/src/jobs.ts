import { defineJob } from '@karcis/kit/jobs'
import { retention } from '@karcis/kit/retention'
import { z } from 'zod'
import {
  type BookingJob,
  CANCEL_TICKETS,
  EXPIRE_BOOKING,
  ISSUE_TICKETS,
  RELEASE_BOOKING,
} from './domain/bookings/booking-changes.ts'
import type { Deps } from './domain/deps.ts'
import { cancelTickets, issueTicketsSoon } from './domain/fulfilment/issue-tickets.ts'
import { expireBooking, releaseBooking, sweepBookings } from './domain/fulfilment/release-booking.ts'
import { forgetPayoutAccounts } from './domain/payouts/decide-payout.ts'
import {
  type PaymentJob,
  REFUND_PAYMENT,
  type RefundJob,
  SETTLE_PAYMENT,
} from './domain/payments/payment-jobs.ts'
import { settlePayment } from './domain/payments/settle-payment.ts'
import { REFUND_TICKETS, type RefundTicketsJob } from './domain/refunds/booking-refund-store.ts'
import { REFUND_EVENT, type RefundEventJob } from './domain/refunds/event-refund-store.ts'
import { refundEvent, sweepEventRefunds } from './domain/refunds/refund-event.ts'
import { finishRefund } from './domain/refunds/refund-tickets.ts'
import { DECIDE_REFUND, type DecideRefundJob } from './domain/refunds/request-store.ts'
import { decideRefund, sweepRequests } from './domain/refunds/review-refund.ts'
import { FOLD_SALES, foldSales } from './domain/sales/fold-sales.ts'
import { sendRefund, sweepPayments } from './domain/refunds/send-refund.ts'

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

const sweepJob = onSchedule('sweep-bookings', sweepBookings)
const foldSalesJob = defineJob({ ...FOLD_SALES, run: foldSales })
const sweepPaymentsJob = onSchedule('sweep-payments', sweepPayments)

const sweepEventRefundsJob = onSchedule('sweep-event-refunds', sweepEventRefunds)
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

/** Counts of wrong promo codes whose time is over. */
const forgetGuessesJob = retention<Deps>({
  name: 'forget-promo-guesses',
  table: 'promo_guesses',
  since: 'window_ends_at',
  keepForDays: 0,
})

const forgetAccountsJob = onSchedule('forget-payout-accounts', forgetPayoutAccounts)

export const jobs = [
  aboutBooking(EXPIRE_BOOKING, expireBooking),
  aboutBooking(ISSUE_TICKETS, issueTicketsSoon),
  aboutBooking(RELEASE_BOOKING, releaseBooking),
  aboutBooking(CANCEL_TICKETS, cancelTickets),
  defineJob<PaymentJob, Deps>({
    ...SETTLE_PAYMENT,
    run: (deps, { paymentId }) => settlePayment(deps, paymentId),
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
    run: (deps, { eventId }) => refundEvent(deps, eventId),
  }),
  sweepEventRefundsJob,
  sweepRequestsJob,
  foldSalesJob,
  sweepJob,
  sweepPaymentsJob,
  forgetKeysJob,
  forgetNotificationsJob,
  forgetGuessesJob,
  forgetAccountsJob,
]

export const crons = [
  { job: foldSalesJob.name, match: '* * * * *' },
  { job: sweepJob.name, match: '* * * * *' },
  { job: sweepPaymentsJob.name, match: '* * * * *' },
  { job: sweepRequestsJob.name, match: '* * * * *' },
  { job: sweepEventRefundsJob.name, match: '* * * * *' },
  { job: forgetNotificationsJob.name, match: '43 * * * *' },
  { job: forgetKeysJob.name, match: '7,37 * * * *' },
  { job: forgetAccountsJob.name, match: '23 * * * *' },
  { job: forgetGuessesJob.name, match: '17,47 * * * *' },
]
