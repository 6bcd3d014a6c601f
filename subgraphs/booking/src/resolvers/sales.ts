import { requireViewer } from '@karcis/kit/viewer'
import {
  shownTotals,
  viewEventTotals,
  viewMySales,
  viewMyTotals,
  viewSalesReport,
  watchSales,
} from '../domain/sales/view-sales.ts'
import { PAYMENT_METHODS } from '../domain/payments/providers.ts'
import type { Resolvers, SubscriptionSalesChangedArgs } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'

export const sales: Resolvers = {
  Query: {
    salesReport: (_, { eventId }, ctx) => viewSalesReport(ctx.deps, requireViewer(ctx), eventId),
    mySales: (_, args, ctx) => viewMySales(ctx.deps, requireViewer(ctx), args),
    leaderboard: (_, { first }, { deps }) => deps.leaderboard.read(first),
  },
  Subscription: {
    salesChanged: {
      subscribe: (_, { eventId }, ctx) => watchSales(ctx.deps, requireViewer(ctx), eventId),
      // Looked at again each time: the event may have gone to another organizer.
      resolve: (_change: unknown, { eventId }: SubscriptionSalesChangedArgs, ctx: Context) =>
        viewSalesReport(ctx.deps, requireViewer(ctx), eventId),
    },
  },
  SalesReport: {
    event: ({ eventId }) => ({ id: eventId }),
  },
  SalesOfDay: {
    day: ({ value }) => value,
    totals: (part) => part,
  },
  SalesOfTicketType: {
    ticketType: async ({ value }, _, { loaders }) =>
      (await loaders.visible(`TicketType:${value}`)) ? { id: value } : null,
    name: ({ label }) => label ?? '',
    totals: (part) => part,
  },
  SalesOfPromoCode: {
    code: ({ label }) => label ?? '',
    totals: (part) => part,
  },
  SalesOfMethod: {
    method: ({ value }) => PAYMENT_METHODS.find((method) => method === value) ?? null,
    totals: (part) => part,
  },
  SalesOfEvent: {
    event: ({ id }) => ({ id }),
    totals: async ({ id }, _, { loaders }) => shownTotals(await loaders.sales.load(id)),
  },
  MySalesConnection: {
    totals: (mine, _, { deps }) => viewMyTotals(deps, mine),
  },
  LeaderboardEntry: {
    event: ({ eventId }) => ({ id: eventId }),
  },
  Event: {
    sales: ({ id }, _, { deps, viewer, loaders }) => viewEventTotals(deps, viewer, id, loaders),
  },
}
