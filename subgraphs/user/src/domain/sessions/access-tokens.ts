import { ACCESS_TOKEN_SECONDS, ISSUER, MULTI_FACTOR } from '@karcis/kit/contracts/tokens'
import { SignJWT } from 'jose'
import type { Account } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import type { OpenSession, ProvedSession } from './session-store.ts'

/** What signs the requests of a session. */
export interface AccessToken {
  accessToken: string
  /** Seconds. */
  expiresIn: number
}

/** What a person holds after signing in. */
export interface SignedIn extends AccessToken {
  /** Null where the browser has it as a cookie. */
  refreshToken: string | null
  /** What the device shows at its next sign-in; only a sign-in gives one. */
  deviceToken?: string
  user: UserView
}

/** Gives the owner of a session what they sign their requests with. */
export type AccessTokenSigner = (account: Account, session: ProvedSession) => Promise<AccessToken>

/** Gives the owner of an open session all that they are given with it; the refresh token as a cookie where that was asked for. */
export type TokenSigner = (client: Client, account: Account, session: OpenSession) => Promise<SignedIn>

/**
 * The signer of access tokens at this moment. Have it before anything is written: afterwards signing needs neither the database nor
 * a secret that may turn out to be the wrong one, so whoever is signed in is also told so.
 */
export async function createTokenSigner(deps: Signing): Promise<TokenSigner> {
  const sign = await createAccessTokenSigner(deps)
  return async ({ cookies }, account, session) => {
    const signed = await sign(account, session)
    const { refreshToken, expiresInSeconds } = session
    cookies?.set('session', refreshToken, expiresInSeconds)
    return { ...signed, refreshToken: cookies ? null : refreshToken, user: fullView(account) }
  }
}

type Signing = Pick<Deps, 'signingKeys' | 'secondFactorRoles'>

/** As `createTokenSigner`, of sessions that go on. */
export async function createAccessTokenSigner({
  signingKeys,
  secondFactorRoles,
}: Signing): Promise<AccessTokenSigner> {
  const { kid, privateKey } = await signingKeys.current()
  return async ({ id, role }, { sessionId, authenticatedAt, amr }) => {
    const enrol = secondFactorRoles.has(role) && !amr.includes(MULTI_FACTOR)
    const claims = {
      role,
      sid: sessionId,
      ...(authenticatedAt && { auth_time: Math.floor(authenticatedAt.getTime() / 1000) }),
      ...(amr.length > 0 && { amr }),
      ...(enrol && { enrol }),
    }
    const accessToken = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(id)
      .setIssuedAt()
      .setExpirationTime(`${ACCESS_TOKEN_SECONDS} seconds`)
      .sign(privateKey)
    return { accessToken, expiresIn: ACCESS_TOKEN_SECONDS }
  }
}
