import { requireViewer } from '@karcis/kit/viewer'
import { viewWalletEntries } from '../domain/viewing/view-wallet.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const wallet: Resolvers = {
  Query: {
    walletEntries: (_, args, ctx) => viewWalletEntries(ctx.deps, requireViewer(ctx), args),
  },
  User: {
    __resolveReference: ({ id }) => ({ id: id.toLowerCase() }),
    balance: async ({ id }, _, ctx) => (await ctx.loaders.wallet.load(id))?.balance ?? null,
    balanceCurrency: async ({ id }, _, ctx) => (await ctx.loaders.wallet.load(id))?.currency ?? null,
  },
  WalletEntry: {
    booking: ({ bookingId }, _, ctx) => (bookingId === null ? null : ctx.loaders.booking.load(bookingId)),
  },
}
