import { defineJob } from '@karcis/kit/jobs'
import type { Deps } from '../domain/deps.ts'
import { cancelTickets } from '../domain/cancel-tickets.ts'
import { type BookingJob, CANCEL_TICKETS } from '../domain/news.ts'

/** Takes the tickets of a refunded booking out of use. */
export const cancelTicketsJob = defineJob<BookingJob, Deps>({
  ...CANCEL_TICKETS,
  run: (deps, { bookingId }) => cancelTickets(deps, bookingId),
})
