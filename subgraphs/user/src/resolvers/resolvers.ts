import { DateTime } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { Mutation } from './mutation.ts'
import { Query } from './query.ts'
import { OrganizerProposal, User } from './types.ts'

export const resolvers: Resolvers = { DateTime, Query, Mutation, User, OrganizerProposal }
