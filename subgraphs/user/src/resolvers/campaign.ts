import { requireViewer } from '@karcis/kit/viewer'
import { sendCampaign, stopCampaign, viewCampaigns } from '../domain/notifications/campaigns/send-campaign.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const campaign: Resolvers = {
  Query: {
    campaigns: (_, { eventId, ...page }, ctx) => viewCampaigns(ctx.deps, requireViewer(ctx), eventId, page),
  },
  Mutation: {
    sendCampaign: (_, { input }, ctx) => sendCampaign(ctx.deps, requireViewer(ctx), input),
    stopCampaign: (_, { id }, ctx) => stopCampaign(ctx.deps, requireViewer(ctx), id),
  },
  Campaign: {
    event: ({ eventId }) => ({ id: eventId }),
  },
}
