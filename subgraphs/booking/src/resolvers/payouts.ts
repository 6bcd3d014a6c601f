import { requireViewer } from '@karcis/kit/viewer'
import { markPayoutFailed, markPayoutPaid, reviewPayout } from '../domain/payouts/decide-payout.ts'
import { releaseEventBalance, viewCalledOff } from '../domain/payouts/release-balance.ts'
import { requestPayout } from '../domain/payouts/request-payout.ts'
import { statementCsv, statementUrl } from '../domain/payouts/statement-files.ts'
import { viewOrganizerBalance, viewPayouts } from '../domain/payouts/view-payouts.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const payouts: Resolvers = {
  Query: {
    organizerBalance: (_, { organizerId }, ctx) =>
      viewOrganizerBalance(ctx.deps, requireViewer(ctx), organizerId),
    calledOffBalances: (_, args, ctx) => viewCalledOff(ctx.deps, requireViewer(ctx), args),
    payouts: (_, args, ctx) => viewPayouts(ctx.deps, requireViewer(ctx), args),
  },
  Mutation: {
    requestPayout: (_, { input }, ctx) => requestPayout(ctx.deps, requireViewer(ctx), input),
    reviewPayout: (_, { id, input }, ctx) => reviewPayout(ctx.deps, requireViewer(ctx), id, input),
    releaseEventBalance: (_, { eventId, reason }, ctx) =>
      releaseEventBalance(ctx.deps, requireViewer(ctx), eventId, reason),
    markPayoutPaid: (_, { id }, ctx) => markPayoutPaid(ctx.deps, requireViewer(ctx), id),
    markPayoutFailed: (_, { id, reason }, ctx) => markPayoutFailed(ctx.deps, requireViewer(ctx), id, reason),
  },
  // Only its organizer and admins are given one.
  Payout: {
    organizer: ({ organizerId }) => ({ id: organizerId }),
    bankAccount: (payout) => payout,
    statement: async ({ id }, _, { loaders }) => (await loaders.statement.load(id)) ?? [],
    statementCsv: async (payout, _, { loaders }) =>
      statementCsv(payout, (await loaders.statement.load(payout.id)) ?? []),
    statementUrl: (payout, _, { deps }) => statementUrl(deps, payout),
  },
  CalledOffBalance: {
    event: ({ id }) => ({ id }),
    eventId: ({ id }) => id,
    organizer: ({ organizerId }) => ({ id: organizerId }),
  },
  PayoutBankAccount: {
    accountNumber: ({ accountEnding }) => `…${accountEnding}`,
    // Who is to transfer it has to know where to, and nobody else.
    fullAccountNumber: ({ status, accountNumber }, _, { viewer }) =>
      viewer?.role === 'ADMIN' && (status === 'REQUESTED' || status === 'APPROVED') ? accountNumber : null,
  },
  PayoutStatementLine: {
    event: ({ eventId }) => ({ id: eventId }),
  },
}
