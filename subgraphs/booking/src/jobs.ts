import { transaction } from '@karcis/kit/database'
import { defineJob } from '@karcis/kit/jobs'
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
import { deleteExpiredKeys } from './domain/idempotency-store.ts'

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
const forgetKeysJob = onSchedule('forget-keys', ({ db }) => transaction(db, deleteExpiredKeys))

export const jobs = [
  aboutBooking(EXPIRE_BOOKING, expireBooking),
  aboutBooking(ISSUE_TICKETS, issueTicketsSoon),
  aboutBooking(RELEASE_BOOKING, releaseBooking),
  aboutBooking(CANCEL_TICKETS, cancelTickets),
  sweepJob,
  forgetKeysJob,
]

export const crons = [
  { job: sweepJob.name, match: '* * * * *' },
  { job: forgetKeysJob.name, match: '7 * * * *' },
]
