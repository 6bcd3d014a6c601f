import { defineJob } from '@karcis/kit/jobs'
import type { Deps } from '../domain/deps.ts'
import { expireBooking } from '../domain/expire-booking.ts'
import { type BookingJob, EXPIRE_BOOKING } from '../domain/news.ts'

/** Expires a booking that was not paid in time; enqueued for that moment. */
export const expireBookingJob = defineJob<BookingJob, Deps>({
  ...EXPIRE_BOOKING,
  run: (deps, { bookingId }) => expireBooking(deps, bookingId),
})
