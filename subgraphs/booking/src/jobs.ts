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

/** Keys whose promise is over. Bookings, payments and the ledger are never deleted. */
export const forgetKeysJob = retention<Deps>({
  name: 'forget-keys',
  table: 'idempotency_keys',
  since: 'expires_at',
  keepForDays: 0,
})

/** Counts of wrong promo codes whose time is over. */
const forgetGuessesJob = retention<Deps>({
  name: 'forget-promo-guesses',
  table: 'promo_guesses',
  since: 'window_ends_at',
  keepForDays: 0,
})

export const jobs = [
  aboutBooking(EXPIRE_BOOKING, expireBooking),
  aboutBooking(ISSUE_TICKETS, issueTicketsSoon),
  aboutBooking(RELEASE_BOOKING, releaseBooking),
  aboutBooking(CANCEL_TICKETS, cancelTickets),
  sweepJob,
  forgetKeysJob,
  forgetGuessesJob,
]

export const crons = [
  { job: sweepJob.name, match: '* * * * *' },
  { job: forgetKeysJob.name, match: '7,37 * * * *' },
  { job: forgetGuessesJob.name, match: '17,47 * * * *' },
]
