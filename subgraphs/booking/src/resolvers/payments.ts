import { requireService, requireViewer } from '@karcis/kit/viewer'
import { confirmPayment } from '../domain/checkout/confirm-payment.ts'
import { expireBookings } from '../domain/fulfilment/release-booking.ts'
import { chargeableCurrencies } from '../domain/payments/providers.ts'
import { refundBooking } from '../domain/refunds/refund-booking.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const payments: Resolvers = {
  Query: {
    chargeableCurrencies(_, __, ctx) {
      requireService(ctx, 'ticket')
      return chargeableCurrencies(ctx.deps.providers)
    },
  },
  Mutation: {
    confirmPayment: (_, { id, input }, ctx) => confirmPayment(ctx.deps, requireViewer(ctx), id, input),
    refundBooking: (_, { id, reason }, ctx) => refundBooking(ctx.deps, requireViewer(ctx), id, reason),
    expireBookings(_, { holds }, ctx) {
      requireService(ctx, 'ticket')
      return expireBookings(ctx.deps, holds)
    },
  },
  Payment: {
    method: ({ provider }) => provider,
  },
}
