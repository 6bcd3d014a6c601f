import type { Viewer } from '@karcis/kit/service-token'

export type ReviewStatus = 'PUBLISHED' | 'HIDDEN'

/** What somebody who was at an event says of it. */
export interface Review {
  id: string
  eventId: string
  /** Null once they have erased their account: their stars stay, their words do not. */
  authorId: string | null
  /** From 1 to 5 stars. */
  rating: number
  comment: string | null
  status: ReviewStatus
  /** What an admin said of hiding it; null while it is not hidden. */
  hiddenMessage: string | null
  /** The organizer's. */
  answer: string | null
  answeredAt: Date | null
  answerEditedAt: Date | null
  createdAt: Date
  /** When its author changed it last; null when they never did. */
  editedAt: Date | null
}

/** What an admin has decided on a review: REJECTED hides it, APPROVED shows it again. */
export interface Moderation {
  id: string
  reviewId: string
  decision: 'APPROVED' | 'REJECTED'
  message: string | null
  moderatorId: string
  decidedAt: Date
}

/** The stars that something has been given. */
export interface Rating {
  count: number
  /** Null while there are none. */
  mean: number | null
  /** How many gave one star, two, up to five. */
  distribution: number[]
}

/** @param distribution five counts, from one star to five. */
export function ratingOf(distribution: number[]): Rating {
  const count = distribution.reduce((sum, some) => sum + some, 0)
  const stars = distribution.reduce((sum, some, at) => sum + some * (at + 1), 0)
  return { count, mean: count === 0 ? null : stars / count, distribution }
}

export const NO_RATING = ratingOf([0, 0, 0, 0, 0])

/** Whether somebody wrote a review, or decides on reviews: they see of it what nobody else does. */
export const isAuthorOrAdmin = (viewer: Viewer | null, { authorId }: Pick<Review, 'authorId'>): boolean =>
  viewer !== null && (viewer.role === 'ADMIN' || viewer.id === authorId)

/** The review, if there is one and the viewer may see it: what is hidden only its author and admins do. */
export const ifReadable = (review: Review | null, viewer: Viewer | null): Review | null =>
  review && (review.status === 'PUBLISHED' || isAuthorOrAdmin(viewer, review)) ? review : null
