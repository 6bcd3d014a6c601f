import { requireViewer } from '@karcis/kit/viewer'
import {
  confirmManualPayment,
  confirmManualRefund,
  viewManualRefunds,
} from '../domain/manual/confirm-manual.ts'
import { setManualTerms, viewManualTerms } from '../domain/manual/manual-terms.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const manual: Resolvers = {
  Query: {
    manualPayment: (_, { eventId }, ctx) => viewManualTerms(ctx.deps, requireViewer(ctx), eventId),
    manualRefunds: (_, args, ctx) => viewManualRefunds(ctx.deps, requireViewer(ctx), args),
  },
  Mutation: {
    setManualPayment: (_, { input }, ctx) => setManualTerms(ctx.deps, requireViewer(ctx), input),
    confirmManualPayment: (_, { bookingId }, ctx) =>
      confirmManualPayment(ctx.deps, requireViewer(ctx), bookingId),
    confirmManualRefund: (_, { id }, ctx) => confirmManualRefund(ctx.deps, requireViewer(ctx), id),
  },
  ManualPaymentTerms: {
    event: ({ eventId }) => (eventId === null ? null : { id: eventId }),
  },
  ManualRefund: {
    booking: ({ bookingId }, _, { loaders }) => (bookingId === null ? null : loaders.booking.load(bookingId)),
  },
}
