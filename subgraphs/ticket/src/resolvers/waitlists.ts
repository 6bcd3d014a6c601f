import { requireViewer } from '@karcis/kit/viewer'
import { joinWaitlist, leaveWaitlist, readWaitlistEntry } from '../domain/holds/join-waitlist.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const waitlists = {
  Query: {
    waitlistEntry: (_, { ticketTypeId }, ctx) =>
      readWaitlistEntry(ctx.deps, requireViewer(ctx), ticketTypeId),
  },
  Mutation: {
    joinWaitlist: (_, args, ctx) => joinWaitlist(ctx.deps, requireViewer(ctx), args),
    leaveWaitlist: (_, { ticketTypeId }, ctx) => leaveWaitlist(ctx.deps, requireViewer(ctx), ticketTypeId),
  },
  WaitlistEntry: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
    hold: ({ holdId }, _, { loaders }) => (holdId === null ? null : loaders.hold.load(holdId)),
  },
} satisfies Resolvers
