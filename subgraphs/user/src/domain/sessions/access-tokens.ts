import { ACCESS_TOKEN_SECONDS, ISSUER } from '@karcis/kit/contracts/tokens'
import { SignJWT } from 'jose'
import type { Account } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Deps } from '../deps.ts'
import type { OpenSession } from './session-store.ts'

/** What a person holds after signing in. */
export interface SignedIn {
  accessToken: string
  refreshToken: string
  /** Seconds. */
  expiresIn: number
  /** What the device shows at its next sign-in; only a sign-in gives one. */
  deviceToken?: string
  user: UserView
}

/** Signs the access token of an open session. */
export async function signIn(
  { signingKeys }: Pick<Deps, 'signingKeys'>,
  account: Account,
  session: OpenSession,
): Promise<SignedIn> {
  const { kid, privateKey } = await signingKeys.current()
  const accessToken = await new SignJWT({ role: account.role, sid: session.sessionId })
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(ISSUER)
    .setSubject(account.id)
    .setIssuedAt()
    .setExpirationTime(`${ACCESS_TOKEN_SECONDS} seconds`)
    .sign(privateKey)
  return {
    accessToken,
    refreshToken: session.refreshToken,
    expiresIn: ACCESS_TOKEN_SECONDS,
    user: fullView(account),
  }
}
