import { requireViewer } from '@karcis/kit/viewer'
import { listBookings } from '../domain/list-bookings.ts'
import { viewBooking } from '../domain/view-booking.ts'
import { listWalletEntries } from '../domain/wallet-entries.ts'
import type { QueryResolvers } from '../generated/resolvers-types.ts'

export const Query: QueryResolvers = {
  booking: (_, { id }, ctx) => viewBooking(ctx.deps, requireViewer(ctx), id),
  bookingsByUser: (_, { userId, ...args }, ctx) => listBookings(ctx.deps, requireViewer(ctx), userId, args),
  myBookings: (_, args, ctx) => {
    const viewer = requireViewer(ctx)
    return listBookings(ctx.deps, viewer, viewer.id, args)
  },
  walletEntries: (_, args, ctx) => listWalletEntries(ctx.deps, requireViewer(ctx), args),
}
