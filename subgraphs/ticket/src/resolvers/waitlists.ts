import { requireAccount } from '@karcis/kit/viewer'
import { joinWaitlist, leaveWaitlist, readWaitlistEntry } from '../domain/holds/join-waitlist.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const waitlists = {
  Query: {
    waitlistEntry: (_, { ticketTypeId }, ctx) =>
      readWaitlistEntry(ctx.deps, requireAccount(ctx), ticketTypeId),
  },
  Mutation: {
    joinWaitlist: (_, args, ctx) => joinWaitlist(ctx.deps, requireAccount(ctx), args),
    leaveWaitlist: (_, { ticketTypeId }, ctx) => leaveWaitlist(ctx.deps, requireAccount(ctx), ticketTypeId),
  },
  WaitlistEntry: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
    hold: ({ holdId }, _, { loaders }) => (holdId === null ? null : loaders.hold.load(holdId)),
  },
} satisfies Resolvers
