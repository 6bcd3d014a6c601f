import { defineJob } from '@karcis/kit/jobs'
import type { Deps } from '../domain/deps.ts'
import { issueTickets } from '../domain/issue-tickets.ts'
import { type BookingJob, ISSUE_TICKETS } from '../domain/news.ts'

/** Issues the tickets of a paid booking, or pays it back. */
export const issueTicketsJob = defineJob<BookingJob, Deps>({
  ...ISSUE_TICKETS,
  run: (deps, { bookingId }) => issueTickets(deps, bookingId),
})
