import { joinResolvers } from '@karcis/kit/resolvers'
import { DateTime } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { account } from './account.ts'
import { following } from './following.ts'
import { entry } from './entry.ts'
import { notification } from './notification.ts'
import { google } from './google.ts'
import { organizerProposal } from './organizer-proposal.ts'
import { session } from './session.ts'
import { wishlist } from './wishlist.ts'

export const resolvers = joinResolvers<Resolvers>(
  { DateTime },
  account,
  entry,
  session,
  following,
  notification,
  google,
  organizerProposal,
  wishlist,
)
