import { recordEvent } from '@karcis/kit/events'
import { enqueue } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Booking, BookingStatus } from './booking.ts'
import type { Deps, Tx } from './deps.ts'

export const bookingJob = z.object({ bookingId: z.uuid() })
export type BookingJob = z.infer<typeof bookingJob>

const task = (name: string) => ({ name, schema: bookingJob })

/** The jobs about one booking; what they do stands in jobs/. */
export const EXPIRE_BOOKING = task('expire-booking')
export const ISSUE_TICKETS = task('issue-tickets')
export const RELEASE_BOOKING = task('release-booking')
export const CANCEL_TICKETS = task('cancel-tickets')

/** What a status asks of the ticket subgraph. */
const FOLLOW_UP: Partial<Record<BookingStatus, typeof ISSUE_TICKETS>> = {
  PAID: ISSUE_TICKETS,
  EXPIRED: RELEASE_BOOKING,
  CANCELLED: RELEASE_BOOKING,
  REFUNDED: CANCEL_TICKETS,
}

/** Tells of a booking's new status, and has done what it asks for, in the transaction that moved it. */
export async function recordStatus(tx: Tx, booking: Booking): Promise<void> {
  const { id, userId, status } = booking
  await recordEvent(tx, {
    type: 'booking.changed',
    aggregateId: id,
    payload: { bookingId: id, userId, status },
    consumers: ['user'],
  })
  if (status === 'PENDING') {
    await enqueue(
      tx,
      EXPIRE_BOOKING,
      { bookingId: id },
      { runAt: booking.expiresAt, key: `expire-booking:${id}` },
    )
  } else await enqueueFollowUp(tx, id, status)
}

/** Enqueues what the status asks of the ticket subgraph, once however often it is called. */
export async function enqueueFollowUp(tx: Db, id: string, status: BookingStatus): Promise<void> {
  const followUp = FOLLOW_UP[status]
  if (followUp) await enqueue(tx, followUp, { bookingId: id }, { key: `${followUp.name}:${id}` })
}

type Db = Parameters<typeof enqueue>[0]

/** Tells watchers of a change, after its commit. */
export function publishChange(deps: Deps, { id, version }: Booking): void {
  deps.live.publish(id, { since: version - 1, revision: version })
}
