import { listBookings } from '../domain/list-bookings.ts'
import type { UserResolvers } from '../generated/resolvers-types.ts'
import { loadReference } from './reference.ts'

export const User: UserResolvers = {
  __resolveReference: ({ id }) => ({ id }),
  balance: async ({ id }, _, ctx) => (await loadReference(ctx.loaders.wallet, id))?.balance ?? null,
  balanceCurrency: async ({ id }, _, ctx) => (await loadReference(ctx.loaders.wallet, id))?.currency ?? null,
  bookings: ({ id }, args, { deps, viewer }) => {
    if (!viewer || (viewer.id !== id && viewer.role !== 'ADMIN')) return null
    return listBookings(deps, viewer, id, args)
  },
}
