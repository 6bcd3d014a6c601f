import { closeUnsold } from '../domain/organizing/close-unsold.ts'
import { copySale } from '../domain/organizing/copy-sale.ts'
import { requireService, requireViewer } from '@karcis/kit/viewer'
import { bindHold, bindHolds, releaseBooking, takeForBooking } from '../domain/booking/bind-hold.ts'
import { cancelTickets, cancelTicketsOf, refundTickets } from '../domain/booking/end-tickets.ts'
import { freezeTickets } from '../domain/booking/freeze-tickets.ts'
import { issueTickets } from '../domain/booking/issue-tickets.ts'
import { quoteBooking } from '../domain/booking/quote.ts'
import { readKeptPlaces, reservePlaces } from '../domain/booking/reserve-places.ts'
import { resizeHold } from '../domain/booking/resize-hold.ts'
import { readAttendance } from '../domain/viewing/attendance.ts'
import {
  readEventTicketCount,
  readEventTicketOwners,
  readEventTickets,
  readHolders,
} from '../domain/viewing/list-event-tickets.ts'
import { personalDataOfTickets } from '../domain/viewing/personal-data.ts'
import { readPriceRanges } from '../domain/viewing/read-prices.ts'
import { readErasureLoss, readHeldEvents } from '../domain/viewing/read-tickets.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'

/** What only other subgraphs may ask: booking, for the buyer or on its own behalf, user and event. */
export const bookings = {
  Query: {
    bookingQuote: (_, args, ctx) => quoteBooking(depsForBooking(ctx), requireViewer(ctx), args),
    keptPlaces: (_, { holdIds }, ctx) => readKeptPlaces(depsForBooking(ctx), requireViewer(ctx), holdIds),
    erasureLoss(_, { userId }, ctx) {
      requireService(ctx, 'user')
      return readErasureLoss(ctx.deps, userId)
    },
    personalDataOfTickets(_, { userId }, ctx) {
      requireService(ctx, 'user')
      return personalDataOfTickets(ctx.deps, userId)
    },
    attendance(_, args, ctx) {
      requireService(ctx, 'event')
      return readAttendance(ctx.deps, args)
    },
    ticketHolders(_, args, ctx) {
      requireService(ctx, 'user')
      return readHolders(ctx.deps, args)
    },
    heldEvents(_, args, ctx) {
      requireService(ctx, 'event')
      return readHeldEvents(ctx.deps, args)
    },
    priceRanges(_, { eventIds }, ctx) {
      requireService(ctx, 'event')
      return readPriceRanges(ctx.deps, eventIds)
    },
    eventTickets: (_, args, ctx) => readEventTickets(depsForBooking(ctx), args),
    eventTicketCount: (_, args, ctx) => readEventTicketCount(depsForBooking(ctx), args),
    eventTicketOwners: (_, args, ctx) => readEventTicketOwners(depsForBooking(ctx), args),
  },
  Mutation: {
    closeUnsold(_, { eventId }, ctx) {
      requireService(ctx, 'event')
      return closeUnsold(ctx.deps, eventId)
    },
    copySale(_, args, ctx) {
      requireService(ctx, 'event')
      return copySale(ctx.deps, args)
    },
    bindHold: (_, args, ctx) => bindHold(depsForBooking(ctx), requireViewer(ctx), args),
    bindHolds: (_, args, ctx) => bindHolds(depsForBooking(ctx), requireViewer(ctx), args),
    reservePlaces: (_, args, ctx) => reservePlaces(depsForBooking(ctx), requireViewer(ctx), args),
    resizeHold: (_, args, ctx) => resizeHold(depsForBooking(ctx), requireViewer(ctx), args),
    takeForBooking: (_, args, ctx) => takeForBooking(depsForBooking(ctx), requireViewer(ctx), args),
    issueTickets: (_, { bookingId }, ctx) => issueTickets(depsForBooking(ctx), bookingId),
    releaseBooking: (_, { bookingId }, ctx) => releaseBooking(depsForBooking(ctx), bookingId),
    cancelTickets: (_, { bookingId, reason }, ctx) => cancelTickets(depsForBooking(ctx), bookingId, reason),
    cancelTicketsOf: (_, { bookingIds, reason }, ctx) =>
      cancelTicketsOf(depsForBooking(ctx), bookingIds, reason),
    freezeTickets: (_, { bookingId, frozen }, ctx) => freezeTickets(depsForBooking(ctx), bookingId, frozen),
    refundTickets: (_, args, ctx) => refundTickets(depsForBooking(ctx), args),
    updateTicketSold: (_, { ticketTypeId }, ctx) => depsForBooking(ctx).batchedReads.ticketType(ticketTypeId),
  },
} satisfies Resolvers

/** @throws Forbidden unless the booking subgraph asks. */
function depsForBooking(ctx: Context): Context['deps'] {
  requireService(ctx, 'booking')
  return ctx.deps
}
