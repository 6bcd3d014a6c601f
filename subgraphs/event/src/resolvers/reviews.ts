import { requireAccount } from '@karcis/kit/viewer'
import { listDecisions } from '../domain/events/decision-store.ts'
import { owns } from '../domain/ownership.ts'
import { answerReview, moderateReview, reportReview } from '../domain/reviews/judge-review.ts'
import { findReview, listOwnReviews, readAnalytics } from '../domain/reviews/read-reviews.ts'
import { ifReadable, isAuthorOrAdmin, NO_RATING } from '../domain/reviews/review.ts'
import { createReview, deleteReview, updateReview } from '../domain/reviews/write-review.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** What people say of events, the stars they give, and what admins decided on either. */
export const reviews = {
  Query: {
    review: (_, { id }, { deps, viewer }) => findReview(deps, viewer, id),
    myReviews: (_, page, ctx) => listOwnReviews(ctx.deps, requireAccount(ctx), page),
  },
  Mutation: {
    createReview: (_, { input }, ctx) => createReview(ctx.deps, requireAccount(ctx), input),
    updateReview: (_, { input }, ctx) => updateReview(ctx.deps, requireAccount(ctx), input),
    deleteReview: (_, { id }, ctx) => deleteReview(ctx.deps, requireAccount(ctx), id),
    moderateReview: (_, { id, input }, { deps, viewer }) => moderateReview(deps, viewer, id, input),
    reportReview: (_, { id, reason }, ctx) => reportReview(ctx.deps, requireAccount(ctx), id, reason),
    answerReview: (_, { id, text }, { deps, viewer }) => answerReview(deps, viewer, id, text),
  },
  Review: {
    __resolveReference: async ({ id }, { loaders, viewer }) =>
      ifReadable(await loaders.review.load(id), viewer),
    event: async ({ eventId }, _, { loaders }) => loaders.event.load(eventId),
    author: ({ authorId }) => (authorId === null ? null : { id: authorId }),
    hiddenMessage: (review, _, { viewer }) => (isAuthorOrAdmin(viewer, review) ? review.hiddenMessage : null),
    moderations: async (review, _, { loaders, viewer }) =>
      isAuthorOrAdmin(viewer, review) ? ((await loaders.moderations.load(review.id)) ?? []) : null,
  },
  ReviewModeration: {
    moderator: ({ moderatorId }) => ({ id: moderatorId }),
  },
  Event: {
    rating: async ({ id }, _, { loaders }) => (await loaders.rating.load(id)) ?? NO_RATING,
    reviews: ({ id }, { orderBy, rating, status, ...page }, { loaders }) =>
      loaders.reviewsOf.load(
        id,
        { orderBy: orderBy ?? 'NEWEST', rating: rating ?? null, status: status ?? 'PUBLISHED' },
        page,
      ),
    myReview: ({ id }, _, { loaders }) => loaders.ownReview.load(id),
    reviewAnalytics: (event, _, { deps, viewer }) => readAnalytics(deps, viewer, event),
    reviewHistory: (event, page, { deps, viewer }) =>
      owns(viewer, event.organizerId) ? listDecisions(deps.reads, event.id, page) : null,
  },
  EventDecisionRecord: {
    reviewer: ({ reviewerId }) => (reviewerId === null ? null : { id: reviewerId }),
  },
  Organizer: {
    __resolveReference: ({ id }) => ({ id }),
    rating: async ({ id }, _, { loaders }) => (await loaders.organizerRating.load(id)) ?? NO_RATING,
  },
} satisfies Resolvers
