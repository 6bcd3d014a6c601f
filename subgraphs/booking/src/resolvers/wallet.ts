import { idSchema } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { listWalletEntries } from '../domain/viewing/view-wallet.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'

export const wallet: Resolvers = {
  Query: {
    walletEntries: (_, args, ctx) => listWalletEntries(ctx.deps, requireViewer(ctx), args),
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    balance: async ({ id }, _, ctx) => (await loadWallet(ctx, id))?.balance ?? null,
    balanceCurrency: async ({ id }, _, ctx) => (await loadWallet(ctx, id))?.currency ?? null,
  },
  WalletEntry: {
    booking: ({ bookingId }, _, ctx) => (bookingId === null ? null : ctx.loaders.booking.load(bookingId)),
  },
}

/** Null where the viewer may not look, and for what is not even an id. */
const loadWallet = async ({ loaders }: Context, id: string) =>
  idSchema.safeParse(id).success ? loaders.wallet.load(id) : null
