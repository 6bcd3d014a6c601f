import { type Deps, transaction } from './deps.ts'
import type { BookingStatus } from './booking.ts'
import { expireBooking } from './expire-booking.ts'
import { enqueueFollowUp } from './news.ts'

const BATCH = 500
/** Younger ones are most likely being worked on just now. */
const LEFT_ALONE = '30 seconds'

/**
 * Finds what jobs have left undone, whatever became of them: bookings past their time, and bookings whose status asks
 * something of the ticket subgraph that was not done.
 */
export async function sweepBookings(deps: Deps): Promise<void> {
  const due = await deps.db.$queryRaw<{ id: string }[]>`SELECT id FROM bookings
    WHERE status = 'PENDING' AND expires_at <= now() ORDER BY expires_at LIMIT ${BATCH}`
  for (const { id } of due) await expireBooking(deps, id)

  const unsettled = await deps.db.$queryRaw<
    { id: string; status: BookingStatus }[]
  >`SELECT id, status FROM bookings
    WHERE NOT settled AND updated_at < now() - ${LEFT_ALONE}::interval ORDER BY updated_at LIMIT ${BATCH}`
  for (const { id, status } of unsettled) {
    await transaction(deps, (tx) => enqueueFollowUp(tx, id, status))
  }
}
