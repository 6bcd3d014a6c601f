import { requireViewer } from '@karcis/kit/viewer'
import { redeemPromo } from '../domain/checkout/redeem-promo.ts'
import {
  createPromoCampaign,
  createPromoCode,
  deletePromoCode,
  updatePromoCampaign,
  updatePromoCode,
  viewCampaigns,
  viewPromoCodes,
} from '../domain/promos/manage-promos.ts'
import { listPromoCodes } from '../domain/promos/promo-store.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const promos: Resolvers = {
  Query: {
    promoCodes: (_, args, ctx) => viewPromoCodes(ctx.deps, requireViewer(ctx), args),
    promoCampaigns: (_, args, ctx) => viewCampaigns(ctx.deps, requireViewer(ctx), args),
  },
  Mutation: {
    redeemPromo: (_, { input }, ctx) => redeemPromo(ctx.deps, requireViewer(ctx), input, ctx.clientAddress),
    createPromoCode: (_, { input }, ctx) => createPromoCode(ctx.deps, requireViewer(ctx), input),
    updatePromoCode: (_, { input }, ctx) => updatePromoCode(ctx.deps, requireViewer(ctx), input),
    deletePromoCode: (_, { id }, ctx) => deletePromoCode(ctx.deps, requireViewer(ctx), id),
    createPromoCampaign: (_, { input }, ctx) => createPromoCampaign(ctx.deps, requireViewer(ctx), input),
    updatePromoCampaign: (_, { input }, ctx) => updatePromoCampaign(ctx.deps, requireViewer(ctx), input),
  },
  PromoDiscount: {
    items: ({ items }) => items.map((item) => ({ ...item, live: true })),
  },
  PromoCode: {
    event: ({ eventId }) => (eventId === null ? null : { id: eventId }),
    results: async ({ id }, _, { loaders }) => (await loaders.codeResults.load(id)) ?? [],
  },
  PromoCampaign: {
    event: ({ eventId }) => (eventId === null ? null : { id: eventId }),
    // Only who may manage a campaign is given one.
    codes: ({ id }, args, { deps }) => listPromoCodes(deps.db, { campaignId: id }, args),
    results: async ({ id }, _, { loaders }) => (await loaders.campaignResults.load(id)) ?? [],
  },
}
