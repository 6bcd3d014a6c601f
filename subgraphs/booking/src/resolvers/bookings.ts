import { requireViewer } from '@karcis/kit/viewer'
import { mayView } from '../domain/bookings/booking.ts'
import { cancelBooking } from '../domain/checkout/cancel-booking.ts'
import { createBooking } from '../domain/checkout/create-booking.ts'
import { mayList, viewBooking, viewBookings, watchBooking } from '../domain/viewing/view-bookings.ts'
import type { Resolvers, SubscriptionBookingChangedArgs } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'

export const bookings: Resolvers = {
  Query: {
    booking: (_, { id }, ctx) => viewBooking(ctx.deps, requireViewer(ctx), id),
    bookingsByUser: (_, { userId, ...args }, ctx) => viewBookings(ctx.deps, requireViewer(ctx), userId, args),
    myBookings: (_, args, ctx) => {
      const viewer = requireViewer(ctx)
      return viewBookings(ctx.deps, viewer, viewer.id, args)
    },
  },
  Mutation: {
    createBooking: (_, { input }, ctx) => createBooking(ctx.deps, requireViewer(ctx), input),
    cancelBooking: (_, { id }, ctx) => cancelBooking(ctx.deps, requireViewer(ctx), id),
  },
  Subscription: {
    bookingChanged: {
      subscribe: (_, { id }, ctx) => watchBooking(ctx.deps, requireViewer(ctx), id),
      resolve: (_change: unknown, { id }: SubscriptionBookingChangedArgs, ctx: Context) =>
        ctx.loaders.booking.load(id),
    },
  },
  Booking: {
    async __resolveReference({ id }, ctx) {
      const booking = await ctx.loaders.booking.load(id)
      return booking && mayView(ctx.viewer, booking) ? booking : null
    },
    event: ({ eventId }) => ({ id: eventId }),
    user: ({ userId }) => ({ id: userId }),
    items: async ({ id }, _, ctx) => (await ctx.loaders.items.load(id)) ?? [],
    tickets: async ({ id }, _, ctx) =>
      ((await ctx.loaders.ticketIds.load(id)) ?? []).map((ticketId) => ({ id: ticketId })),
    payment: ({ id }, _, ctx) => ctx.loaders.payment.load(id),
  },
  BookingItem: {
    ticketType: ({ ticketTypeId }) => ({ id: ticketTypeId }),
    seat: ({ seatId }) => (seatId === null ? null : { id: seatId }),
  },
  User: {
    bookings: ({ id }, args, { deps, viewer }) =>
      mayList(viewer, id) ? viewBookings(deps, viewer, id, args) : null,
  },
}
