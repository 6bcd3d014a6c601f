import { ACCESS_TOKEN_SECONDS, ISSUER } from '@karcis/kit/contracts/tokens'
import { SignJWT } from 'jose'
import type { Account } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import type { OpenSession } from './session-store.ts'

/** What a person holds after signing in. */
export interface SignedIn {
  accessToken: string
  /** Null where the browser has it as a cookie. */
  refreshToken: string | null
  /** Seconds. */
  expiresIn: number
  /** What the device shows at its next sign-in; only a sign-in gives one. */
  deviceToken?: string
  user: UserView
}

/** Gives the owner of an open session what they sign their requests with: all of it, or the refresh token as a cookie. */
export type TokenSigner = (client: Client, account: Account, session: OpenSession) => Promise<SignedIn>

/**
 * The signer of access tokens at this moment. Have it before anything is written: afterwards signing needs neither the database nor
 * a secret that may turn out to be the wrong one, so whoever is signed in is also told so.
 */
export async function createTokenSigner({ signingKeys }: Pick<Deps, 'signingKeys'>): Promise<TokenSigner> {
  const { kid, privateKey } = await signingKeys.current()
  return async ({ cookies }, account, { sessionId, refreshToken, expiresInSeconds }) => {
    const accessToken = await new SignJWT({ role: account.role, sid: sessionId })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(account.id)
      .setIssuedAt()
      .setExpirationTime(`${ACCESS_TOKEN_SECONDS} seconds`)
      .sign(privateKey)
    cookies?.set('session', refreshToken, expiresInSeconds)
    return {
      accessToken,
      refreshToken: cookies ? null : refreshToken,
      expiresIn: ACCESS_TOKEN_SECONDS,
      user: fullView(account),
    }
  }
}
