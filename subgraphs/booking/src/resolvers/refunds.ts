import { requireAccount, requireViewer } from '@karcis/kit/viewer'
import { refundBooking } from '../domain/refunds/refund-booking.ts'
import { DEFAULT_POLICY } from '../domain/refunds/refund-policy.ts'
import { requestRefund } from '../domain/refunds/request-refund.ts'
import { reviewRefund, viewRefundRequests } from '../domain/refunds/review-refund.ts'
import { setRefundPolicy } from '../domain/refunds/set-policy.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const refunds: Resolvers = {
  Query: {
    refundRequests: (_, { eventId, ...args }, ctx) =>
      viewRefundRequests(ctx.deps, requireViewer(ctx), eventId, args),
  },
  Mutation: {
    refundBooking: (_, { id, reason }, ctx) => refundBooking(ctx.deps, requireViewer(ctx), id, reason),
    requestRefund: (_, { input }, ctx) => requestRefund(ctx.deps, requireAccount(ctx), input),
    reviewRefund: (_, { id, input }, ctx) => reviewRefund(ctx.deps, requireViewer(ctx), id, input),
    setRefundPolicy: (_, { input }, ctx) => setRefundPolicy(ctx.deps, requireViewer(ctx), input),
  },
  BookingRefund: {
    status: ({ done }) => (done ? 'DONE' : 'PENDING'),
    tickets: ({ ticketIds }) => ticketIds.map((id) => ({ id })),
  },
  RefundPolicy: {
    tiers: ({ tiers }) => [...tiers],
  },
  RefundRequest: {
    booking: ({ bookingId }, _, { loaders }) => loaders.booking.load(bookingId),
    tickets: ({ ticketIds }) => ticketIds.map((id) => ({ id })),
    reviewBy: ({ status, reviewBy }) => (status === 'PENDING' ? reviewBy : null),
    refund: ({ status, refundId }, _, { loaders }) =>
      status === 'APPROVED' && refundId !== null ? loaders.refund.load(refundId) : null,
  },
  Event: {
    refundPolicy: async ({ id }, _, { loaders }) => (await loaders.eventPolicy.load(id)) ?? DEFAULT_POLICY,
  },
}
