import { requireViewer } from '@karcis/kit/viewer'
import { logIn } from '../domain/sessions/log-in.ts'
import { endSession, logOut } from '../domain/sessions/end-sessions.ts'
import { refreshSession } from '../domain/sessions/refresh-session.ts'
import { readMySessions } from '../domain/sessions/sessions.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const session: Resolvers = {
  Query: {
    mySessions: (_, page, ctx) => readMySessions(ctx.deps, requireViewer(ctx), page),
  },
  Mutation: {
    login: (_, { input }, { deps, client }) => logIn(deps, client, input),
    refreshToken: (_, { refreshToken }, { deps, client }) => refreshSession(deps, client, refreshToken),
    logout: (_, { refreshToken, everywhere }, { deps, client, viewer }) =>
      logOut(deps, client, viewer, refreshToken, everywhere ?? false),
    endSession: (_, { id }, ctx) => endSession(ctx.deps, requireViewer(ctx), id),
  },
}
