import { defineJob } from '@karcis/kit/jobs'
import type { Deps } from '../domain/deps.ts'
import { releaseBooking } from '../domain/release-booking.ts'
import { type BookingJob, RELEASE_BOOKING } from '../domain/news.ts'

/** Frees the places of a booking that expired or was cancelled. */
export const releaseBookingJob = defineJob<BookingJob, Deps>({
  ...RELEASE_BOOKING,
  run: (deps, { bookingId }) => releaseBooking(deps, bookingId),
})
