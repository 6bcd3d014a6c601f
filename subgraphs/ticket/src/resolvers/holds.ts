import { requireViewer } from '@karcis/kit/viewer'
import { maySeeEvent } from '../domain/events/event-copy.ts'
import { extendHold } from '../domain/holds/extend-hold.ts'
import { holdBestSeats, readBestSeats } from '../domain/holds/hold-best-seats.ts'
import { holdItems } from '../domain/holds/hold-items.ts'
import { holdSeats } from '../domain/holds/hold-seats.ts'
import { holdTickets } from '../domain/holds/hold-tickets.ts'
import { readHold, readOpenHolds, releaseHold } from '../domain/holds/release-hold.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const holds = {
  Query: {
    hold: (_, { id }, ctx) => readHold(ctx.deps, requireViewer(ctx), id),
    bestSeats: (_, { input }, ctx) => readBestSeats(ctx.deps, requireViewer(ctx), input),
    myHolds: (_, { eventId }, ctx) => readOpenHolds(ctx.deps, requireViewer(ctx), eventId),
  },
  Mutation: {
    holdSeats: (_, { input }, ctx) => holdSeats(ctx.deps, requireViewer(ctx), input),
    holdBestSeats: (_, { input }, ctx) => holdBestSeats(ctx.deps, requireViewer(ctx), input),
    holdTickets: (_, { input }, ctx) => holdTickets(ctx.deps, requireViewer(ctx), input),
    holdItems: (_, { input }, ctx) => holdItems(ctx.deps, requireViewer(ctx), input),
    extendHold: (_, { id }, ctx) => extendHold(ctx.deps, requireViewer(ctx), id),
    releaseHold: (_, { id }, ctx) => releaseHold(ctx.deps, requireViewer(ctx), id),
  },
  Hold: {
    async event({ eventId }, _, { viewer, loaders }) {
      const event = await loaders.eventCopy.load(eventId)
      return event && maySeeEvent(viewer, event) ? { id: eventId } : null
    },
    async seats({ items }, _, { loaders }) {
      const seatIds = items.flatMap((item) => item.seatId ?? [])
      const seats = await Promise.all(seatIds.map((id) => loaders.seat.load(id)))
      return seats.filter((seat) => seat !== null)
    },
  },
  SeatOfferGroup: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
    async seats({ seatIds }, _, { loaders }) {
      const seats = await Promise.all(seatIds.map((id) => loaders.seat.load(id)))
      return seats.filter((seat) => seat !== null)
    },
  },
  HoldItem: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
    seat: ({ seatId }, _, { loaders }) => (seatId === null ? null : loaders.seat.load(seatId)),
  },
} satisfies Resolvers
