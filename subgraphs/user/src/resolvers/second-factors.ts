import { requireAccount, requireSignedIn, requireViewer } from '@karcis/kit/viewer'
import {
  finishPasskeyRegistration,
  listOwnPasskeys,
  removePasskey,
  startPasskeyRegistration,
} from '../domain/factor-management/passkeys.ts'
import { regenerateRecoveryCodes } from '../domain/factor-management/recovery.ts'
import { resetSecondFactors } from '../domain/factor-management/reset-factors.ts'
import { readSecondFactors } from '../domain/factor-management/second-factors.ts'
import { confirmTotp, disableTotp, enableTotp } from '../domain/factor-management/totp.ts'
import { finishPasskeyLogin, startPasskeyLogin } from '../domain/sessions/passkey-login.ts'
import { stepUp } from '../domain/sessions/step-up.ts'
import { verifySecondFactor } from '../domain/sessions/verify-second-factor.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const secondFactors: Resolvers = {
  Query: {
    mySecondFactors: (_, __, ctx) => readSecondFactors(ctx.deps, requireSignedIn(ctx)),
    myPasskeys: (_, page, ctx) => listOwnPasskeys(ctx.deps, requireAccount(ctx), page),
  },
  Mutation: {
    verifySecondFactor: (_, { input }, { deps, client }) => verifySecondFactor(deps, client, input),
    stepUp: (_, { input }, ctx) => stepUp(ctx.deps, ctx.client, requireSignedIn(ctx), input),
    enableTotp: (_, __, ctx) => enableTotp(ctx.deps, requireSignedIn(ctx)),
    confirmTotp: (_, { code }, ctx) => confirmTotp(ctx.deps, requireSignedIn(ctx), code),
    disableTotp: (_, { code }, ctx) => disableTotp(ctx.deps, requireAccount(ctx), code),
    regenerateRecoveryCodes: (_, __, ctx) => regenerateRecoveryCodes(ctx.deps, requireAccount(ctx)),
    startPasskeyRegistration: (_, __, ctx) => startPasskeyRegistration(ctx.deps, requireSignedIn(ctx)),
    finishPasskeyRegistration: (_, { input }, ctx) =>
      finishPasskeyRegistration(ctx.deps, requireSignedIn(ctx), input),
    removePasskey: (_, { id }, ctx) => removePasskey(ctx.deps, requireAccount(ctx), id),
    resetSecondFactors: (_, { userId, reason }, ctx) =>
      resetSecondFactors(ctx.deps, requireViewer(ctx), userId, reason),
    startPasskeyLogin: (_, __, { deps, client }) => startPasskeyLogin(deps, client),
    finishPasskeyLogin: (_, { input }, { deps, client }) => finishPasskeyLogin(deps, client, input),
  },
}
