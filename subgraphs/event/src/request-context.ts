import { byKey, type IdLoader, loaderOf } from '@karcis/kit/batch-loader'
import type { Viewer } from '@karcis/kit/service-token'
import type { RequestScope } from '@karcis/kit/viewer'
import type { BatchedReads } from './domain/batched-reads.ts'
import { createEventsOf, type EventsOf } from './domain/browsing/list-events.ts'
import { createReviewsOf, type ReviewsOf } from './domain/reviews/read-reviews.ts'
import type { Review } from './domain/reviews/review.ts'
import { findReviewsBy } from './domain/reviews/review-store.ts'
import type { Deps } from './domain/deps.ts'

/** One request: who asks, and loaders that live as long as it does. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: Loaders
}

/** @param scope who asks, and with which request. */
export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps, scope.viewer),
})

/** What one request has read, and reads, by id; null for what is not there. */
export type Loaders = ByIdLoaders & {
  eventsOf: EventsOf
  reviewsOf: ReviewsOf
  /** What the viewer says of an event, by event. */
  ownReview: IdLoader<Review>
}

type ByIdLoaders = {
  [Kind in Exclude<keyof BatchedReads, 'eventBySlug' | 'popular'>]: IdLoader<
    NonNullable<Awaited<ReturnType<BatchedReads[Kind]>>>
  >
}

const createLoaders = (deps: Deps, viewer: Viewer | null): Loaders => {
  const reads = deps.batchedReads
  return {
    category: loaderOf(reads.category),
    location: loaderOf(reads.location),
    venue: loaderOf(reads.venue),
    room: loaderOf(reads.room),
    roomsOfVenue: loaderOf(reads.roomsOfVenue),
    series: loaderOf(reads.series),
    event: loaderOf(reads.event),
    pendingChanges: loaderOf(reads.pendingChanges),
    views: loaderOf(reads.views),
    staff: loaderOf(reads.staff),
    review: loaderOf(reads.review),
    moderations: loaderOf(reads.moderations),
    rating: loaderOf(reads.rating),
    organizerRating: loaderOf(reads.organizerRating),
    eventsOf: createEventsOf(deps, viewer),
    reviewsOf: createReviewsOf(deps, viewer),
    ownReview: byKey((eventIds) =>
      viewer ? findReviewsBy(deps.reads, viewer.id, eventIds) : Promise.resolve(new Map<string, Review>()),
    ),
  }
}

/** Forgets what was loaded: after a change it may be different. */
export function clearLoaders(loaders: Loaders): void {
  for (const loader of Object.values(loaders)) loader.clearAll()
}

/** What a reference that may be empty points to. */
export const loadOptional = <T>(loader: IdLoader<T>, id: string | null): Promise<T | null> | null =>
  id === null ? null : loader.load(id)
