import { viewUser } from '../domain/read-users.ts'
import { readWishlist } from '../domain/wishlist.ts'
import type { OrganizerProposalResolvers, UserResolvers } from '../generated/resolvers-types.ts'

export const User: UserResolvers = {
  __resolveReference: ({ id }, ctx) => viewUser(ctx, id),
  wishlist: (user, page, ctx) => readWishlist(ctx, user, page),
}

export const OrganizerProposal: OrganizerProposalResolvers = {
  applicant: async ({ userId }, _, ctx) => {
    const applicant = await viewUser(ctx, userId)
    if (!applicant) throw new Error(`proposal of nobody: ${userId}`) // the foreign key does not allow it
    return applicant
  },
  reviewer: ({ reviewedBy }, _, ctx) => (reviewedBy ? viewUser(ctx, reviewedBy) : null),
}
