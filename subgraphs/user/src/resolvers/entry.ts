import { requireAccount } from '@karcis/kit/viewer'
import {
  requestMagicLink,
  requestPasswordReset,
  requestVerification,
} from '../domain/account-links/ask-for-link.ts'
import { confirmEmailChange, undoEmailChange } from '../domain/account-links/change-email.ts'
import { resetPassword } from '../domain/account-links/reset-password.ts'
import { logInByLink } from '../domain/account-links/sign-in-by-link.ts'
import { verifyEmail } from '../domain/account-links/verify-email.ts'
import { claimAccount } from '../domain/guests/claim-account.ts'
import { claimPurchase } from '../domain/guests/claim-purchase.ts'
import { continueAsGuest } from '../domain/guests/continue-as-guest.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** How people come in by what is mailed to them. */
export const entry: Resolvers = {
  Mutation: {
    continueAsGuest: (_, { input }, { deps, client }) => continueAsGuest(deps, client, input),
    claimAccount: (_, { input }, { deps, client }) => claimAccount(deps, client, input),
    claimPurchase: (_, { token }, ctx) => claimPurchase(ctx.deps, ctx.client, requireAccount(ctx), token),
    verifyEmail: (_, { token }, { deps, client, viewer }) => verifyEmail(deps, client, viewer, token),
    requestVerification: (_, __, ctx) => requestVerification(ctx.deps, ctx.client, requireAccount(ctx)),
    requestPasswordReset: (_, { email }, { deps, client }) => requestPasswordReset(deps, client, email),
    resetPassword: (_, { input }, { deps, client, viewer }) => resetPassword(deps, client, viewer, input),
    requestMagicLink: (_, { email }, { deps, client }) => requestMagicLink(deps, client, email),
    loginWithMagicLink: (_, { token }, { deps, client }) => logInByLink(deps, client, token),
    confirmEmailChange: (_, { token }, { deps, client, viewer }) =>
      confirmEmailChange(deps, client, viewer, token),
    undoEmailChange: (_, { token }, { deps, client, viewer }) => undoEmailChange(deps, client, viewer, token),
  },
  User: {
    newEmail: ({ id, full }, _, { loaders }) => (full ? loaders.newEmail(id) : null),
  },
}
