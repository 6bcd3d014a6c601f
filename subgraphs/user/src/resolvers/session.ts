import { logIn } from '../domain/sessions/log-in.ts'
import { logOut } from '../domain/sessions/end-sessions.ts'
import { refreshSession } from '../domain/sessions/refresh-session.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const session: Resolvers = {
  Mutation: {
    login: (_, { input }, { deps, client }) => logIn(deps, client, input),
    refreshToken: (_, { refreshToken }, { deps }) => refreshSession(deps, refreshToken),
    logout: (_, { refreshToken, everywhere }, { deps, viewer, enrolling }) =>
      logOut(deps, viewer ?? enrolling ?? null, refreshToken, everywhere ?? false),
  },
}
