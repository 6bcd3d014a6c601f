import type { Reads } from '@karcis/kit/reads'
import type { Tx } from '../database.ts'
import { type Rating, ratingOf } from './review.ts'

interface Stars {
  id: string
  distribution: number[]
}

const byId = (rows: Stars[]): Map<string, Rating> =>
  new Map(rows.map(({ id, distribution }) => [id, ratingOf(distribution)]))

/** The stars of events, by event; of those that have none nothing is given. */
export const findRatings = async (db: Reads, eventIds: readonly string[]): Promise<Map<string, Rating>> =>
  byId(
    await db.$queryRaw<Stars[]>`SELECT event_id AS id, ARRAY[ones, twos, threes, fours, fives] AS distribution
      FROM event_ratings WHERE event_id = ANY(${eventIds}::uuid[])`,
  )

/** The stars of all events of organizers together, by organizer. */
export const findOrganizerRatings = async (
  db: Reads,
  organizerIds: readonly string[],
): Promise<Map<string, Rating>> =>
  byId(
    await db.$queryRaw<Stars[]>`SELECT e.organizer_id AS id,
        ARRAY[sum(r.ones), sum(r.twos), sum(r.threes), sum(r.fours), sum(r.fives)]::int[] AS distribution
      FROM events e JOIN event_ratings r ON r.event_id = e.id WHERE e.organizer_id = ANY(${organizerIds}::uuid[]) GROUP BY 1`,
  )

/** One day of reviews. */
export interface ReviewDay {
  /** In the event's time zone, as `2026-12-31`. */
  day: string
  count: number
  mean: number
  /** Of all reviews up to the end of that day. */
  meanSoFar: number
}

/** What an organizer can learn of the reviews of an event. */
export interface ReviewAnalytics {
  published: number
  answered: number
  hidden: number
  /** How long the organizer took to answer, in seconds, on average; null while nothing is answered. */
  meanSecondsToAnswer: number | null
  days: ReviewDay[]
}

/** So many days are shown, the last on which there were reviews. */
export const MOST_REVIEW_DAYS = 366

/** How the reviews of an event came in, by day of its time zone. */
export async function findAnalytics(
  db: Reads,
  { id, timezone }: { id: string; timezone: string },
): Promise<ReviewAnalytics> {
  const [totals] = await db.$queryRaw<Omit<ReviewAnalytics, 'days'>[]>`
    SELECT count(*) FILTER (WHERE status = 'PUBLISHED')::int AS published, count(*) FILTER (WHERE status = 'HIDDEN')::int AS hidden,
      count(answered_at) FILTER (WHERE status = 'PUBLISHED')::int AS answered,
      extract(epoch FROM avg(answered_at - created_at))::float8 AS "meanSecondsToAnswer"
    FROM reviews WHERE event_id = ${id}::uuid`
  const days = await db.$queryRaw<ReviewDay[]>`
    SELECT * FROM (
      SELECT to_char(day, 'YYYY-MM-DD') AS day, count, (stars / count::float8) AS mean,
        (sum(stars) OVER so_far / sum(count) OVER so_far)::float8 AS "meanSoFar"
      FROM (SELECT (created_at AT TIME ZONE ${timezone})::date AS day, count(*)::int AS count, sum(rating)::float8 AS stars
        FROM reviews WHERE event_id = ${id}::uuid AND status = 'PUBLISHED' GROUP BY 1) AS by_day
      WINDOW so_far AS (ORDER BY day) ORDER BY day DESC LIMIT ${MOST_REVIEW_DAYS}::int
    ) AS latest ORDER BY day`
  return {
    published: totals?.published ?? 0,
    answered: totals?.answered ?? 0,
    hidden: totals?.hidden ?? 0,
    meanSecondsToAnswer: totals?.meanSecondsToAnswer ?? null,
    days,
  }
}

/** Organizers with reviews that they were not told of, who were told of none for a day. */
export async function listUntold(db: Reads, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT DISTINCT e.organizer_id AS id
    FROM event_ratings r JOIN events e ON e.id = r.event_id LEFT JOIN review_digests d ON d.organizer_id = e.organizer_id
    WHERE r.untold > 0 AND (d.told_at IS NULL OR d.told_at <= now() - interval '1 day') LIMIT ${limit}::int`
  return rows.map(({ id }) => id)
}

/** New reviews of an event. */
export interface NewReviews {
  eventId: string
  title: string
  reviews: number
}

/** Takes what an organizer is to be told of; nothing when they were told within a day: of several who ask at once, one is given it. */
export async function takeUntold(tx: Tx, organizerId: string): Promise<NewReviews[]> {
  const isDue =
    await tx.$executeRaw`INSERT INTO review_digests AS d (organizer_id) VALUES (${organizerId}::uuid)
    ON CONFLICT (organizer_id) DO UPDATE SET told_at = now() WHERE d.told_at <= now() - interval '1 day'`
  if (isDue === 0) return []
  return tx.$queryRaw<NewReviews[]>`WITH due AS MATERIALIZED (
      SELECT r.event_id, e.title, r.untold FROM event_ratings r JOIN events e ON e.id = r.event_id
      WHERE e.organizer_id = ${organizerId}::uuid AND r.untold > 0 ORDER BY r.event_id FOR UPDATE OF r
    ), taken AS (UPDATE event_ratings r SET untold = 0 FROM due WHERE r.event_id = due.event_id)
    SELECT event_id AS "eventId", title, untold AS reviews FROM due ORDER BY untold DESC, event_id`
}
