import { storedImage } from '@karcis/kit/contracts/files'
import { requireAccount, requireViewer } from '@karcis/kit/viewer'
import { viewUser } from '../domain/account-management/read-users.ts'
import {
  listAllProposals,
  listOwnProposals,
  readProposal,
  reviewProposal,
  submitProposal,
} from '../domain/organizers/proposals.ts'
import { documentUrlOf } from '../domain/files/serve-files.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const organizerProposal: Resolvers = {
  Query: {
    myOrganizerProposals: (_, page, ctx) => listOwnProposals(ctx.deps, requireAccount(ctx), page),
    organizerProposal: (_, { id }, ctx) => readProposal(ctx.deps, requireAccount(ctx), id),
    organizerProposals: (_, { filter, ...page }, ctx) =>
      listAllProposals(ctx.deps, requireViewer(ctx), filter, page),
  },
  Mutation: {
    submitOrganizerProposal: (_, { input }, ctx) => submitProposal(ctx.deps, requireAccount(ctx), input),
    reviewOrganizerProposal: (_, { id, input }, ctx) =>
      reviewProposal(ctx.deps, requireViewer(ctx), id, input),
  },
  OrganizerProposal: {
    banner: ({ banner }) => storedImage.nullable().parse(banner),
    documentUrl: ({ documentUploadId }, _, { deps }) =>
      documentUploadId === null ? null : documentUrlOf(deps, documentUploadId),
    applicant: async ({ userId }, _, { deps, viewer }) => {
      const applicant = await viewUser(deps, viewer, userId)
      if (!applicant) throw new Error(`proposal of nobody: ${userId}`) // the foreign key does not allow it
      return applicant
    },
    reviewer: ({ reviewedBy }, _, { deps, viewer }) =>
      reviewedBy ? viewUser(deps, viewer, reviewedBy) : null,
  },
}
