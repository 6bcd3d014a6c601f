import { requireViewer } from '@karcis/kit/viewer'
import type { Booking } from '../domain/bookings/booking.ts'
import { cancelBooking } from '../domain/checkout/cancel-booking.ts'
import { createBooking } from '../domain/checkout/create-booking.ts'
import { mayViewEvent } from '../domain/events/event-copy.ts'
import { DEFAULT_POLICY } from '../domain/refunds/refund-policy.ts'
import { searchBookings } from '../domain/viewing/search-bookings.ts'
import {
  mayList,
  mayRead,
  showItems,
  viewBooking,
  viewBookings,
  viewEventBookings,
  watchBooking,
} from '../domain/viewing/view-bookings.ts'
import type { Resolvers, SubscriptionBookingChangedArgs } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'

export const bookings: Resolvers = {
  Query: {
    booking: (_, { id }, { loaders, ...ctx }) => viewBooking(loaders, requireViewer(ctx), id),
    bookingsByUser: (_, { userId, ...args }, { loaders, ...ctx }) =>
      viewBookings(loaders.lists, requireViewer(ctx), userId, args),
    myBookings: (_, args, { loaders, ...ctx }) => {
      const viewer = requireViewer(ctx)
      return viewBookings(loaders.lists, viewer, viewer.id, args)
    },
    bookings: (_, { filter, orderBy, ...args }, ctx) =>
      searchBookings(ctx.deps, requireViewer(ctx), filter, orderBy ?? 'CREATED_AT_DESC', args),
    eventBookings: (_, { eventId, ...args }, ctx) =>
      viewEventBookings(ctx.deps, requireViewer(ctx), eventId, args),
  },
  Mutation: {
    createBooking: (_, { input }, ctx) =>
      createBooking(ctx.deps, requireViewer(ctx), input, ctx.clientAddress),
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
      return booking && (await mayRead(ctx.loaders, ctx.viewer, booking)) ? booking : null
    },
    async event({ eventId }, _, { viewer, loaders }) {
      const copy = await loaders.event.load(eventId)
      return copy && !mayViewEvent(viewer, copy) ? null : { id: eventId }
    },
    user: ({ userId }) => ({ id: userId }),
    items: async (booking, _, ctx) => showItems(booking, (await ctx.loaders.items.load(booking.id)) ?? []),
    tickets: async ({ id }, _, ctx) =>
      ((await ctx.loaders.ticketIds.load(id)) ?? []).map((ticketId) => ({ id: ticketId })),
    promos: async ({ id, discount }, _, ctx) =>
      discount === 0 ? [] : ((await ctx.loaders.promos.load(id)) ?? []),
    refundPolicy: async ({ id }, _, ctx) => (await ctx.loaders.bookingPolicy.load(id)) ?? DEFAULT_POLICY,
    refundRequests: async ({ id }, _, ctx) => (await ctx.loaders.refundRequests.load(id)) ?? [],
    refunds: async ({ id }, _, ctx) => (await ctx.loaders.refunds.load(id)) ?? [],
    payment: ({ id }, _, ctx) => ctx.loaders.payment.load(id),
  },
  BookingItem: {
    ticketType: async ({ ticketTypeId, live }, _, { loaders }) =>
      live || (await loaders.visible(`TicketType:${ticketTypeId}`)) ? { id: ticketTypeId } : null,
    seat: async ({ seatId, live }, _, { loaders }) =>
      seatId !== null && (live || (await loaders.visible(`Seat:${seatId}`))) ? { id: seatId } : null,
  },
  Ticket: {
    booking: ({ id }, _, ctx) => bookingOf(ctx, id),
    unitPrice: async ({ id }, _, ctx) => (await saleOf(ctx, id))?.unitPrice ?? null,
    currency: async ({ id }, _, ctx) => (await saleOf(ctx, id))?.currency ?? null,
  },
  User: {
    bookings: ({ id }, args, { loaders, viewer }) =>
      mayList(viewer, id) ? viewBookings(loaders.lists, viewer, id, args) : null,
  },
}

/** The booking that a ticket was issued for, where the viewer may see it. */
async function bookingOf({ loaders, viewer }: Context, ticketId: string): Promise<Booking | null> {
  const place = await loaders.place.load(ticketId)
  const booking = place && (await loaders.booking.load(place.bookingId))
  return booking && (await mayRead(loaders, viewer, booking)) ? booking : null
}

/** What a ticket's place was sold at, where the viewer may see its booking; the ticket subgraph asks on its own behalf, for its documents. */
async function saleOf(
  ctx: Context,
  ticketId: string,
): Promise<{ unitPrice: number; currency: string } | null> {
  const place = await ctx.loaders.place.load(ticketId)
  if (!place) return null
  const isForDocument = ctx.viewer === null && ctx.service === 'ticket'
  return isForDocument || (await bookingOf(ctx, ticketId)) ? place : null
}
