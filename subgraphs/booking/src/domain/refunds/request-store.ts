import { mapConstraintError } from '@karcis/kit/database'
import { enqueue } from '@karcis/kit/jobs'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { z } from 'zod'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { TicketsRefunded } from '../errors.ts'

export type RefundRequestStatus = 'PENDING' | 'APPROVED' | 'REJECTED'

/** What a buyer asks to have back. `amount` is in the smallest unit of the booking's currency. */
export interface RefundRequest {
  id: string
  bookingId: string
  eventId: string
  status: RefundRequestStatus
  /** How much of what the tickets have cost the policy gives. */
  percent: number
  /** What goes back, as asked for, or as the review has it. */
  amount: number
  feesKept: boolean
  toWallet: boolean
  /** In the buyer's own words; null once these are forgotten. */
  reason: string | null
  /** Until when it may be reviewed, and what becomes of it then. */
  reviewBy: Date
  whenUndecided: 'APPROVE' | 'REJECT'
  /** To the buyer, of whoever decided. */
  message: string | null
  decidedAt: Date | null
  /** Of an approved one. */
  refundId: string | null
  ticketIds: string[]
  createdAt: Date
}

export type RefundRequestConnection = Connection<RefundRequest>

const decideJob = z.object({ requestId: z.uuid() })

export type DecideRefundJob = z.infer<typeof decideJob>

/** Decides a request that nobody has reviewed in time, as its policy says. */
export const DECIDE_REFUND = { name: 'decide-refund', schema: decideJob }

const COLUMNS = Prisma.sql`request.id, request.booking_id AS "bookingId", request.event_id AS "eventId", request.status, request.percent,
  request.amount, request.fees_kept AS "feesKept", request.to_wallet AS "toWallet", request.reason, request.review_by AS "reviewBy",
  request.when_undecided AS "whenUndecided", request.message, request.decided_at AS "decidedAt", request.refund_id AS "refundId",
  request.created_at AS "createdAt",
  ARRAY(SELECT ticket_id FROM refund_request_tickets WHERE request_id = request.id ORDER BY position) AS "ticketIds"`

type RequestRow = Omit<RefundRequest, 'amount'> & { amount: bigint }

const toRequest = (row: RequestRow): RefundRequest => ({ ...row, amount: Number(row.amount) })

export async function findRequest(db: Db | Tx, id: string): Promise<RefundRequest | null> {
  const [row] = await db.$queryRaw<
    RequestRow[]
  >`SELECT ${COLUMNS} FROM refund_requests request WHERE request.id = ${id}::uuid`
  return row ? toRequest(row) : null
}

/** The requests of bookings, the oldest first, by booking id. */
export async function findRequestsOfBookings(
  db: Db,
  bookingIds: readonly string[],
): Promise<Map<string, RefundRequest[]>> {
  const rows = await db.$queryRaw<RequestRow[]>`SELECT ${COLUMNS} FROM refund_requests request
    WHERE request.booking_id = ANY(${bookingIds}::uuid[]) ORDER BY request.id`
  return Map.groupBy(rows.map(toRequest), ({ bookingId }) => bookingId)
}

const EVENT_REQUESTS = newestFirst<RefundRequest>('refund-requests', Prisma.sql`request.id`)

/** An event's requests, the newest first. @param status null: of every status. @throws BadUserInput for a wrong page. */
export function listEventRequests(
  db: Db,
  eventId: string,
  status: RefundRequestStatus | null,
  args: PageArgs,
): Promise<RefundRequestConnection> {
  const wanted = Prisma.sql`request.event_id = ${eventId}::uuid
    AND (${status}::text IS NULL OR request.status = ${status}::text)`
  return EVENT_REQUESTS.read(args, {
    async rows({ where, tail }) {
      const rows = await db.$queryRaw<RequestRow[]>`
        SELECT ${COLUMNS} FROM refund_requests request WHERE ${wanted} AND ${where} ${tail}`
      return rows.map(toRequest)
    },
    async count() {
      const [total] = await db.$queryRaw<{ n: number }[]>`
        SELECT count(*)::int AS n FROM refund_requests request WHERE ${wanted}`
      return total?.n ?? 0
    },
  })
}

/** Postgres' clock, by which everything here is decided. */
export async function databaseNow(tx: Tx): Promise<Date> {
  const [row] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp()::timestamptz(3) AS now`
  if (!row) throw new Error('Postgres does not say what time it is')
  return row.now
}

/** What of a booking is asked for, on which terms. */
export interface NewRequest
  extends Pick<
    RefundRequest,
    'id' | 'bookingId' | 'eventId' | 'percent' | 'amount' | 'feesKept' | 'toWallet' | 'ticketIds'
  > {
  reason: string
  approval: 'AUTOMATIC' | 'ORGANIZER'
  whenUndecided: 'APPROVE' | 'REJECT'
  /** For so long it may be reviewed from now on. */
  reviewHours: number
}

/** Writes a PENDING request, with the job that decides it in the end where it waits for a review. @throws TicketsRefunded when one of its tickets is asked for already. */
export async function insertRequest(tx: Tx, request: NewRequest): Promise<void> {
  const { id, ticketIds } = request
  const [row] = await tx.$queryRaw<{ reviewBy: Date }[]>`INSERT INTO refund_requests
      (id, booking_id, event_id, status, percent, amount, fees_kept, to_wallet, reason, review_by, when_undecided)
    VALUES (${id}::uuid, ${request.bookingId}::uuid, ${request.eventId}::uuid, 'PENDING', ${request.percent}::int,
      ${request.amount}::bigint, ${request.feesKept}, ${request.toWallet}, ${request.reason},
      now() + make_interval(hours => ${request.reviewHours}::int), ${request.whenUndecided})
    RETURNING review_by AS "reviewBy"`
  await tx.$executeRaw`INSERT INTO refund_request_tickets (request_id, ticket_id, position)
    SELECT ${id}::uuid, ticket.id, ticket.position FROM unnest(${ticketIds}::uuid[]) WITH ORDINALITY AS ticket (id, position)
    ORDER BY ticket.id`.catch((error: unknown) =>
    mapConstraintError(error, { refund_request_tickets_open: () => new TicketsRefunded() }),
  )
  if (row && request.approval === 'ORGANIZER') await enqueueDecision(tx, id, row.reviewBy)
}

/** Has a request decided at a time, once however often it is called. */
export const enqueueDecision = (tx: Tx, requestId: string, runAt: Date): Promise<void> =>
  enqueue(tx, DECIDE_REFUND, { requestId }, { runAt, key: `${DECIDE_REFUND.name}:${requestId}` })

/** How a request is decided. */
export interface Decision {
  status: 'APPROVED' | 'REJECTED'
  amount?: number | null | undefined
  message: string | null
  /** Null: by the policy. */
  decidedBy: string | null
  /** Of an approved one; it is written first. */
  refundId: string | null
}

/**
 * PENDING → APPROVED or REJECTED. One conditional UPDATE: of reviews, and the deadline, at the same moment one finds it PENDING.
 * @param overdueOnly only once its time for review is over. @returns whether it was this that did it.
 */
export async function moveRequest(
  tx: Tx,
  id: string,
  { status, amount = null, message, decidedBy, refundId }: Decision,
  overdueOnly = false,
): Promise<boolean> {
  const moved =
    await tx.$executeRaw`UPDATE refund_requests SET status = ${status}, amount = coalesce(${amount}::bigint, amount),
      message = ${message}, decided_by = ${decidedBy}::uuid, decided_at = clock_timestamp(), refund_id = ${refundId}::uuid
    WHERE id = ${id}::uuid AND status = 'PENDING' AND (NOT ${overdueOnly} OR review_by <= clock_timestamp())`
  if (moved === 1 && status === 'REJECTED') await closeTickets(tx, id)
  return moved === 1
}

/** A rejected request's tickets may be asked for again. */
const closeTickets = (tx: Tx, requestId: string) =>
  tx.$executeRaw`UPDATE refund_request_tickets SET open = false WHERE request_id = ${requestId}::uuid`

/** APPROVED → REJECTED, of the request whose refund was REFUSED, if there is one. */
export async function moveRequestOfRefused(tx: Tx, refundId: string, message: string): Promise<void> {
  const rows = await tx.$queryRaw<
    { id: string }[]
  >`UPDATE refund_requests SET status = 'REJECTED', message = ${message}
    WHERE refund_id = ${refundId}::uuid AND status = 'APPROVED' RETURNING id`
  for (const { id } of rows) await closeTickets(tx, id)
}

/** Approves whatever of a booking is still PENDING: all of it goes back by one refund. */
export async function approveAll(tx: Tx, bookingId: string, refundId: string): Promise<void> {
  await tx.$executeRaw`UPDATE refund_requests SET status = 'APPROVED', decided_at = clock_timestamp(), refund_id = ${refundId}::uuid
    WHERE booking_id = ${bookingId}::uuid AND status = 'PENDING'`
}

/** The same of several bookings, each by its own refund. */
export async function approveEach(
  tx: Tx,
  refunds: readonly { id: string; booking: { id: string } }[],
): Promise<void> {
  await tx.$executeRaw`UPDATE refund_requests SET status = 'APPROVED', decided_at = clock_timestamp(), refund_id = refund.id
    FROM unnest(${refunds.map(({ id }) => id)}::uuid[], ${refunds.map(({ booking }) => booking.id)}::uuid[]) AS refund (id, booking_id)
    WHERE refund_requests.booking_id = refund.booking_id AND refund_requests.status = 'PENDING'`
}

/** Ids of up to `limit` requests whose time for review was over `quietSeconds` ago. */
export async function listUndecided(db: Db, quietSeconds: number, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM refund_requests
    WHERE status = 'PENDING' AND review_by < now() - make_interval(secs => ${quietSeconds}::int) ORDER BY review_by LIMIT ${limit}`
  return rows.map((row) => row.id)
}

/** Forgets buyers' own words of up to `limit` requests that were decided `days` ago. @returns how many. */
export const forgetReasons = (tx: Tx, days: number, limit: number): PromiseLike<number> =>
  tx.$executeRaw`UPDATE refund_requests SET reason = NULL WHERE id IN (SELECT id FROM refund_requests
    WHERE reason IS NOT NULL AND decided_at < now() - make_interval(days => ${days}::int) ORDER BY decided_at LIMIT ${limit}
    FOR UPDATE SKIP LOCKED)`

/** How many refunds of a person's bookings wait for a decision, or are being made. */
export async function countUnfinishedRefunds(db: Db, userId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`SELECT (
      (SELECT count(*) FROM refund_requests request JOIN bookings b ON b.id = request.booking_id
        WHERE b.user_id = ${userId}::uuid AND request.status = 'PENDING')
      + (SELECT count(*) FROM booking_refunds refund JOIN bookings b ON b.id = refund.booking_id
        WHERE b.user_id = ${userId}::uuid AND refund.status = 'ENDING')
    )::int AS count`
  return row?.count ?? 0
}

/** Forgets a person's own words, also where nobody has decided yet: who erases their account has been told that what is under way is lost. */
export async function forgetReasonsOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`UPDATE refund_requests SET reason = NULL FROM bookings
    WHERE bookings.id = refund_requests.booking_id AND bookings.user_id = ${userId}::uuid
      AND reason IS NOT NULL`
}
