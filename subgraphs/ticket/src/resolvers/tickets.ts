import { requireAccount, requireService, requireViewer } from '@karcis/kit/viewer'
import { maySeeEvent, referenceTo } from '../domain/events/event-copy.ts'
import { setResale } from '../domain/organizing/set-resale.ts'
import { offerForResale, withdrawFromResale } from '../domain/owning/resale.ts'
import { importGuests } from '../domain/organizing/import-guests.ts'
import { setAttendee } from '../domain/owning/set-attendee.ts'
import { transferTicket } from '../domain/owning/transfer-ticket.ts'
import { mayReference, requireReadable } from '../domain/tickets/ticket.ts'
import { verificationKeys } from '../domain/tickets/ticket-code.ts'
import { calendarFeedUrl, readCalendarFeed, resetCalendarFeed } from '../domain/viewing/calendar-feed.ts'
import { googleUrlOf, readMailedTicket, ticketFileUrl } from '../domain/viewing/ticket-documents.ts'
import { readAllTickets, readTickets } from '../domain/viewing/read-tickets.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const tickets = {
  Query: {
    myTickets(_, args, ctx) {
      const viewer = requireViewer(ctx)
      return readTickets(ctx.loaders, viewer, viewer.id, args)
    },
    tickets: (_, args, ctx) => readAllTickets(ctx.deps, requireViewer(ctx), args),
    ticket: async (_, { id }, ctx) => requireReadable(requireViewer(ctx), await ctx.loaders.ticket.load(id)),
    mailedTicket: (_, args, ctx) => {
      requireService(ctx, 'user')
      return readMailedTicket(ctx.deps, args)
    },
    calendarFeed: (_, _args, ctx) => readCalendarFeed(ctx.deps, requireViewer(ctx)),
    ticketVerificationKeys: (_, _args, { deps }) => verificationKeys(deps.signingKeys),
  },
  Mutation: {
    setAttendee: (_, { input }, ctx) => setAttendee(ctx.deps, requireViewer(ctx), input),
    offerForResale: (_, { ticketId }, ctx) => offerForResale(ctx.deps, requireAccount(ctx), ticketId),
    withdrawFromResale: (_, { ticketId }, ctx) => withdrawFromResale(ctx.deps, requireAccount(ctx), ticketId),
    setResale: (_, { input }, ctx) => setResale(ctx.deps, requireViewer(ctx), input),
    importGuests: (_, { input }, ctx) => importGuests(ctx.deps, requireViewer(ctx), input),
    resetCalendarFeed: (_, _args, ctx) => resetCalendarFeed(ctx.deps, requireViewer(ctx)),
    transferTicket: (_, args, ctx) => transferTicket(ctx.deps, requireAccount(ctx), args),
  },
  Event: {
    resaleUntil: ({ id }, _, { loaders }) => loaders.resaleEnd.load(id),
  },
  TicketAttendee: {
    answers: ({ answers }, _, { viewer }) => (viewer ? answers : []),
  },
  User: {
    __resolveReference: ({ id }) => referenceTo(id),
    tickets: ({ id }, args, ctx) => readTickets(ctx.loaders, requireViewer(ctx), id, args),
  },
  Ticket: {
    async __resolveReference({ id }, ctx) {
      const ticket = await ctx.loaders.ticket.load(id)
      return ticket && mayReference(ctx, ticket) ? ticket : null
    },
    qrCode: ({ code }, _, { deps, viewer }) => deps.qrCodes.picture(code, viewer?.id ?? ''),
    pdfUrl: (ticket, { language }, { deps, viewer }) => ticketFileUrl(deps, viewer, ticket, 'pdf', language),
    calendarUrl: (ticket, { language }, { deps, viewer }) =>
      ticketFileUrl(deps, viewer, ticket, 'ics', language),
    passUrl: (ticket, { language }, { deps, viewer }) =>
      ticketFileUrl(deps, viewer, ticket, 'pkpass', language),
    googleWalletUrl: (ticket, { language }, { deps, viewer }) => googleUrlOf(deps, viewer, ticket, language),
    event: (ticket, _, { viewer }) => (maySeeEvent(viewer, ticket) ? { id: ticket.eventId } : null),
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
    seat: ({ seatId }, _, { loaders }) => (seatId === null ? null : loaders.seat.load(seatId)),
    owner: ({ ownerId, unclaimed }) => (unclaimed ? null : { id: ownerId }),
  },
  CalendarFeed: {
    url: (feed, { language }) => calendarFeedUrl(feed, language),
  },
  TicketConnection: {
    totalCount: ({ totalCount }) => totalCount(),
  },
} satisfies Resolvers
