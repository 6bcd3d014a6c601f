import { requireRole, requireViewer } from '@karcis/kit/viewer'
import { cancelBooking } from '../domain/cancel-booking.ts'
import { confirmPayment } from '../domain/confirm-payment.ts'
import { createBooking } from '../domain/create-booking.ts'
import { refundBooking } from '../domain/refund-booking.ts'
import type { MutationResolvers } from '../generated/resolvers-types.ts'

export const Mutation: MutationResolvers = {
  createBooking: (_, { input }, ctx) => createBooking(ctx.deps, requireViewer(ctx), input),
  confirmPayment: (_, { id, input }, ctx) => confirmPayment(ctx.deps, requireViewer(ctx), id, input),
  cancelBooking: (_, { id }, ctx) => cancelBooking(ctx.deps, requireViewer(ctx), id),
  refundBooking: (_, { id, reason }, ctx) => {
    requireRole(ctx, 'ADMIN')
    return refundBooking(ctx.deps, id, reason)
  },
}
