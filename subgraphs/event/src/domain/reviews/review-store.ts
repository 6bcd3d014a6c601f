import { type ConstraintErrors, mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { type Connection, keysetList, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'
import type { Moderation, Review, ReviewStatus } from './review.ts'

export type ReviewPage = Connection<Review>
export type ReviewOrder = 'NEWEST' | 'RATING_DESC' | 'RATING_ASC'

const CONSTRAINT_ERRORS: ConstraintErrors = {
  reviews_one_per_person: () => new Conflict('You have reviewed this event already: change that review.'),
  review_reports_pkey: () => new Conflict('You have reported this review already.'),
}

const explain = (error: unknown): never => mapConstraintError(error, CONSTRAINT_ERRORS)

/** Everything of `reviews r`, under the names of the domain. */
const COLUMNS = Prisma.sql`r.id, r.event_id AS "eventId", r.author_id AS "authorId", r.rating, r.comment, r.status,
  CASE WHEN r.status = 'HIDDEN' THEN (SELECT m.message FROM review_moderations m WHERE m.review_id = r.id ORDER BY m.id DESC LIMIT 1)
    END AS "hiddenMessage",
  r.answer, r.answered_at AS "answeredAt", r.answer_edited_at AS "answerEditedAt", r.created_at AS "createdAt", r.edited_at AS "editedAt"`

/** Reviews by id. */
export async function findReviews(db: Reads, ids: readonly string[]): Promise<Map<string, Review>> {
  const rows = await db.$queryRaw<Review[]>`SELECT ${COLUMNS} FROM reviews r WHERE r.id = ANY(${ids}::uuid[])`
  return new Map(rows.map((review) => [review.id, review]))
}

/** What somebody says of events, by event. */
export async function findReviewsBy(
  db: Reads,
  authorId: string,
  eventIds: readonly string[],
): Promise<Map<string, Review>> {
  const rows = await db.$queryRaw<Review[]>`SELECT ${COLUMNS} FROM reviews r
    WHERE r.author_id = ${authorId}::uuid AND r.event_id = ANY(${eventIds}::uuid[])`
  return new Map(rows.map((review) => [review.eventId, review]))
}

/** Locks a review until the transaction ends, and gives it as it is then. */
export async function lockReview(tx: Tx, id: string): Promise<Review | null> {
  await tx.$queryRaw`SELECT 1 FROM reviews WHERE id = ${id}::uuid FOR NO KEY UPDATE`
  return (await findReviews(tx, [id])).get(id) ?? null
}

const byId = { column: Prisma.sql`r.id`, type: 'uuid', of: (review: Review) => review.id } as const
const byRating = {
  column: Prisma.sql`r.rating`,
  type: 'integer',
  of: (review: Review) => String(review.rating),
} as const

/** Reviews of an event, each list in its order; among as many stars, the newest come first or last with them. */
const LISTS = {
  NEWEST: newestFirst<Review>('reviews:NEWEST', byId.column),
  RATING_DESC: keysetList<Review>('reviews:RATING_DESC', [byRating, byId], 'descending'),
  RATING_ASC: keysetList<Review>('reviews:RATING_ASC', [byRating, byId], 'ascending'),
}
const OWN = newestFirst<Review>('myReviews', byId.column)

/** Which reviews of an event are listed, and in which order. */
export interface ReviewQuery {
  status: ReviewStatus
  /** Only those with so many stars; null for any. */
  rating: number | null
  orderBy: ReviewOrder
}

/** The same page of the reviews of several events at once: two queries, the second when any count is asked for. */
export async function listReviewsOf(
  db: Reads,
  eventIds: readonly string[],
  { status, rating, orderBy }: ReviewQuery,
  args: PageArgs,
): Promise<Map<string, ReviewPage>> {
  const list = LISTS[orderBy]
  const page = list.parse(args)
  const wanted = Prisma.sql`r.status = ${status} AND ${rating === null ? Prisma.sql`TRUE` : Prisma.sql`r.rating = ${rating}::smallint`}`
  const rows = await db.$queryRaw<
    Review[]
  >`SELECT r.* FROM unnest(${eventIds}::uuid[]) AS k(id) CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM reviews r WHERE r.event_id = k.id AND ${wanted} AND ${page.where} ${page.tail}) AS r`
  const found = Map.groupBy(rows, (review) => review.eventId)
  let counting: Promise<Map<string, number>> | undefined
  const countAll = async () => {
    const counts = await db.$queryRaw<{ id: string; count: number }[]>`
      SELECT r.event_id AS id, count(*)::int AS count FROM reviews r
      WHERE r.event_id = ANY(${eventIds}::uuid[]) AND ${wanted} GROUP BY 1`
    return new Map(counts.map(({ id, count }) => [id, count]))
  }
  const count = async (id: string) => {
    counting ??= countAll()
    return (await counting).get(id) ?? 0
  }
  return new Map(eventIds.map((id) => [id, list.connect(found.get(id) ?? [], page, () => count(id))]))
}

/** A page of what somebody has written, the newest first, hidden or not. @throws BadUserInput for the page. */
export const listReviewsBy = (db: Reads, authorId: string, args: PageArgs): Promise<ReviewPage> =>
  OWN.read(args, {
    rows: (page) => db.$queryRaw<Review[]>`SELECT ${COLUMNS} FROM reviews r
      WHERE r.author_id = ${authorId}::uuid AND ${page.where} ${page.tail}`,
    count: async () => {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM reviews WHERE author_id = ${authorId}::uuid`
      return row?.count ?? 0
    },
  })

/** What an author writes. */
export interface Words {
  rating: number
  comment: string | null
}

/**
 * Adds a review of an event that took place and is over, by the database's clock.
 * @returns null when it is not. @throws Conflict when its author has reviewed it: the unique index decides.
 */
export async function insertReview(
  tx: Tx,
  { eventId, authorId, rating, comment }: Words & { eventId: string; authorId: string },
): Promise<Review | null> {
  const id = newId()
  await tx.$executeRaw`INSERT INTO reviews (id, event_id, author_id, rating, comment)
    SELECT ${id}::uuid, e.id, ${authorId}::uuid, ${rating}::smallint, ${comment} FROM events e
    WHERE e.id = ${eventId}::uuid AND e.status = 'APPROVED' AND e.ends_at <= now()`.catch(explain)
  return (await findReviews(tx, [id])).get(id) ?? null
}

/** Changes what an author has written; undefined stays. @returns null when there is no such review of theirs. */
export async function updateReview(
  tx: Tx,
  id: string,
  authorId: string,
  { rating, comment }: { rating?: number | undefined; comment?: string | null | undefined },
): Promise<Review | null> {
  await tx.$executeRaw`UPDATE reviews r SET edited_at = now(), rating = COALESCE(${rating ?? null}::smallint, r.rating),
      comment = ${comment === undefined ? Prisma.sql`r.comment` : Prisma.sql`${comment}::text`}
    WHERE r.id = ${id}::uuid AND r.author_id = ${authorId}::uuid`
  const review = (await findReviews(tx, [id])).get(id)
  return review?.authorId === authorId ? review : null
}

/** Removes a review. What is hidden stays, without its words: nothing else is written in its place. */
export async function deleteReview(tx: Tx, { id, status }: Review): Promise<void> {
  if (status === 'HIDDEN') await tx.$executeRaw`UPDATE reviews SET comment = NULL WHERE id = ${id}::uuid`
  else await tx.$executeRaw`DELETE FROM reviews WHERE id = ${id}::uuid`
}

/** Takes somebody out of what they have written and reported: their stars stay, without a name or a word. */
export async function eraseAuthor(tx: Tx, authorId: string): Promise<void> {
  await tx.$executeRaw`UPDATE reviews SET author_id = NULL, comment = NULL, answer = NULL, answered_at = NULL, answer_edited_at = NULL
    WHERE author_id = ${authorId}::uuid`
  await tx.$executeRaw`DELETE FROM review_reports WHERE reporter_id = ${authorId}::uuid`
}

/** Hides a review, or shows it again. @returns null when it is so already, or gone: of several who decide, one does. */
export async function moveReview(
  tx: Tx,
  id: string,
  { decision, message, moderatorId }: Pick<Moderation, 'decision' | 'message' | 'moderatorId'>,
): Promise<{ review: Review; moderationId: string } | null> {
  const status: ReviewStatus = decision === 'REJECTED' ? 'HIDDEN' : 'PUBLISHED'
  const moved =
    await tx.$executeRaw`UPDATE reviews SET status = ${status} WHERE id = ${id}::uuid AND status <> ${status}`
  if (moved === 0) return null
  const moderationId = newId()
  await tx.$executeRaw`INSERT INTO review_moderations (id, review_id, decision, message, moderator_id)
    VALUES (${moderationId}::uuid, ${id}::uuid, ${decision}, ${message}, ${moderatorId}::uuid)`
  const review = (await findReviews(tx, [id])).get(id)
  return review ? { review, moderationId } : null
}

/** So many decisions on one review are shown. */
export const MOST_MODERATIONS = 50

/** What was decided on reviews, the newest first, by review. */
export async function findModerations(
  db: Reads,
  reviewIds: readonly string[],
): Promise<Map<string, Moderation[]>> {
  const rows = await db.$queryRaw<
    Moderation[]
  >`SELECT m.* FROM unnest(${reviewIds}::uuid[]) AS k(id) CROSS JOIN LATERAL (
    SELECT id, review_id AS "reviewId", decision, message, moderator_id AS "moderatorId", decided_at AS "decidedAt"
    FROM review_moderations WHERE review_id = k.id ORDER BY id DESC LIMIT ${MOST_MODERATIONS}::int) AS m`
  return Map.groupBy(rows, ({ reviewId }) => reviewId)
}

/**
 * Answers a review, changes the answer, or takes it back (null).
 * @returns the review, and whether this is its first answer; null when it is not there, or has nothing to be answered any more.
 */
export async function updateAnswer(
  tx: Tx,
  id: string,
  answer: string | null,
): Promise<{ review: Review; first: boolean } | null> {
  const before = await lockReview(tx, id)
  if (!before || before.authorId === null) return null
  await tx.$executeRaw`UPDATE reviews SET answer = ${answer}::text,
      answered_at = CASE WHEN ${answer}::text IS NULL THEN NULL ELSE COALESCE(answered_at, now()) END,
      answer_edited_at = CASE WHEN ${answer}::text IS NOT NULL AND answered_at IS NOT NULL THEN now() END
    WHERE id = ${id}::uuid`
  const review = (await findReviews(tx, [id])).get(id)
  return review ? { review, first: before.answer === null && answer !== null } : null
}

/** Notes that somebody reports a review. @throws Conflict when they have. */
export async function insertReviewReport(tx: Tx, reviewId: string, reporterId: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO review_reports (review_id, reporter_id)
    VALUES (${reviewId}::uuid, ${reporterId}::uuid)`.catch(explain)
}

/** How many reviews somebody has reported within the last hour; nobody else counts theirs until the transaction ends. */
export async function countRecentReports(tx: Tx, reporterId: string): Promise<number> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`reports of ${reporterId}`}, 0))::text`
  const [row] = await tx.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM review_reports
    WHERE reporter_id = ${reporterId}::uuid AND reported_at > now() - interval '1 hour'`
  return row?.count ?? 0
}
