import { byKey, type IdLoader } from '@karcis/kit/batch-loader'
import { BadUserInput, Forbidden } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { owns } from '../ownership.ts'
import { findAnalytics, type ReviewAnalytics } from './rating-store.ts'
import { ifReadable } from './review.ts'
import { listReviewsBy, listReviewsOf, type ReviewPage, type ReviewQuery } from './review-store.ts'

/** A review that the viewer may see; null when there is none. @throws BadUserInput */
export const findReview = async ({ batchedReads }: Deps, viewer: Viewer | null, id: string) =>
  ifReadable(await batchedReads.review(parseInput(idSchema, id, 'id')), viewer)

/** What the viewer has written, the newest first. @throws BadUserInput for the page. */
export const listOwnReviews = ({ reads }: Deps, viewer: Viewer, page: PageArgs): Promise<ReviewPage> =>
  listReviewsBy(reads, viewer.id, page)

/** How the reviews of an event came in, for its organizer and admins; null for everybody else. */
export const readAnalytics = async (
  { reads }: Deps,
  viewer: Viewer | null,
  event: Event,
): Promise<ReviewAnalytics | null> => (owns(viewer, event.organizerId) ? findAnalytics(reads, event) : null)

/** Pages of the reviews of events in a list, as many as are asked for in one turn by one query. */
export interface ReviewsOf {
  /** @throws BadUserInput for the page or the stars; Forbidden for hidden ones, which only admins list. */
  load(eventId: string, query: ReviewQuery, page: PageArgs): Promise<ReviewPage | null>
  clearAll(): void
}

/** @param viewer for whom; make one for each request. */
export function createReviewsOf({ reads }: Deps, viewer: Viewer | null): ReviewsOf {
  const loaders = new Map<string, IdLoader<ReviewPage>>()
  return {
    async load(eventId, query, { first, after, last, before }) {
      const { status, rating } = query
      if (status === 'HIDDEN' && viewer?.role !== 'ADMIN')
        throw new Forbidden('Only admins list hidden reviews.')
      if (rating !== null && (rating < 1 || rating > 5))
        throw new BadUserInput([{ path: 'rating', message: 'must be from 1 to 5' }])
      const page = { first, after, last, before }
      const key = JSON.stringify([query, page])
      const known = loaders.get(key)
      const loader = known ?? byKey((ids) => listReviewsOf(reads, ids, query, page))
      if (!known) loaders.set(key, loader)
      return loader.load(eventId)
    },
    clearAll: () => loaders.clear(),
  }
}
