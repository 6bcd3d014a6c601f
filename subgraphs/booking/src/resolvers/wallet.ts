import { parseId } from '@karcis/kit/ids'
import { requireAccount, requireService } from '@karcis/kit/viewer'
import { topUpWallet } from '../domain/checkout/top-up-wallet.ts'
import { viewErasure } from '../domain/viewing/view-erasure.ts'
import { viewWalletEntries } from '../domain/viewing/view-wallet.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const wallet: Resolvers = {
  Query: {
    walletsForErasure(_, { userId }, ctx) {
      requireService(ctx, 'user')
      return viewErasure(ctx.deps, userId)
    },
    walletEntries: (_, args, ctx) => viewWalletEntries(ctx.deps, requireAccount(ctx), args),
  },
  Mutation: {
    topUpWallet: (_, { input }, ctx) => topUpWallet(ctx.deps, requireAccount(ctx), input),
  },
  User: {
    __resolveReference({ id: text }) {
      const id = parseId(text)
      return id === null ? null : { id }
    },
    balance: async ({ id }, _, ctx) => (await ctx.loaders.wallet.load(id))?.balance ?? null,
    wallets: async ({ id }, _, ctx) => (await ctx.loaders.wallets.load(id)) ?? null,
    balanceCurrency: async ({ id }, _, ctx) => (await ctx.loaders.wallet.load(id))?.currency ?? null,
  },
  WalletEntry: {
    booking: ({ bookingId }, _, ctx) => (bookingId === null ? null : ctx.loaders.booking.load(bookingId)),
  },
}
