import { mayView } from '../domain/booking.ts'
import type {
  BookingItemResolvers,
  BookingResolvers,
  WalletEntryResolvers,
} from '../generated/resolvers-types.ts'
import { loadReference } from './reference.ts'

export const Booking: BookingResolvers = {
  async __resolveReference({ id }, ctx) {
    const booking = await loadReference(ctx.loaders.booking, id)
    return booking && mayView(ctx.viewer, booking) ? booking : null
  },
  event: ({ eventId }) => ({ id: eventId }),
  user: ({ userId }) => ({ id: userId }),
  items: async ({ id }, _, ctx) => (await ctx.loaders.items.load(id)) ?? [],
  tickets: async ({ id }, _, ctx) =>
    ((await ctx.loaders.ticketIds.load(id)) ?? []).map((ticketId) => ({ id: ticketId })),
  payment: ({ id }, _, ctx) => ctx.loaders.payment.load(id),
}

export const BookingItem: BookingItemResolvers = {
  ticketType: ({ ticketTypeId }) => ({ id: ticketTypeId }),
  seat: ({ seatId }) => (seatId === null ? null : { id: seatId }),
}

export const WalletEntry: WalletEntryResolvers = {
  booking: ({ bookingId }, _, ctx) => (bookingId === null ? null : ctx.loaders.booking.load(bookingId)),
}
