import { DateTime } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { account } from './account.ts'
import { organizerProposal } from './organizer-proposal.ts'
import { session } from './session.ts'
import { wishlist } from './wishlist.ts'

export const resolvers: Resolvers = {
  DateTime,
  Query: { ...account.Query, ...organizerProposal.Query },
  Mutation: { ...account.Mutation, ...session.Mutation, ...organizerProposal.Mutation, ...wishlist.Mutation },
  User: { ...account.User, ...wishlist.User },
  OrganizerProposal: organizerProposal.OrganizerProposal,
}
