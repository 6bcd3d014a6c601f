import { requireAccount } from '@karcis/kit/viewer'
import {
  connectGoogleCalendar,
  disconnectGoogleCalendar,
  saveToGoogleCalendar,
  startGoogleCalendar,
} from '../domain/google-calendar/google-calendar.ts'
import { linkGoogle, loginWithGoogle, startGoogleLogin, unlinkGoogle } from '../domain/sign-in/google.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const google: Resolvers = {
  Mutation: {
    startGoogleLogin: (_, { redirectUri }, { deps, client, viewer }) =>
      startGoogleLogin(deps, client, viewer, redirectUri),
    loginWithGoogle: (_, { input }, { deps, client }) => loginWithGoogle(deps, client, input),
    linkGoogle: (_, { input }, ctx) => linkGoogle(ctx.deps, ctx.client, requireAccount(ctx), input),
    unlinkGoogle: (_, __, ctx) => unlinkGoogle(ctx.deps, requireAccount(ctx)),
    startGoogleCalendar: (_, { redirectUri }, ctx) =>
      startGoogleCalendar(ctx.deps, requireAccount(ctx), redirectUri),
    connectGoogleCalendar: (_, { input }, ctx) => connectGoogleCalendar(ctx.deps, requireAccount(ctx), input),
    disconnectGoogleCalendar: (_, __, ctx) => disconnectGoogleCalendar(ctx.deps, requireAccount(ctx)),
    saveToGoogleCalendar: (_, { eventId }, ctx) =>
      saveToGoogleCalendar(ctx.deps, requireAccount(ctx), eventId),
  },
  User: {
    googleCalendarEmail: ({ id, full }, _, { loaders }) => (full ? loaders.googleCalendarEmail(id) : null),
    googleEmail: ({ id, full }, _, { loaders }) => (full ? loaders.googleEmail(id) : null),
  },
}
