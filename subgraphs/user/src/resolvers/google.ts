import { requireAccount } from '@karcis/kit/viewer'
import { linkGoogle, loginWithGoogle, startGoogleLogin, unlinkGoogle } from '../domain/sign-in/google.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const google: Resolvers = {
  Mutation: {
    startGoogleLogin: (_, { redirectUri }, { deps, client, viewer }) =>
      startGoogleLogin(deps, client, viewer, redirectUri),
    loginWithGoogle: (_, { input }, { deps, client }) => loginWithGoogle(deps, client, input),
    linkGoogle: (_, { input }, ctx) => linkGoogle(ctx.deps, ctx.client, requireAccount(ctx), input),
    unlinkGoogle: (_, __, ctx) => unlinkGoogle(ctx.deps, requireAccount(ctx)),
  },
  User: {
    googleEmail: ({ id, full }, _, { loaders }) => (full ? loaders.googleEmail(id) : null),
  },
}
