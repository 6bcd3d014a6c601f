import { createBatchedRead, type ReadById, readByKey } from '@karcis/kit/batch-loader'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { Placed } from './line.ts'
import type { Queue } from './queue.ts'

const selectQueues = async (db: Reads, which: Prisma.Sql): Promise<Queue[]> => {
  const rows = await db.$queryRaw<QueueRow[]>`SELECT q.id, q.event_id, q.opens_at, q.admit_per_minute, q.seed,
      q.closed_at IS NULL AS enabled, q.opens_at <= now() AS open, e.ends_at
    FROM queues q JOIN event_copies e ON e.id = q.event_id WHERE ${which}`
  return rows.map((row) => ({
    id: row.id,
    eventId: row.event_id,
    opensAt: row.opens_at,
    admitPerMinute: row.admit_per_minute,
    enabled: row.enabled,
    open: row.open,
    endsAt: row.ends_at,
    seed: row.seed,
  }))
}

interface QueueRow {
  id: string
  event_id: string
  opens_at: Date
  admit_per_minute: number | null
  seed: Uint8Array
  enabled: boolean
  open: boolean
  ends_at: Date
}

/** Queues by id, closed ones too. */
export const findQueues = async (db: Reads, ids: readonly string[]): Promise<Map<string, Queue>> => {
  const queues = await selectQueues(db, Prisma.sql`q.id = ANY(${ids}::uuid[])`)
  return new Map(queues.map((queue) => [queue.id, queue]))
}

/** The queues that events have now, by event. */
export const findQueuesOfEvents = async (
  db: Reads,
  eventIds: readonly string[],
): Promise<Map<string, Queue>> => {
  const queues = await selectQueues(
    db,
    Prisma.sql`q.event_id = ANY(${eventIds}::uuid[]) AND q.closed_at IS NULL`,
  )
  return new Map(queues.map((queue) => [queue.eventId, queue]))
}

/** What everybody in a rush asks: one query for all who ask in one turn. */
export interface QueueReads {
  /** The queue that an event has now. */
  ofEvent: ReadById<Queue>
  /** Until when somebody may take places who was admitted; null when they were not, or their time is up. */
  admittedUntil(queueId: string, userId: string): Promise<Date | null>
}

/** @param deps asked for at each read. */
export function createQueueReads(deps: () => { reads: Reads }): QueueReads {
  const read = createBatchedRead((keys) =>
    findAdmissions(
      deps().reads,
      keys.map((key) => key.split(' ') as [string, string]),
    ),
  )
  return {
    ofEvent: readByKey((eventIds) => findQueuesOfEvents(deps().reads, eventIds)),
    admittedUntil: async (queueId, userId) => (await read(`${queueId} ${userId}`)) ?? null,
  }
}

async function findAdmissions(
  db: Reads,
  pairs: readonly [queueId: string, userId: string][],
): Promise<Map<string, Date>> {
  const rows = await db.$queryRaw<{ queue_id: string; user_id: string; expires_at: Date }[]>`
    SELECT w.queue_id, w.user_id, a.expires_at
    FROM unnest(${pairs.map(([id]) => id)}::uuid[], ${pairs.map(([, id]) => id)}::uuid[]) AS w(queue_id, user_id)
    JOIN queue_admissions a ON a.queue_id = w.queue_id AND a.user_id = w.user_id WHERE a.expires_at > now()`
  return new Map(rows.map((row) => [`${row.queue_id} ${row.user_id}`, row.expires_at]))
}

/** How many were admitted in all, by queue. */
export async function countAdmissions(db: Reads, queueIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ id: string; admitted: number }[]>`
    SELECT queue_id AS id, count(*)::int AS admitted FROM queue_admissions WHERE queue_id = ANY(${queueIds}::uuid[]) GROUP BY queue_id`
  return new Map(rows.map(({ id, admitted }) => [id, admitted]))
}

/** Locks the queue that an event has now; null when it has none. The event's copy is locked before. */
export async function lockQueueOfEvent(
  tx: Tx,
  eventId: string,
): Promise<{ id: string; opensAt: Date; open: boolean } | null> {
  const [row] = await tx.$queryRaw<{ id: string; opens_at: Date; open: boolean }[]>`
    SELECT id, opens_at, opens_at <= now() AS open FROM queues WHERE event_id = ${eventId}::uuid AND closed_at IS NULL FOR NO KEY UPDATE`
  return row ? { id: row.id, opensAt: row.opens_at, open: row.open } : null
}

/** What an organizer says of a queue. */
export interface QueueTerms {
  opensAt: Date
  admitPerMinute: number | null
}

/** Gives an event that has none a queue: from the commit on, holds of it need a pass. */
export async function insertQueue(
  tx: Tx,
  queue: QueueTerms & { id: string; eventId: string; seed: Uint8Array<ArrayBuffer> },
): Promise<void> {
  await tx.$executeRaw`INSERT INTO queues (id, event_id, opens_at, admit_per_minute, seed, admitted_until)
    VALUES (${queue.id}::uuid, ${queue.eventId}::uuid, ${queue.opensAt}, ${queue.admitPerMinute}::int, ${queue.seed}, ${queue.opensAt})`
  await tx.$executeRaw`UPDATE event_copies SET queue_id = ${queue.id}::uuid WHERE id = ${queue.eventId}::uuid`
}

/** Another rate from now on, or another opening. What the old rate had left over is not made up for. */
export async function updateQueue(
  tx: Tx,
  id: string,
  { opensAt, admitPerMinute }: QueueTerms,
): Promise<void> {
  await tx.$executeRaw`UPDATE queues SET opens_at = ${opensAt}, admit_per_minute = ${admitPerMinute}::int,
      admitted_until = CASE WHEN opens_at <= now() THEN greatest(admitted_until, now()) ELSE ${opensAt} END
    WHERE id = ${id}::uuid`
}

/** Ends a queue: whoever has no pass may hold from the commit on. */
export async function closeQueue(tx: Tx, { id, eventId }: { id: string; eventId: string }): Promise<void> {
  await tx.$executeRaw`UPDATE queues SET closed_at = now() WHERE id = ${id}::uuid`
  await tx.$executeRaw`UPDATE event_copies SET queue_id = NULL WHERE id = ${eventId}::uuid`
}

/** Queues that have opened and whose events can be bought now: who passes them has something to do. */
export async function listOpenQueues(db: Db): Promise<{ id: string; eventId: string }[]> {
  const rows = await db.$queryRaw<{ id: string; event_id: string }[]>`SELECT q.id, q.event_id
    FROM queues q JOIN event_copies e ON e.id = q.event_id WHERE q.closed_at IS NULL AND ${SELLS} ORDER BY q.id`
  return rows.map((row) => ({ id: row.id, eventId: row.event_id }))
}

const SELLS = Prisma.sql`q.opens_at <= now() AND e.status = 'APPROVED' AND NOT e.sales_paused AND e.ends_at > now()`

/** A minute in which nobody admits is not made up for; what a few seconds leave over is. */
const CATCH_UP_SECONDS = 5

/** From when the rate counts: not from long ago, but always long enough for one person. */
const RATE_FROM = Prisma.sql`greatest(q.admitted_until, now() - make_interval(secs => greatest(${CATCH_UP_SECONDS}::float8, 60.0 / q.admit_per_minute)))`

/** A queue whose turn it is, and how many it may let in now. */
export interface DueQueue {
  id: string
  eventId: string
  epoch: string | null
  due: number
}

/**
 * Locks a queue that can admit, and says how many: by its rate, or as many as there are places available for which nobody is inside who has
 * taken none yet. Null when it cannot, or another process has it.
 */
export async function lockDueQueue(tx: Tx, id: string, most: number): Promise<DueQueue | null> {
  const [row] = await tx.$queryRaw<{ event_id: string; epoch: string | null; due: number }[]>`
    SELECT q.event_id, q.epoch, CASE WHEN q.admitted_until > now() THEN 0 ELSE greatest(0, least(${most}::float8, CASE
      WHEN q.admit_per_minute IS NOT NULL THEN floor(extract(epoch FROM now() - ${RATE_FROM}) * q.admit_per_minute / 60)
      ELSE (SELECT coalesce(sum(t.available), 0) FROM ticket_types t WHERE t.event_id = q.event_id)
        - (SELECT count(*) FROM queue_admissions a WHERE a.queue_id = q.id AND a.expires_at > now()
          AND NOT EXISTS (SELECT FROM open_places o WHERE o.user_id = a.user_id AND o.event_id = q.event_id)) END)) END::int AS due
    FROM queues q JOIN event_copies e ON e.id = q.event_id
    WHERE q.id = ${id}::uuid AND q.closed_at IS NULL AND ${SELLS}
    FOR NO KEY UPDATE OF q SKIP LOCKED`
  return row ? { id, eventId: row.event_id, epoch: row.epoch, due: row.due } : null
}

/** Uses up what the rate allows for so many people. */
export async function useUpRate(tx: Tx, id: string, people: number): Promise<void> {
  await tx.$executeRaw`UPDATE queues q SET admitted_until = ${RATE_FROM} + make_interval(secs => ${people}::float8 * 60.0 / q.admit_per_minute)
    WHERE q.id = ${id}::uuid AND q.admit_per_minute IS NOT NULL`
}

/** Notes what the line is called, and lets nobody in for so many seconds. */
export async function updateEpoch(tx: Tx, id: string, epoch: string, pauseSeconds: number): Promise<void> {
  await tx.$executeRaw`UPDATE queues SET epoch = ${epoch},
      admitted_until = greatest(admitted_until, now() + make_interval(secs => ${pauseSeconds}::float8))
    WHERE id = ${id}::uuid`
}

/**
 * Admits people for so many seconds, none of them twice with one place, and nobody who is inside already.
 * @returns those who are admitted by this, and until when.
 */
export async function insertAdmissions(
  tx: Tx,
  queueId: string,
  people: readonly Placed[],
  seconds: number,
): Promise<{ userId: string; expiresAt: Date }[]> {
  const rows = await tx.$queryRaw<{ user_id: string; expires_at: Date }[]>`
    INSERT INTO queue_admissions AS known (queue_id, user_id, place, expires_at)
    SELECT ${queueId}::uuid, p.user_id, p.place, now() + make_interval(secs => ${seconds}::int)
    FROM unnest(${people.map(({ userId }) => userId)}::uuid[], ${people.map(({ place }) => place)}::bigint[]) AS p(user_id, place)
    ON CONFLICT (queue_id, user_id) DO UPDATE SET place = EXCLUDED.place, admitted_at = now(), expires_at = EXCLUDED.expires_at
    WHERE known.expires_at <= now() AND known.place <> EXCLUDED.place
    RETURNING user_id, expires_at`
  return rows.map((row) => ({ userId: row.user_id, expiresAt: row.expires_at }))
}
