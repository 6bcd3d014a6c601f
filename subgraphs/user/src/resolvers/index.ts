import { joinResolvers } from '@karcis/kit/resolvers'
import { DateTime, JsonValue } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { account } from './account.ts'
import { audit } from './audit.ts'
import { contentReports } from './content-reports.ts'
import { campaign } from './campaign.ts'
import { dataExport } from './data-export.ts'
import { following } from './following.ts'
import { files } from './files.ts'
import { entry } from './entry.ts'
import { notification } from './notification.ts'
import { google } from './google.ts'
import { organizerProposal } from './organizer-proposal.ts'
import { secondFactors } from './second-factors.ts'
import { organizers } from './organizers.ts'
import { session } from './session.ts'
import { wishlist } from './wishlist.ts'

export const resolvers = joinResolvers<Resolvers>(
  { DateTime, JSON: JsonValue },
  account,
  audit,
  campaign,
  dataExport,
  entry,
  files,
  session,
  secondFactors,
  following,
  notification,
  google,
  organizerProposal,
  organizers,
  contentReports,
  wishlist,
)
