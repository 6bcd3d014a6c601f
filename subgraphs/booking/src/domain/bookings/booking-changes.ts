import { MOST_CANCELLED } from '@karcis/kit/contracts/cancelled-tickets'
import type { EventPayload } from '@karcis/kit/contracts/events'
import { recordEvents } from '@karcis/kit/events'
import { newId } from '@karcis/kit/ids'
import { enqueue, type NewJob, newJob } from '@karcis/kit/jobs'
import type { Change, Live } from '@karcis/kit/live'
import { z } from 'zod'
import type { Db, Tx } from '../database.ts'
import type { Booking, BookingStatus } from './booking.ts'
import { findBooking } from './booking-store.ts'

const bookingJob = z.object({
  bookingId: z.uuid(),
  /** How many have failed before; of ISSUE_TICKETS. */
  tries: z.int().min(0).optional(),
})

export type BookingJob = z.infer<typeof bookingJob>

const job = (name: string) => ({ name, schema: bookingJob })

/** The jobs about one booking; what they do stands in jobs.ts. */
export const EXPIRE_BOOKING = job('expire-booking')
export const ISSUE_TICKETS = job('issue-tickets')
export const RELEASE_BOOKING = job('release-booking')
export const CANCEL_TICKETS = job('cancel-tickets')

const bookingsJob = z.object({ bookingIds: z.array(z.uuid()).max(MOST_CANCELLED) })

export type BookingsJob = z.infer<typeof bookingsJob>

/** The same as CANCEL_TICKETS for many bookings that were refunded at once. */
export const CANCEL_MANY_TICKETS = { name: 'cancel-many-tickets', schema: bookingsJob }

/** What a status asks of the ticket subgraph. */
const FOLLOW_UP: Partial<Record<BookingStatus, typeof ISSUE_TICKETS>> = {
  PAID: ISSUE_TICKETS,
  EXPIRED: RELEASE_BOOKING,
  CANCELLED: RELEASE_BOOKING,
  REFUNDED: CANCEL_TICKETS,
}

/** For so long the job leaves the tickets to whoever paid, and issues them at once. */
const LEFT_TO_PAYER_SECONDS = 2

/**
 * Records the event of a booking's new status, and enqueues what that status asks for, in the transaction that moved
 * it; the caller holds the booking's row lock.
 */
export const recordStatus = (tx: Tx, booking: Booking): Promise<void> => recordStatuses(tx, [{ booking }])

/** What others are told of a booking. */
const told = ({
  id: bookingId,
  userId,
  status,
  eventId,
  refundedAmount,
  currency,
  refundReason,
}: Booking): EventPayload<'booking.changed'> => ({
  bookingId,
  userId,
  status,
  eventId,
  refundedAmount,
  currency,
  refundReason,
})

/** A booking that has just come to its status. */
interface StatusChange {
  booking: Booking
  /** Whether the caller goes on with what the status asks for, after the commit: then the job is for when it has died. */
  isDoneByCaller?: boolean
  /** By whose name the job runs; the caller's, unless given. */
  requestId?: string | undefined
}

/** The same for many. */
export const recordStatuses = (tx: Tx, changes: readonly StatusChange[]): Promise<void> =>
  recordEvents(
    tx,
    changes.map(({ booking }) => ({
      type: 'booking.changed',
      aggregateId: booking.id,
      payload: told(booking),
      consumers: ['user'],
    })),
    changes.flatMap((change) => jobOf(change) ?? []),
  )

/** What a new status asks for. */
function jobOf({ booking, isDoneByCaller = false, requestId }: StatusChange): NewJob | null {
  const { id, status, expiresAt } = booking
  const job = status === 'PENDING' ? EXPIRE_BOOKING : FOLLOW_UP[status]
  const when =
    status === 'PENDING'
      ? { runAt: expiresAt }
      : isDoneByCaller
        ? { afterSeconds: LEFT_TO_PAYER_SECONDS }
        : {}
  return job ? newJob(job, { bookingId: id }, { ...when, key: `${job.name}:${id}`, requestId }) : null
}

/** Of jobs that are many at once, for nobody who waits: any other goes before them. */
const BULK_PRIORITY = 10

/** For so long the job leaves the tickets to whoever refunded, and ends them at once. */
const LEFT_TO_REFUNDER_SECONDS = 15

/**
 * As `recordStatus`, for up to `MOST_CANCELLED` bookings that were REFUNDED at once: their events are delivered by the sweep of the outbox, and one job
 * ends the tickets of all of them where the caller has not done so. It lets all others go first.
 */
export async function recordManyRefunded(tx: Tx, bookings: readonly Booking[]): Promise<void> {
  const ids = bookings.map(({ id }) => id)
  const payloads = bookings.map((booking) => JSON.stringify(told(booking)))
  await tx.$executeRaw`WITH told AS (
      INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
      SELECT event.id, 'user', 'booking.changed', event.booking_id, event.payload::jsonb
      FROM unnest(${ids.map(() => newId())}::uuid[], ${ids}::text[], ${payloads}::text[]) AS event (id, booking_id, payload))
    SELECT graphile_worker.add_job(${CANCEL_MANY_TICKETS.name}::text,
    payload => json_build_object('bookingIds', ${ids}::text[]), run_at => now() + make_interval(secs => ${LEFT_TO_REFUNDER_SECONDS}::int),
    max_attempts => 25, priority => ${BULK_PRIORITY}::int)`
}

/** Enqueues a job for each of many things, each once however often it is called. @param field of the payload that has the id. */
export async function enqueueMany(
  tx: Tx,
  name: string,
  field: string,
  ids: readonly string[],
): Promise<void> {
  await tx.$executeRaw`SELECT count(*) FROM graphile_worker.add_jobs((SELECT array_agg(ROW(${name}::text,
      json_build_object(${field}::text, id), NULL, now(), 25, ${name}::text || ':' || id, ${BULK_PRIORITY}::int, NULL)::graphile_worker.job_spec)
    FROM unnest(${ids}::text[]) AS id))`
}

/** Enqueues what the status asks of the ticket subgraph, once however often it is called. */
export async function enqueueFollowUp(tx: Tx, id: string, status: BookingStatus): Promise<void> {
  const followUp = FOLLOW_UP[status]
  if (followUp) await enqueue(tx, followUp, { bookingId: id }, { key: `${followUp.name}:${id}` })
}

/** How often issuing is tried again soon: after 1, 2, 4, 8, 16 and 32 s. Then a job's own, slower back-off takes over. */
const SOON_AGAIN = 6

/**
 * Has tickets issued again soon after it failed: the buyer was told PAID, and mostly the ticket subgraph is away for moments. Under a key
 * of its own: the job that has failed is still running, and keeps the other.
 * @returns whether it will be; not after several failures, with which that job is to fail itself.
 */
export async function enqueueIssueSoon(tx: Tx, id: string, tries: number): Promise<boolean> {
  if (tries >= SOON_AGAIN) return false
  const key = `${ISSUE_TICKETS.name}:${id}:${tries + 1}`
  await enqueue(tx, ISSUE_TICKETS, { bookingId: id, tries: tries + 1 }, { afterSeconds: 2 ** tries, key })
  return true
}

/** Publishes a change to the booking's watchers; call it after the commit. */
export function publishChange({ live }: { live: Live<Change> }, { id, version }: Booking): void {
  live.publish(id, { since: version - 1, revision: version })
}

/** What changed of a booking after version `since`; null when nothing did. */
export async function readChange(db: Db, id: string, since: number): Promise<Change | null> {
  const revision = (await findBooking(db, id))?.version ?? 0
  return revision > since ? { since, revision } : null
}
