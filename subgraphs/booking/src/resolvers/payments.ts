import { requireService, requireViewer } from '@karcis/kit/viewer'
import { confirmPayment } from '../domain/checkout/confirm-payment.ts'
import type { Context } from '../request-context.ts'
import { viewPayment, viewPaymentMethods } from '../domain/viewing/view-payment.ts'
import { expireBookings } from '../domain/fulfilment/release-booking.ts'
import type { Payment } from '../domain/payments/payment-store.ts'
import type { BuyerAction } from '../domain/payments/provider.ts'
import { chargeableCurrencies } from '../domain/payments/providers.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const payments: Resolvers = {
  Query: {
    paymentMethods: (_, { bookingId }, ctx) =>
      viewPaymentMethods(ctx.deps, (id) => ctx.loaders.booking.load(id), requireViewer(ctx), bookingId),
    payment: (_, { id }, ctx) => viewPayment(ctx.deps, requireViewer(ctx), id),
    chargeableCurrencies(_, __, ctx) {
      requireService(ctx, 'ticket')
      return chargeableCurrencies(ctx.deps.providers)
    },
  },
  Mutation: {
    confirmPayment: (_, { id, input }, ctx) => confirmPayment(ctx.deps, requireViewer(ctx), id, input),
    expireBookings(_, { holds }, ctx) {
      requireService(ctx, 'ticket')
      return expireBookings(ctx.deps, holds)
    },
  },
  Payment: {
    method: ({ provider }) => provider,
    redirectUrl: async (payment, _, ctx) => (await actionOf(payment, ctx, 'redirectUrl')) ?? null,
    clientSecret: async (payment, _, ctx) => (await actionOf(payment, ctx, 'clientSecret')) ?? null,
    instructions: async (payment, _, ctx) => (await actionOf(payment, ctx, 'instructions')) ?? null,
  },
}

/** What the buyer has to do next for a payment, if it is that. */
async function actionOf(
  { action, status, userId }: Payment,
  { viewer }: Context,
  kind: keyof BuyerAction,
): Promise<string | undefined> {
  if (action === null || status !== 'REQUIRES_ACTION') return undefined
  if (userId !== viewer?.id) return undefined
  return action[kind]
}
