import { listAllProposals, listOwnProposals, readProposal } from '../domain/read-proposals.ts'
import { listUsers, readMe, readUser, readUserByEmail } from '../domain/read-users.ts'
import type { QueryResolvers } from '../generated/resolvers-types.ts'

export const Query: QueryResolvers = {
  me: (_, __, ctx) => readMe(ctx),
  user: (_, { id }, ctx) => readUser(ctx, id),
  users: (_, { filter, ...page }, ctx) => listUsers(ctx, filter, page),
  userByEmail: (_, { email }, ctx) => readUserByEmail(ctx, email),
  myOrganizerProposals: (_, page, ctx) => listOwnProposals(ctx, page),
  organizerProposal: (_, { id }, ctx) => readProposal(ctx, id),
  organizerProposals: (_, { filter, ...page }, ctx) => listAllProposals(ctx, filter?.status, page),
}
