import type { Reads } from '@karcis/kit/reads'
import type { Db, Tx } from '../database.ts'
import type { BusyTime } from '../errors.ts'

/** When a copy is to take place. */
export interface Span {
  startsAt: Date
  endsAt: Date
}

/** By what an event is repeated. */
export type Step = 'DAY' | 'WEEK' | 'MONTH'

/** The times of copies that begin at these instants: each lasts as long as the event, by the clock of its place. */
export const spansFrom = (db: Db, eventId: string, starts: readonly Date[]): Promise<Span[]> =>
  db.$queryRaw<Span[]>`SELECT wanted.at AS "startsAt",
      ((wanted.at AT TIME ZONE e.timezone) + ((e.ends_at AT TIME ZONE e.timezone) - (e.starts_at AT TIME ZONE e.timezone)))
        AT TIME ZONE e.timezone AS "endsAt"
    FROM events e, unnest(${[...starts]}::timestamptz[]) WITH ORDINALITY AS wanted(at, n)
    WHERE e.id = ${eventId}::uuid ORDER BY wanted.n`

/**
 * The beginnings of an event that is repeated by a rule, at the same time of day by the clock of its place, whatever that does meanwhile; a
 * month without such a day has its last one.
 * @param first when it begins first; null: a step after the event itself.
 */
export async function startsByRule(
  db: Db,
  eventId: string,
  { every, count, first }: { every: Step; count: number; first: Date | null },
): Promise<Date[]> {
  const step = `1 ${every.toLowerCase()}`
  const rows = await db.$queryRaw<{ at: Date }[]>`
    SELECT ((coalesce(${first}::timestamptz, e.starts_at) AT TIME ZONE e.timezone)
      + (n - CASE WHEN ${first}::timestamptz IS NULL THEN 0 ELSE 1 END) * ${step}::interval) AT TIME ZONE e.timezone AS at
    FROM events e, generate_series(1, ${count}::int) n WHERE e.id = ${eventId}::uuid ORDER BY n`
  return rows.map(({ at }) => at)
}

/** Which of these times meet one in which a room is taken, and when that is: the first of each. */
export const findMeetings = (
  db: Reads,
  roomId: string,
  spans: readonly Span[],
): PromiseLike<(BusyTime & { date: Date })[]> =>
  db.$queryRaw`SELECT DISTINCT ON (wanted.n) wanted.starts AS date, b.starts_at AS "startsAt", b.ends_at AS "endsAt"
    FROM unnest(${spans.map(({ startsAt }) => startsAt)}::timestamptz[], ${spans.map(({ endsAt }) => endsAt)}::timestamptz[])
      WITH ORDINALITY AS wanted(starts, ends, n)
    JOIN room_bookings b ON b.room_id = ${roomId}::uuid
      AND tstzrange(b.starts_at, b.ends_at) && tstzrange(wanted.starts, wanted.ends)
    ORDER BY wanted.n, b.starts_at`

/** Notes that events were made as copies of another, in this order. */
export async function insertDuplicates(tx: Tx, sourceId: string, eventIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`INSERT INTO event_duplicates (event_id, source_id, first_id, position)
    SELECT id, ${sourceId}::uuid, ${eventIds[0]}::uuid, n
    FROM unnest(${[...eventIds]}::uuid[]) WITH ORDINALITY AS made(id, n)`
}

/** Ids of those that were made together with this one, in their order. */
export async function listMadeWith(db: Reads, firstId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT event_id AS id FROM event_duplicates WHERE first_id = ${firstId}::uuid ORDER BY position`
  return rows.map(({ id }) => id)
}

/** The event that a copy is of, while what is sold of it is still to be copied; null otherwise. */
export async function findSourceToCopy(db: Reads, eventId: string): Promise<string | null> {
  const [row] = await db.$queryRaw<{ id: string }[]>`SELECT source_id AS id FROM event_duplicates
    WHERE event_id = ${eventId}::uuid AND sale_copied_at IS NULL`
  return row?.id ?? null
}

export async function updateSaleCopied(tx: Tx, eventId: string): Promise<void> {
  await tx.$executeRaw`UPDATE event_duplicates SET sale_copied_at = now() WHERE event_id = ${eventId}::uuid`
}

/** Copies that were made more than some seconds ago, with their sale still to be copied. */
export async function listSalesToCopy(db: Reads, seconds: number, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT event_id AS id FROM event_duplicates
    WHERE sale_copied_at IS NULL AND created_at < now() - make_interval(secs => ${seconds}::int) ORDER BY created_at LIMIT ${limit}`
  return rows.map(({ id }) => id)
}
