import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, KarcisError, NotFound } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput, reasonSchema, textSchema } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { ifReadable, type Review } from './review.ts'
import * as store from './review-store.ts'
import { owns } from '../ownership.ts'

const moderationSchema = z
  .object({ decision: z.enum(['APPROVED', 'REJECTED']), message: textSchema(2_000).nullish() })
  .refine(({ decision, message }) => decision === 'APPROVED' || message, {
    path: ['message'],
    message: 'must say why the review is hidden',
  })

/**
 * Hides a review (REJECTED), with a reason that its author is told, or shows it again (APPROVED). Admins only; of several who decide, one does.
 * @throws NotFound, BadUserInput, Forbidden; Conflict when it is so already.
 */
export async function moderateReview(
  deps: Deps,
  viewer: Viewer | null,
  rawId: string,
  input: unknown,
): Promise<Review> {
  const moderator = requireRole({ viewer }, 'ADMIN')
  const id = parseInput(idSchema, rawId, 'id')
  const { decision, message = null } = parseInput(moderationSchema, input)
  return transaction(deps.db, async (tx) => {
    if (!(await store.lockReview(tx, id))) throw new NotFound('review', id)
    const moved = await store.moveReview(tx, id, { decision, message, moderatorId: moderator.id })
    if (!moved) throw new Conflict(`The review is ${decision === 'REJECTED' ? 'hidden' : 'shown'} already.`)
    const { review, moderationId } = moved
    const { eventId, authorId } = review
    const payload = {
      moderationId,
      reviewId: id,
      eventId,
      authorId,
      moderatorId: moderator.id,
      decision,
      message,
    }
    await recordEvent(tx, { type: 'event.review-moderated', aggregateId: id, payload, consumers: ['user'] })
    return review
  })
}

/** Reports of one person within an hour, of which the next is refused. */
const MOST_REPORTS = 20

/**
 * Reports a review to the admins, who find it among `contentReports`. Each person once.
 * @throws NotFound for what the viewer does not see; Forbidden for their own; Conflict when they have; BadUserInput; RATE_LIMITED.
 */
export async function reportReview(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  rawReason: string,
): Promise<Review> {
  const id = parseInput(idSchema, rawId, 'id')
  const reason = parseInput(reasonSchema(1_000), rawReason, 'reason')
  return transaction(deps.db, async (tx) => {
    if ((await store.countRecentReports(tx, viewer.id)) >= MOST_REPORTS)
      throw new KarcisError('RATE_LIMITED', 'You have reported a lot just now. Wait a while.', {
        retryAfterSeconds: 3_600,
      })
    const review = await store.lockReview(tx, id)
    if (!review || !ifReadable(review, viewer)) throw new NotFound('review', id)
    if (review.authorId === viewer.id) throw new Forbidden('Nobody reports their own review: remove it.')
    await store.insertReviewReport(tx, id, viewer.id)
    await recordEvent(tx, {
      type: 'event.review-reported',
      aggregateId: id,
      payload: { reviewId: id, reporterId: viewer.id, reason },
      consumers: ['user'],
    })
    return review
  })
}

const answerSchema = textSchema(2_000).nullish()

/**
 * Answers a review for everybody to read, changes that answer, or takes it back (null). The event's organizer or an admin. Its author is told
 * of the first one. @throws NotFound, Forbidden, BadUserInput; Conflict for what an erased account has left.
 */
export async function answerReview(
  deps: Deps,
  viewer: Viewer | null,
  rawId: string,
  text: string | null | undefined,
): Promise<Review> {
  requireRole({ viewer }, 'ORGANIZER')
  const id = parseInput(idSchema, rawId, 'id')
  const answer = parseInput(answerSchema, text, 'text') ?? null
  const known = ifReadable(await deps.batchedReads.review(id), viewer)
  const event = known && (await deps.batchedReads.event(known.eventId))
  if (!event) throw new NotFound('review', id)
  if (!owns(viewer, event.organizerId)) throw new Forbidden("Only the event's organizer answers its reviews.")
  return transaction(deps.db, async (tx) => {
    const updated = await store.updateAnswer(tx, id, answer)
    if (!updated) throw new Conflict('Whoever wrote this review has left: there is nobody to answer.')
    const { review, first } = updated
    const { authorId, eventId } = review
    if (first && answer !== null && authorId !== null)
      await recordEvent(tx, {
        type: 'event.review-answered',
        aggregateId: id,
        payload: { reviewId: id, eventId, authorId, answer },
        consumers: ['user'],
      })
    return review
  })
}
