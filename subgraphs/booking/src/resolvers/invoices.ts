import { requireViewer } from '@karcis/kit/viewer'
import { mayViewEvent } from '../domain/events/event-copy.ts'
import { numberText } from '../domain/invoices/invoice.ts'
import { invoiceUrl, viewInvoices } from '../domain/invoices/view-invoices.ts'
import { mayRead } from '../domain/viewing/view-bookings.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

// An invoice is given only to those who may see it, and with it its lines and its file.
export const invoices: Resolvers = {
  Query: {
    invoices: (_, args, ctx) => viewInvoices(ctx.deps, requireViewer(ctx), args),
  },
  Booking: {
    invoices: async ({ id }, _, { loaders }) => (await loaders.invoices.load(id)) ?? [],
  },
  Invoice: {
    number: numberText,
    credits: async ({ invoiceId }, _, { loaders }) =>
      invoiceId === null ? null : loaders.invoice.load(invoiceId),
    async booking({ bookingId }, _, { viewer, loaders }) {
      const booking = await loaders.booking.load(bookingId)
      return booking && (await mayRead(loaders, viewer, booking)) ? booking : null
    },
    async event({ eventId }, _, { viewer, loaders }) {
      const copy = await loaders.event.load(eventId)
      return copy && !mayViewEvent(viewer, copy) ? null : { id: eventId }
    },
    sellerName: ({ content }) => content.seller,
    buyerName: ({ content }) => content.buyer,
    eventTitle: ({ content }) => content.event,
    lines: ({ content }) => content.lines,
    url: (invoice, { language }, { deps }) => invoiceUrl(deps, invoice, language),
  },
}
