import { requireService, requireViewer } from '@karcis/kit/viewer'
import { exportAttendees } from '../domain/attendees/export-attendees.ts'
import { viewAttendees } from '../domain/attendees/view-attendees.ts'
import { viewPastBuyers } from '../domain/viewing/view-past-buyers.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const attendees: Resolvers = {
  Query: {
    attendees: (_, { eventId, filter, ...args }, ctx) =>
      viewAttendees(ctx.deps, requireViewer(ctx), eventId, filter, args),
    pastBuyers(_, { organizerId, userIds }, ctx) {
      requireService(ctx, 'user')
      return viewPastBuyers(ctx.deps, organizerId, userIds)
    },
  },
  Mutation: {
    exportAttendees: (_, { eventId, filter }, ctx) =>
      exportAttendees(ctx.deps, requireViewer(ctx), eventId, filter),
  },
  // Only who organizes the event is given one.
  Attendee: {
    ticket: ({ id }) => ({ id }),
    user: ({ ownerId }) => ({ id: ownerId }),
    name: async ({ ownerId, guestName }, _, { loaders }) =>
      guestName ?? (await loaders.contact.load(ownerId))?.name ?? null,
    email: async ({ ownerId, guestEmail }, _, { loaders }) =>
      guestEmail ?? (await loaders.contact.load(ownerId))?.email ?? null,
    booking: ({ bookingId }, _, { loaders }) => (bookingId === null ? null : loaders.booking.load(bookingId)),
  },
}
